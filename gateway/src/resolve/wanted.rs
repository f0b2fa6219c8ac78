//! From references and services to the features of the registry that they mean.

use std::{borrow::Cow, collections::HashMap, rc::Rc};

use access::Permit;
use feature_model::{
    DataType, FeatureRef, FeatureService, Project, Projection, Ttl, VersionSelector,
};

use super::{
    ResolveError, ResolveOptions,
    computed::Computation,
    view::{AnyView, JoinKey},
};
use crate::{
    ask::Wanted,
    nearest::{nearest, shown},
    plugins::PluginTable,
};

/// One feature of a reply.
pub(super) struct WantedFeature<'p> {
    pub(super) source: Rc<Source<'p>>,
    pub(super) name: &'p str,
    /// Unknown where it is read from an older version of its view: the registry tells the newest one's types.
    pub(super) data_type: DataType,
}

/// A view as one reference or projection means it.
pub(super) struct Source<'p> {
    /// The view's real name.
    pub(super) view: &'p str,
    /// Its alias in the service, else its name.
    pub(super) told_as: &'p str,
    /// The prefix of full feature names: `told_as`, with the version where one was asked for.
    pub(super) prefix: String,
    pub(super) values: Values,
    pub(super) version: u32,
}

/// Where the values of a [`Source`] come from.
pub(super) enum Values {
    Stored(Rc<StoredSource>),
    Computed(Rc<Computation>),
}

/// Values in the online store.
pub(super) struct StoredSource {
    pub(super) view: String,
    pub(super) stored_view: String,
    pub(super) join_keys: Vec<JoinKey>,
    pub(super) ttl: Option<Ttl>,
}

impl WantedFeature<'_> {
    pub(super) fn output_name(&self, full: bool) -> String {
        if full {
            format!("{}__{}", self.source.prefix, self.name)
        } else {
            self.name.to_owned()
        }
    }

    pub(super) fn reference(&self) -> String {
        format!("{}:{}", self.source.prefix, self.name)
    }
}

/// The features that the shape wants, in its order.
pub(super) fn features<'p>(
    wanted: &'p Wanted<'_>,
    references: &'p [Cow<'_, str>],
    project: &'p Project,
    permit: &'p Permit,
    plugins: &'p PluginTable,
    options: ResolveOptions,
) -> Result<Vec<WantedFeature<'p>>, ResolveError> {
    let mut lookup = Lookup {
        project,
        permit,
        plugins,
        options,
        sources: HashMap::new(),
        computations: HashMap::new(),
    };
    match wanted {
        Wanted::Service(name) => lookup.service(name),
        Wanted::Features(_) => references
            .iter()
            .map(|reference| lookup.reference(reference))
            .collect(),
    }
}

pub(super) struct Lookup<'p> {
    pub(super) project: &'p Project,
    permit: &'p Permit,
    pub(super) plugins: &'p PluginTable,
    options: ResolveOptions,
    /// What references have named so far.
    sources: HashMap<(&'p str, VersionSelector), Rc<Source<'p>>>,
    /// The on-demand views that were met so far; `None` for one that is being looked up.
    pub(super) computations: HashMap<String, Option<Rc<Computation>>>,
}

