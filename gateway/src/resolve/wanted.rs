//! From references and services to the features of the registry that they mean.

use std::{collections::HashMap, rc::Rc};

use feature_model::{
    DataType, FeatureRef, FeatureService, FeatureView, Field, OnDemandFeatureView, Project,
    Projection, Ttl, VersionSelector,
};

use super::{ResolveError, ResolveOptions};
use crate::{
    ask::{Shape, Wanted},
    nearest::{nearest, shown},
};

/// One feature of a reply.
pub(super) struct WantedFeature<'p> {
    pub(super) source: Rc<Source<'p>>,
    pub(super) name: &'p str,
}

/// A stored view as one reference or projection means it.
pub(super) struct Source<'p> {
    /// The view's real name.
    pub(super) view: &'p str,
    /// Its alias in the service, else its name.
    pub(super) told_as: &'p str,
    /// The prefix of full feature names: `told_as`, with the version where one was asked for.
    pub(super) prefix: String,
    pub(super) stored_view: String,
    pub(super) join_keys: Vec<JoinKey>,
    pub(super) ttl: Option<Ttl>,
    pub(super) version: u32,
}

/// A join key of a [`Source`].
pub(super) struct JoinKey {
    /// Its real name.
    pub(super) name: String,
    /// The request field that brings it.
    pub(super) field: String,
    pub(super) data_type: DataType,
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
    shape: &'p Shape<'_>,
    project: &'p Project,
    options: ResolveOptions,
) -> Result<Vec<WantedFeature<'p>>, ResolveError> {
    let mut lookup = Lookup {
        project,
        options,
        sources: HashMap::new(),
    };
    match &shape.wanted {
        Wanted::Service(name) => lookup.service(name),
        Wanted::Features(references) => references
            .iter()
            .map(|reference| lookup.reference(reference))
            .collect(),
    }
}

struct Lookup<'p> {
    project: &'p Project,
    options: ResolveOptions,
    /// What references have named so far.
    sources: HashMap<(&'p str, VersionSelector), Rc<Source<'p>>>,
}

