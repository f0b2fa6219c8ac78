use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeGaugeValue, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
};

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
        let copies: Vec<_> = self
            .0
            .iter()
            .map(|p| (p.name.as_str(), p.registry()))
            .collect();
        let loaded = || {
            copies
                .iter()
                .filter_map(|(name, copy)| Some((*name, copy.loaded.as_ref()?)))
        };
        let versions = loaded().map(|(name, loaded)| {
            let version = loaded.snapshot.version_id.as_str();
            (
                vec![(label::PROJECT, name), (label::VERSION, version)],
                1_i64,
            )
        });
        gauge(
            encoder,
            metric::REGISTRY_VERSION,
            "Registry version that is served",
            versions,
        )?;
        let ages = loaded().map(|(name, loaded)| {
            (
                vec![(label::PROJECT, name)],
                loaded.at.elapsed().as_secs_f64(),
            )
        });
        gauge(
            encoder,
            metric::REGISTRY_AGE,
            "Seconds since that version was read",
            ages,
        )?;
        let updated = loaded().map(|(name, loaded)| {
            (
                vec![(label::PROJECT, name)],
                loaded.snapshot.last_updated.seconds(),
            )
        });
        gauge(
            encoder,
            metric::REGISTRY_UPDATED,
            "When that version was written",
            updated,
        )?;
        let up = copies.iter().map(|(name, copy)| {
            (
                vec![(label::PROJECT, *name)],
                i64::from(copy.error.is_none()),
            )
        });
        gauge(
            encoder,
            metric::REGISTRY_UP,
            "Whether the last look at the registry succeeded",
            up,
        )
    }

    /// The registry keeps how far each view has come, and this gateway's copy of it tells so.
    fn materialized(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let snapshots: Vec<_> = self
            .0
            .iter()
            .map(|p| (p.name.as_str(), p.snapshot()))
            .collect();
        let views = snapshots.iter().flat_map(|(name, snapshot)| {
            let project = snapshot
                .as_ref()
                .and_then(|snapshot| snapshot.projects.get(*name));
            let views = project
                .into_iter()
                .flat_map(|project| project.feature_views.values());
            views.filter_map(|view| {
                let labels = vec![
                    (label::PROJECT, *name),
                    (label::FEATURE_VIEW, view.name.as_str()),
                ];
                Some((labels, view.most_recent_end_time()?.seconds()))
            })
        });
        let help = "End of the last materialization of a view";
        gauge(encoder, metric::MATERIALIZED_UNTIL, help, views)
    }

    fn states(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let states = self.0.iter().flat_map(|project| {
            let now = project.status().readiness.state;
            State::ALL.into_iter().map(move |state| {
                let labels = vec![
                    (label::PROJECT, project.name.as_str()),
                    (label::STATE, state.as_str()),
                ];
                (labels, i64::from(state == now))
            })
        });
        gauge(
            encoder,
            metric::PROJECT_STATE,
            "1 for the state a project is in",
            states,
        )
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