impl<'p> Lookup<'p> {
    fn service(&mut self, name: &str) -> Result<Vec<WantedFeature<'p>>, ResolveError> {
        if !self.permit.names_service(name) {
            return Err(ResolveError::NotPermitted);
        }
        let services = &self.project.feature_services;
        let service: &FeatureService =
            services
                .get(name)
                .ok_or_else(|| ResolveError::UnknownService {
                    service: shown(name).into_owned(),
                    nearest: self.nearest(name, services.keys()),
                })?;
        let mut wanted = Vec::new();
        for projection in &service.projections {
            self.projection(projection, &mut wanted)?;
        }
        Ok(wanted)
    }

    /// A feature that the view has lost since the service was declared is told as never stored.
    fn projection(
        &mut self,
        projection: &'p Projection,
        wanted: &mut Vec<WantedFeature<'p>>,
    ) -> Result<(), ResolveError> {
        let version = projection
            .version_tag
            .map_or(VersionSelector::Latest, VersionSelector::Number);
        let view = self.view(&projection.view)?;
        let source = Rc::new(self.source(&view, version, Some(projection))?);
        for field in &projection.features {
            wanted.push(WantedFeature {
                source: Rc::clone(&source),
                name: &field.name,
                data_type: view.type_of(&field.name, version),
            });
        }
        Ok(())
    }

    fn reference(&mut self, text: &'p str) -> Result<WantedFeature<'p>, ResolveError> {
        let reference: FeatureRef = text.parse().map_err(|_| ResolveError::BadReference {
            reference: shown(text).into_owned(),
        })?;
        if !self.permit.names_view(reference.view()) {
            return Err(ResolveError::NotPermitted);
        }
        let version = reference.version();
        let view = self.view(reference.view())?;
        view.check_feature(reference.feature(), version)?;
        // the reference is taken apart at its first colon, and its name is the rest
        let name = text.split_once(':').map_or("", |(_, feature)| feature);
        let data_type = view.type_of(reference.feature(), version);
        let key = (view.name(), version);
        let source = match self.sources.get(&key) {
            Some(source) => Rc::clone(source),
            None => {
                let source = Rc::new(self.source(&view, version, None)?);
                self.sources.insert(key, Rc::clone(&source));
                source
            }
        };
        Ok(WantedFeature {
            source,
            name,
            data_type,
        })
    }

    fn view(&self, name: &str) -> Result<AnyView<'p>, ResolveError> {
        if let Some(view) = AnyView::find(self.project, name) {
            return Ok(view);
        }
        let stored = self.project.feature_views.keys();
        let known = stored.chain(self.project.on_demand_feature_views.keys());
        Err(ResolveError::UnknownView {
            view: shown(name).into_owned(),
            nearest: self.nearest(name, known),
        })
    }

    /// A better name, for those who may see all that there are.
    fn nearest<'n>(&self, name: &str, known: impl Iterator<Item = &'n String>) -> Option<String> {
        let shows = self.permit.shows_project();
        shows.then(|| nearest(name, known.map(String::as_str)))?
    }

    fn source(
        &mut self,
        view: &AnyView<'p>,
        version: VersionSelector,
        projection: Option<&'p Projection>,
    ) -> Result<Source<'p>, ResolveError> {
        let told_as = projection.map_or(view.name(), Projection::name_to_use);
        let prefix = match version {
            VersionSelector::Latest => told_as.to_owned(),
            VersionSelector::Number(number) => format!("{told_as}@v{number}"),
        };
        view.check_enabled()?;
        let version = self.version_number(view, version)?;
        Ok(Source {
            view: view.name(),
            told_as,
            prefix,
            values: self.values(view, version, projection)?,
            version,
        })
    }

    fn values(
        &mut self,
        view: &AnyView<'p>,
        version: u32,
        projection: Option<&Projection>,
    ) -> Result<Values, ResolveError> {
        if view.is_stored() {
            let stored = self.stored(view, version, projection);
            return Ok(Values::Stored(Rc::new(stored)));
        }
        self.computation(view.name()).map(Values::Computed)
    }

    /// Where the values of a stored view are, as a projection reads it.
    pub(super) fn stored(
        &self,
        view: &AnyView<'_>,
        version: u32,
        projection: Option<&Projection>,
    ) -> StoredSource {
        let apart = self.options.online_feature_view_versioning && version > 0;
        let stored_view = if apart {
            format!("{}_v{version}", view.name())
        } else {
            view.name().to_owned()
        };
        StoredSource {
            view: view.name().to_owned(),
            stored_view,
            join_keys: view.join_keys(self.project, projection),
            ttl: view.ttl(),
        }
    }

    pub(super) fn version_number(
        &self,
        view: &AnyView<'_>,
        version: VersionSelector,
    ) -> Result<u32, ResolveError> {
        let VersionSelector::Number(number) = version else {
            return Ok(view.current_version());
        };
        if !self.options.online_feature_view_versioning {
            return Err(ResolveError::VersioningDisabled {
                view: view.name().to_owned(),
                version: number,
            });
        }
        if number > view.current_version() {
            return Err(ResolveError::UnknownVersion {
                view: view.name().to_owned(),
                version: number,
                newest: view.current_version(),
            });
        }
        Ok(number)
    }
}