impl<'p> Lookup<'p> {
    fn service(&self, name: &str) -> Result<Vec<WantedFeature<'p>>, ResolveError> {
        let services = &self.project.feature_services;
        let service: &FeatureService =
            services
                .get(name)
                .ok_or_else(|| ResolveError::UnknownService {
                    service: shown(name).into_owned(),
                    nearest: nearest(name, services.keys().map(String::as_str)),
                })?;
        let mut wanted = Vec::new();
        for projection in &service.projections {
            self.projection(projection, &mut wanted)?;
        }
        Ok(wanted)
    }

    /// A feature that the view has lost since the service was declared is told as never stored.
    fn projection(
        &self,
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
            });
        }
        Ok(())
    }

    fn reference(&mut self, text: &'p str) -> Result<WantedFeature<'p>, ResolveError> {
        let reference: FeatureRef = text.parse().map_err(|_| ResolveError::BadReference {
            reference: shown(text).into_owned(),
        })?;
        let version = reference.version();
        let view = self.view(reference.view())?;
        view.check_feature(reference.feature(), version)?;
        // the reference is taken apart at its first colon, and its name is the rest
        let name = text.split_once(':').map_or("", |(_, feature)| feature);
        let key = (view.name(), version);
        let source = match self.sources.get(&key) {
            Some(source) => Rc::clone(source),
            None => {
                let source = Rc::new(self.source(&view, version, None)?);
                self.sources.insert(key, Rc::clone(&source));
                source
            }
        };
        Ok(WantedFeature { source, name })
    }

    fn view(&self, name: &str) -> Result<AnyView<'p>, ResolveError> {
        if let Some(view) = self.project.feature_views.get(name) {
            return Ok(AnyView::Stored(view));
        }
        if let Some(view) = self.project.on_demand_feature_views.get(name) {
            return Ok(AnyView::OnDemand(view));
        }
        let stored = self.project.feature_views.keys();
        let known = stored.chain(self.project.on_demand_feature_views.keys());
        Err(ResolveError::UnknownView {
            view: shown(name).into_owned(),
            nearest: nearest(name, known.map(String::as_str)),
        })
    }

    fn source(
        &self,
        view: &AnyView<'p>,
        version: VersionSelector,
        projection: Option<&'p Projection>,
    ) -> Result<Source<'p>, ResolveError> {
        view.check_servable()?;
        let number = self.version_number(view, version)?;
        let told_as = projection.map_or(view.name(), Projection::name_to_use);
        let prefix = match version {
            VersionSelector::Latest => told_as.to_owned(),
            VersionSelector::Number(number) => format!("{told_as}@v{number}"),
        };
        let apart = self.options.online_feature_view_versioning && number > 0;
        let stored_view = if apart {
            format!("{}_v{number}", view.name())
        } else {
            view.name().to_owned()
        };
        Ok(Source {
            view: view.name(),
            told_as,
            prefix,
            stored_view,
            join_keys: join_keys(self.project, view, projection),
            ttl: view.ttl(),
            version: number,
        })
    }

    fn version_number(
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

fn join_keys(
    project: &Project,
    view: &AnyView<'_>,
    projection: Option<&Projection>,
) -> Vec<JoinKey> {
    let fields = match view {
        AnyView::Stored(view) => project.join_keys(view),
        AnyView::OnDemand(view) => project.join_keys_of(&view.entities, &view.entity_columns),
    };
    let field_of = |name: &str| {
        let mapped = projection.and_then(|projection| projection.join_key_map.get(name));
        mapped.map_or_else(|| name.to_owned(), Clone::clone)
    };
    fields
        .into_iter()
        .map(
            |Field {
                 name, data_type, ..
             }| JoinKey {
                field: field_of(&name),
                name,
                data_type,
            },
        )
        .collect()
}

/// A view of either kind.
enum AnyView<'p> {
    Stored(&'p FeatureView),
    OnDemand(&'p OnDemandFeatureView),
}

impl<'p> AnyView<'p> {
    fn name(&self) -> &'p str {
        match self {
            Self::Stored(view) => &view.name,
            Self::OnDemand(view) => &view.name,
        }
    }

    fn features(&self) -> &'p [Field] {
        match self {
            Self::Stored(view) => &view.features,
            Self::OnDemand(view) => &view.features,
        }
    }

    fn ttl(&self) -> Option<Ttl> {
        match self {
            Self::Stored(view) => view.ttl,
            Self::OnDemand(_) => None,
        }
    }

    fn current_version(&self) -> u32 {
        match self {
            Self::Stored(view) => view.current_version_number,
            Self::OnDemand(_) => 0,
        }
    }

    /// Stored views are served whatever Feast says of their state. An on-demand view is served where Feast
    /// has computed and stored its features.
    fn check_servable(&self) -> Result<(), ResolveError> {
        let (enabled, stored) = match self {
            Self::Stored(view) => (view.enabled, true),
            Self::OnDemand(view) => (view.enabled, view.write_to_online_store),
        };
        let view = self.name().to_owned();
        if !enabled {
            return Err(ResolveError::Disabled { view });
        }
        if !stored {
            return Err(ResolveError::TransformUnavailable { view });
        }
        Ok(())
    }

    /// The registry tells the features of the newest version only: an older one may have had others.
    fn check_feature(&self, name: &str, version: VersionSelector) -> Result<(), ResolveError> {
        let older =
            matches!(version, VersionSelector::Number(number) if number < self.current_version());
        let known = || self.features().iter().map(|field| field.name.as_str());
        if older || known().any(|feature| feature == name) {
            return Ok(());
        }
        Err(ResolveError::UnknownFeature {
            view: self.name().to_owned(),
            feature: shown(name).into_owned(),
            nearest: nearest(name, known()),
        })
    }
}
