use std::{fmt, sync::Arc, time::Duration};

use feature_model::{Project, Timestamp};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use online_store::CacheCondition;
use registry_store::RegistryView;

use crate::{
    names::{label, metric},
    project::ServedProject,
    ready::State,
};

/// Looks up how each project is doing, when somebody asks.
#[derive(Debug)]
pub(super) struct Projects(pub(super) Vec<Arc<ServedProject>>);

type Labels<'a> = Vec<(&'static str, &'a str)>;

impl Collector for Projects {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let version = vec![(label::VERSION, env!("CARGO_PKG_VERSION"))];
        let build = [(version, 1_i64)];
        gauge(
            &mut encoder,
            metric::BUILD,
            "Version of this program",
            build,
        )?;
        self.unsent(&mut encoder)?;
        self.registries(&mut encoder)?;
        self.token_keys(&mut encoder)?;
        self.caches(&mut encoder)?;
        self.states(&mut encoder)?;
        self.stores(&mut encoder)?;
        self.plugins(&mut encoder)?;
        self.materialized(&mut encoder)
    }
}

impl Projects {
    fn unsent(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let held = self.0.iter().map(|project| {
            let labels = vec![(label::PROJECT, project.name.as_str())];
            let bytes = i64::try_from(project.unsent.bytes()).unwrap_or(i64::MAX);
            (labels, bytes)
        });
        let help = "Bytes of replies that are found and that clients have not taken";
        gauge(encoder, metric::UNSENT_BYTES, help, held)
    }

    fn registries(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let copies: Vec<_> = self.0.iter().map(|project| Copy::of(project)).collect();
        let loaded = || copies.iter().filter(|copy| copy.view.snapshot.is_some());
        let versions = loaded().map(|copy| {
            let version = (label::VERSION, copy.version.as_str());
            (vec![(label::PROJECT, copy.project), version], 1_i64)
        });
        let help = "Registry version that is served";
        gauge(encoder, metric::REGISTRY_VERSION, help, versions)?;
        let ages = copies.iter().filter_map(Copy::age_seconds);
        let help = "Seconds since that version was read";
        gauge(encoder, metric::REGISTRY_AGE, help, ages)?;
        let updated = copies.iter().filter_map(Copy::updated_seconds);
        let help = "When that version was written";
        gauge(encoder, metric::REGISTRY_UPDATED, help, updated)?;
        let up = copies.iter().map(Copy::is_up);
        let help = "Whether the last look at the registry succeeded";
        gauge(encoder, metric::REGISTRY_UP, help, up)
    }

    fn token_keys(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let projects = self.0.iter();
        let keys = projects.filter_map(|project| {
            let labels = vec![(label::PROJECT, project.name.as_str())];
            Some((labels, project.access.guard()?.freshness_of_keys()))
        });
        let keys: Vec<_> = keys.collect();
        let ages = keys.iter().filter_map(|(labels, keys)| {
            let age = keys.age?.as_secs_f64();
            Some((labels.clone(), age))
        });
        let help = "Seconds since the keys that tokens are checked with were fetched";
        gauge(encoder, metric::TOKEN_KEYS_AGE, help, ages)?;
        let up = keys
            .iter()
            .map(|(labels, keys)| (labels.clone(), i64::from(keys.is_reachable)));
        let help = "Whether the last fetch of the keys that tokens are checked with gave any";
        gauge(encoder, metric::TOKEN_KEYS_UP, help, up)
    }

    fn caches(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let projects = self.0.iter();
        let caches = projects.filter_map(|project| {
            let labels = vec![(label::PROJECT, project.name.as_str())];
            Some((labels, project.cache.as_ref()?.condition()))
        });
        let caches: Vec<_> = caches.collect();
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let samples = |of: fn(&CacheCondition) -> u64| {
            let caches = caches.iter();
            caches.map(move |(labels, cache)| (labels.clone(), count(of(cache))))
        };
        let help = "Entities of which a cache keeps rows";
        let entities = samples(|cache| cache.entities);
        gauge(encoder, metric::CACHE_ENTITIES, help, entities)?;
        let help = "Memory that the rows of a cache take";
        gauge(
            encoder,
            metric::CACHE_BYTES,
            help,
            samples(|cache| cache.bytes),
        )?;
        let help = "Whether the online store tells a cache of changes";
        gauge(
            encoder,
            metric::CACHE_UP,
            help,
            samples(|cache| cache.is_told.into()),
        )
    }

