use std::{sync::Arc, time::Duration};

use super::{LEASE, Request, Row, STALE, World, reads, view_number};
use crate::{
    Held, PreparedView,
    cache::{flight::Trip, look::Look, moment::Moment, wanted::Wanted},
};

impl World {
    /// What a reader is told at the end; nothing where it is to ask anew.
    pub(super) fn answer(&mut self, mut request: Request) -> Option<Request> {
        if !request.look.trips().any(failed) {
            request.look.collect();
            if request.look.has_ended {
                assert!(!request.is_anew, "a trip of its own begins with the read");
                return Some(request);
            }
            self.check(&request);
            return None;
        }
        let asked = reads(&request.views, &request.keys);
        let wanted = Wanted::of(&asked, &self.cache).unwrap();
        let stale = self.state.stale(&wanted, self.now);
        drop(wanted);
        if let Some(look) = stale {
            assert!(look.report.is_stale);
            request.look = look;
            self.check_ends(&request.views, &request.keys, &request.look, STALE);
            self.check_stale(&request);
        }
        None
    }

    /// What is told out of the cache has not ended by itself, to the moment. But that it was to end must be known: this is
    /// told as changes are.
    pub(super) fn check_ends(
        &self,
        views: &[Arc<PreparedView>],
        keys: &[Vec<u8>],
        look: &Look,
        bound: Duration,
    ) {
        for (row, version) in told(views, keys, look) {
            let ended = self.ended.get(&row);
            let known = ended.filter(|(since, _)| *since <= self.now.before(bound));
            let least = known.map_or(0, |(_, version)| *version);
            assert!(
                version == 0 || version >= least,
                "{row:?}: {version} is told past its end, {least} came then"
            );
        }
    }

    fn check(&mut self, request: &Request) {
        for (row, version) in told(&request.views, &request.keys, &request.look) {
            let bound = request.began.before(LEASE);
            let least = self.version_at(row, bound);
            assert!(
                version >= least,
                "{row:?}: {version} is told, {least} was there long ago"
            );
            let before = request.told.get(&row).copied().unwrap_or_default();
            assert!(
                version >= before,
                "{row:?}: {version} is told after {before}"
            );
            let newest = self.told.entry(row).or_default();
            *newest = version.max(*newest);
        }
        let report = request.look.report;
        assert!(!report.is_stale);
        let rows = request.views.len() * request.keys.len();
        assert_eq!(report.hits + report.misses, rows as u64);
    }

    fn check_stale(&self, request: &Request) {
        for (row, version) in told(&request.views, &request.keys, &request.look) {
            let least = self.version_at(row, self.now.before(STALE));
            assert!(
                version >= least,
                "{row:?}: {version} is told, {least} was there too long ago"
            );
        }
    }

    fn version_at(&self, row: Row, at: Moment) -> u32 {
        let versions = self.history.get(&row).map_or(&[][..], Vec::as_slice);
        let before = versions.iter().rev().find(|(since, _)| *since <= at);
        before.map_or(0, |(_, version)| *version)
    }
}

fn failed(trip: &Arc<Trip>) -> bool {
    trip.landed.get().is_some_and(Result::is_err)
}

/// The rows of an answer, with their versions; 0 where there is no row.
fn told(views: &[Arc<PreparedView>], keys: &[Vec<u8>], look: &Look) -> Vec<(Row, u32)> {
    let mut told = Vec::new();
    for (view, rows) in views.iter().zip(look.rows.iter()) {
        assert_eq!(rows.len(), keys.len());
        for (key, row) in keys.iter().zip(rows.iter()) {
            let version = row.map_or(0, |row| {
                assert_eq!(row.features(), view.features().len());
                let version = row.value(0).unwrap();
                assert!(row.values().all(|value| value == Some(version)));
                match version {
                    Held::Serialized(bytes) => u32::from_le_bytes(bytes.try_into().unwrap()),
                    short => panic!("{short:?} is no version"),
                }
            });
            told.push(((usize::from(key[0]), view_number(view)), version));
        }
    }
    told
}
