//! What was read, as the columns of a reply look at it: everything here is the same for all features of a view.

use feature_model::Timestamp;
use online_store::StoredRows;

use super::{Corrupt, Status};
use crate::{
    resolve::{PlannedRead, ServingPlan},
    rows::Rows,
    stored_values::{Standing, oldest},
};

/// A read of the plan.
pub(super) struct ReadRows<'a> {
    /// For each row of the reply the index of its key.
    pub(super) positions: &'a [usize],
    /// For each key how its row stands; nothing of a read that only transforms use.
    pub(super) standings: Vec<Standing<'a>>,
}

impl<'a> ReadRows<'a> {
    /// Those of a plan, in its order.
    pub(super) fn of(
        plan: &'a ServingPlan,
        rows: &'a Rows,
        stored: &'a StoredRows,
        now: Timestamp,
    ) -> Vec<Self> {
        let reads = plan.reads.iter().zip(stored.iter());
        reads
            .map(|(read, stored)| {
                let keys = rows.keys.get(read.key_set);
                let told = read.is_told.then(|| stored.iter());
                let oldest = oldest(read.ttl, now);
                Self {
                    positions: keys.map_or(&[], |keys| &keys.positions),
                    standings: told.map_or_else(Vec::new, |rows| {
                        rows.map(|row| Standing::of(row, oldest)).collect()
                    }),
                }
            })
            .collect()
    }

    /// How the row at that key stands.
    #[inline]
    pub(super) fn standing(&self, key: usize) -> &Standing<'a> {
        self.standings.get(key).unwrap_or(&Standing::Absent)
    }

    /// The values of a feature at these keys, where they are short integers, as most features of most stores are.
    #[inline]
    pub(super) fn short_integers(
        &self,
        keys: &[usize],
        feature: usize,
    ) -> impl Iterator<Item = Option<u32>> {
        let number = move |key: &usize| self.standings.get(*key)?.short_integer(feature);
        keys.iter().map(number)
    }
}

/// The values of a reply that couldn't be told, view by view.
pub(super) struct Damage<'a> {
    reads: &'a [PlannedRead],
    corrupt: Vec<Option<Corrupt>>,
}

impl<'a> Damage<'a> {
    pub(super) fn none(plan: &'a ServingPlan) -> Self {
        Self {
            reads: &plan.reads,
            corrupt: vec![None; plan.reads.len()],
        }
    }

    /// Counts a value of that read; the first of a view is told with its feature.
    #[cold]
    pub(super) fn tell(&mut self, read: usize, feature: usize, reason: &str) -> Status {
        let planned = self.reads.get(read);
        if let Some((planned, corrupt)) = planned.zip(self.corrupt.get_mut(read)) {
            let first = corrupt.get_or_insert_with(|| Corrupt {
                view: planned.view.clone(),
                feature: planned.features.get(feature).cloned().unwrap_or_default(),
                reason: reason.to_owned(),
                values: 0,
            });
            first.values += 1;
        }
        Status::Invalid
    }

    pub(super) fn into_corrupt(self) -> Vec<Corrupt> {
        self.corrupt.into_iter().flatten().collect()
    }
}
