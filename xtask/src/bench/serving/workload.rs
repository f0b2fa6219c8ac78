//! The kinds of requests, and which of them a run is about.

use anyhow::{Result, bail};

use super::definitions::{ENTITY, OTHER};

/// One kind of requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workload {
    pub(super) name: &'static str,
    pub(super) service: &'static str,
    pub(super) join_key: &'static str,
    pub(super) entities: u32,
    pub(super) features: u32,
}

impl Workload {
    const fn new(name: &'static str, service: &'static str, entities: u32, features: u32) -> Self {
        Self {
            name,
            service,
            join_key: ENTITY,
            entities,
            features,
        }
    }

    /// Of the other entity.
    const fn other(
        name: &'static str,
        service: &'static str,
        entities: u32,
        features: u32,
    ) -> Self {
        Self {
            join_key: OTHER,
            ..Self::new(name, service, entities, features)
        }
    }

    /// Feature values in a reply.
    pub(super) fn values(&self) -> f64 {
        f64::from(self.entities) * f64::from(self.features)
    }

    /// `W1 1 x 50`
    pub(super) fn title(&self) -> String {
        format!("{} {} x {}", self.name, self.entities, self.features)
    }
}

pub(super) const W1: Workload = Workload::new("W1", "fs_50", 1, 50);
pub(super) const W2: Workload = Workload::new("W2", "fs_50", 100, 50);
pub(super) const W7: Workload = Workload::new("W7 10 views", "ten_by_three", 1, 30);
pub(super) const W4: Workload = Workload::new("W4", "fs_250", 100, 250);
/// Those whose figures only stand beside the others.
pub(super) const TOLD: [Workload; 8] = [
    Workload::new("W3", "fs_50", 10, 50),
    Workload::new("W5", "fs_200", 50, 200),
    Workload::new("W6", "fs_10", 100, 10),
    Workload::new("W6 more", "fs_10", 150, 10),
    Workload::other("W6 float64", "floats_all", 100, 10),
    Workload::other("W6 texts", "texts_all", 100, 10),
    Workload::other("W6 embeddings", "embeddings_all", 100, 1),
    W7,
];
pub(super) const WIDE: Workload = Workload::other("1 view", "wide_all", 1, 50);
pub(super) const SPREAD: Workload = Workload::other("25 views", "spread_50", 1, 50);

/// All that can be chosen by `--only`.
const NAMES: [&str; 14] = [
    "W1",
    "W2",
    "W3",
    "W4",
    "W5",
    "W6",
    "W7",
    "W9",
    "W10",
    "W11",
    "views",
    "freshness",
    "memory",
    "overload",
];

/// Which workloads a run is about.
pub(crate) struct Selection(Vec<&'static str>);

impl Selection {
    /// All, or those of the list.
    pub(crate) fn parse(only: Option<&str>) -> Result<Self> {
        let Some(list) = only else {
            return Ok(Self(NAMES.to_vec()));
        };
        let known = |name: &str| {
            let found = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name));
            found.copied()
        };
        let mut chosen = Vec::new();
        for name in list.split(',').map(str::trim) {
            match known(name) {
                Some(name) => chosen.push(name),
                None => bail!("no workload `{name}`: there are {}", NAMES.join(", ")),
            }
        }
        Ok(Self(chosen))
    }

    /// Whether the one of this name was chosen; `W6 texts` belongs to `W6`.
    pub(super) fn has(&self, name: &str) -> bool {
        let family = name.split(' ').next().unwrap_or(name);
        self.0.contains(&family)
    }

    pub(super) fn is_everything(&self) -> bool {
        NAMES.iter().all(|name| self.has(name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Selection, TOLD};

    #[test]
    fn a_list_chooses_and_an_unknown_name_is_refused_with_those_there_are() {
        let some = Selection::parse(Some("w1, W6")).unwrap();
        assert!(some.has("W1") && some.has("W6 texts"));
        assert!(!some.has("W10") && !some.has("W2") && !some.is_everything());
        let refused = Selection::parse(Some("W12")).map(|_| ()).unwrap_err();
        assert!(
            refused.to_string().contains("there are W1, W2"),
            "{refused}"
        );
    }

    #[test]
    fn without_a_list_it_is_everything() {
        let all = Selection::parse(None).unwrap();
        assert!(all.is_everything() && TOLD.iter().all(|workload| all.has(workload.name)));
    }
}
