use std::{fmt, sync::Arc, time::Duration};

use feature_model::Timestamp;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
};

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
        self.registries(&mut encoder)?;
        self.states(&mut encoder)?;
        self.materialized(&mut encoder)
    }
}

impl Projects {
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

    /// The registry keeps how far each view has come, and this gateway's copy of it tells so.
    fn materialized(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let copies: Vec<_> = self.0.iter().map(|project| Copy::of(project)).collect();
        let views = copies.iter().flat_map(Copy::materialized);
        let help = "End of the last materialization of a view";
        gauge(encoder, metric::MATERIALIZED_UNTIL, help, views)
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
        let snapshot = self.view.snapshot.as_ref();
        let project = snapshot.and_then(|snapshot| snapshot.projects.get(self.project));
        let views = project
            .into_iter()
            .flat_map(|project| project.feature_views.values());
        views.filter_map(|view| {
            let name = (label::FEATURE_VIEW, view.name.as_str());
            let until = view.most_recent_end_time()?.seconds();
            Some((vec![(label::PROJECT, self.project), name], until))
        })
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