    fn stores(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let left_alone = self.0.iter().map(|project| {
            let labels = vec![(label::PROJECT, project.name.as_str())];
            (labels, i64::from(project.store_is_left_alone()))
        });
        let help = "Whether reads of the online store fail without having been tried";
        gauge(encoder, metric::STORE_LEFT_ALONE, help, left_alone)
    }

    fn plugins(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let tables: Vec<_> = self
            .0
            .iter()
            .map(|project| (project, project.plugins()))
            .collect();
        let slots = tables.iter().flat_map(|(project, table)| {
            table.slots.iter().map(move |(view, slot)| {
                let labels = vec![
                    (label::PROJECT, project.name.as_str()),
                    (label::FEATURE_VIEW, view.as_str()),
                ];
                (labels, i64::from(slot.trouble.is_none()))
            })
        });
        let help = "Whether the plugin that the registry binds to a view serves it";
        gauge(encoder, metric::PLUGIN_UP, help, slots)
    }

    /// The registry keeps how far each view has come, and this gateway's copy of it tells so.
    fn materialized(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let copies: Vec<_> = self.0.iter().map(|project| Copy::of(project)).collect();
        let views = copies.iter().flat_map(Copy::materialized);
        let help = "End of the last materialization of a view";
        gauge(encoder, metric::MATERIALIZED_UNTIL, help, views)?;
        let mut family = encoder.encode_descriptor(
            metric::MATERIALIZED_ROWS,
            "Rows that all materializations of a view have written to the online store",
            None,
            MetricType::Counter,
        )?;
        for (labels, rows) in copies.iter().flat_map(Copy::rows_materialized) {
            ConstCounter::new(rows).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn states(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let states = self.0.iter().flat_map(|project| {
            let now = project.status().readiness.state;
            State::ALL.into_iter().map(move |state| {
                let state_label = (label::STATE, state.as_str());
                let labels = vec![(label::PROJECT, project.name.as_str()), state_label];
                (labels, i64::from(state == now))
            })
        });
        let help = "1 for the state a project is in";
        gauge(encoder, metric::PROJECT_STATE, help, states)
    }
}

/// A project's copy of the registry, at one moment.
struct Copy<'a> {
    project: &'a str,
    version: String,
    view: RegistryView,
}

impl<'a> Copy<'a> {
    fn of(project: &'a ServedProject) -> Self {
        let view = project.registry();
        Self {
            project: project.name.as_str(),
            version: view.version.to_string(),
            view,
        }
    }

    fn labels(&self) -> Labels<'_> {
        vec![(label::PROJECT, self.project)]
    }

    fn age_seconds(&self) -> Option<(Labels<'_>, f64)> {
        let age = Timestamp::now().as_nanos() - self.view.loaded_at?.as_nanos();
        // the clock may have been set back
        let age = Duration::from_nanos(u64::try_from(age).unwrap_or_default());
        Some((self.labels(), age.as_secs_f64()))
    }

    fn updated_seconds(&self) -> Option<(Labels<'_>, i64)> {
        let snapshot = self.view.snapshot.as_ref()?;
        Some((self.labels(), snapshot.last_updated.seconds()))
    }

    fn is_up(&self) -> (Labels<'_>, i64) {
        (self.labels(), i64::from(self.view.last_error.is_none()))
    }

    fn materialized(&self) -> impl Iterator<Item = (Labels<'_>, i64)> {
        let project = self.stored().into_iter();
        let views = project.flat_map(|project| project.feature_views.values());
        views.filter_map(|view| {
            let until = view.most_recent_end_time()?.seconds();
            Some((self.view_labels(&view.name), until))
        })
    }

    fn rows_materialized(&self) -> impl Iterator<Item = (Labels<'_>, u64)> {
        let project = self.stored().into_iter();
        let views = project.flat_map(|project| &project.rows_materialized);
        views.map(|(view, rows)| (self.view_labels(view), *rows))
    }

    /// The project as the registry has it.
    fn stored(&self) -> Option<&Project> {
        self.view.snapshot.as_ref()?.projects.get(self.project)
    }

    fn view_labels<'b>(&'b self, view: &'b str) -> Labels<'b> {
        vec![(label::PROJECT, self.project), (label::FEATURE_VIEW, view)]
    }
}

fn gauge<'a, N: EncodeGaugeValue>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (Labels<'a>, N)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in samples {
        ConstGauge::new(value).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
