mod answer;
mod commands;

use std::{collections::HashMap, ops::Range, sync::Arc};

use feature_codec::put_redis_key;
use feature_model::ProjectName;
use redis::ServerError;

pub(super) use self::answer::{Answered, Told};
use self::commands::HashReads;
use super::fault;
use crate::{Error, PreparedView, ViewRead};

/// By which commands hashes may be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Hmget,
    /// `HMGET`, or `HGETALL` where that is less work.
    Either,
}

/// The hashes that a read asks for, each once, and who wants what of each.
pub(super) struct Lookup {
    command: Command,
    /// Whether to ask when the hashes' keys end.
    asks_lasts: bool,
    views: Vec<ViewRows>,
    hashes: Vec<Hash>,
    /// The hashes' keys, one after the other.
    keys: Vec<u8>,
    /// Who wants the hashes, hash by hash.
    wanted: Vec<Wanted>,
}

#[derive(Clone)]
struct ViewRows {
    view: Arc<PreparedView>,
    rows: usize,
}

/// A hash's parts of [`Lookup::keys`] and [`Lookup::wanted`].
struct Hash {
    key: Range<usize>,
    wanted: Range<usize>,
    /// Number of fields that are wanted.
    fields: usize,
    /// Whether all of its fields are asked for, by `HGETALL`, and not the wanted ones, by `HMGET`.
    is_whole: bool,
    /// Whether `ASKING` comes first: to a server of a cluster that is only taking the key's slot over.
    is_asked_for: bool,
}

/// The row `row` of view `view` is in this hash.
#[derive(Clone, Copy)]
struct Wanted {
    view: usize,
    row: usize,
}

impl Lookup {
    pub(super) fn new(project: &ProjectName, views: &[ViewRead<'_>], command: Command) -> Self {
        let rows = views.iter().map(|read| read.keys.len()).sum();
        let mut lookup = Self {
            command,
            asks_lasts: false,
            views: views.iter().map(ViewRows::of).collect(),
            hashes: Vec::with_capacity(rows),
            keys: Vec::with_capacity(rows * BYTES_PER_KEY),
            wanted: Vec::with_capacity(rows),
        };
        match views {
            // The keys of one view are different already.
            [first, others @ ..] if others.iter().all(|read| read.shares_keys_with(first)) => {
                for (row, key) in first.keys.iter().enumerate() {
                    let wanted = (0..views.len()).map(|view| Wanted { view, row });
                    lookup.add(project, key, wanted);
                }
            }
            _ => {
                for (key, wanted) in by_key(views) {
                    lookup.add(project, key, wanted);
                }
            }
        }
        lookup
    }

    /// Asks when the hashes' keys end, where that is wanted.
    pub(super) fn asking_lasts(self, asks_lasts: bool) -> Self {
        Self { asks_lasts, ..self }
    }

    fn add(&mut self, project: &ProjectName, key: &[u8], wanted: impl IntoIterator<Item = Wanted>) {
        let (key_start, wanted_start) = (self.keys.len(), self.wanted.len());
        put_redis_key(&mut self.keys, key, project);
        self.wanted.extend(wanted);
        let wanted = wanted_start..self.wanted.len();
        let (fields, is_whole) = self.choose(&self.wanted[wanted.clone()]);
        self.hashes.push(Hash {
            key: key_start..self.keys.len(),
            wanted,
            fields,
            is_whole,
            is_asked_for: false,
        });
    }

    /// Puts the hashes of a group beside each other: the groups in their order, each with its hashes.
    pub(super) fn group_by(
        &mut self,
        group_of: impl Fn(&[u8]) -> usize,
    ) -> Vec<(usize, Range<usize>)> {
        let hashes = std::mem::take(&mut self.hashes).into_iter();
        let grouped = hashes.map(|hash| (group_of(self.key(&hash)), hash));
        let mut grouped: Vec<(usize, Hash)> = grouped.collect();
        grouped.sort_by_key(|(group, _)| *group);
        let mut groups: Vec<(usize, Range<usize>)> = Vec::new();
        for (at, (group, hash)) in grouped.into_iter().enumerate() {
            match groups.last_mut() {
                Some((last, hashes)) if *last == group => hashes.end = at + 1,
                _ => groups.push((group, at..at + 1)),
            }
            self.hashes.push(hash);
        }
        groups
    }

    /// Some of the hashes, to be asked for again: which, and whether `ASKING` comes first. What is found has its place
    /// among the rows of the whole.
    pub(super) fn part(&self, picked: impl IntoIterator<Item = (usize, bool)>) -> Self {
        let mut part = Self {
            command: self.command,
            asks_lasts: self.asks_lasts,
            views: self.views.clone(),
            hashes: Vec::new(),
            keys: Vec::new(),
            wanted: Vec::new(),
        };
        for (hash, is_asked_for) in picked {
            let hash = &self.hashes[hash];
            let (key, wanted) = (part.keys.len(), part.wanted.len());
            part.keys.extend_from_slice(self.key(hash));
            part.wanted.extend_from_slice(self.wanted(hash));
            part.hashes.push(Hash {
                key: key..part.keys.len(),
                wanted: wanted..part.wanted.len(),
                fields: hash.fields,
                is_whole: hash.is_whole,
                is_asked_for,
            });
        }
        part
    }

    /// The key of a hash, by its place.
    pub(super) fn key_of(&self, hash: usize) -> &[u8] {
        self.key(&self.hashes[hash])
    }

    /// What it means that the server didn't tell a hash.
    pub(super) fn refusal(&self, store: &str, hash: usize, error: &ServerError) -> Error {
        fault::of_reply(store, self.key_of(hash), error)
    }

    /// How many fields of a hash are wanted, and whether to ask for all of them. The first hash of a read tells how many
    /// there are, where that isn't known.
    fn choose(&self, wanted: &[Wanted]) -> (usize, bool) {
        let (mut fields, mut whole_from) = (0, None);
        let is_first = self.hashes.is_empty();
        let mut is_look = false;
        for wanted in wanted {
            let view = &self.views[wanted.view];
            let seen = view.view.fields_seen();
            fields += 1 + view.features();
            whole_from = whole_from.max(seen.whole_from());
            is_look |= is_first && seen.is_look_due();
        }
        let is_worth_it = whole_from.is_some_and(|from| fields >= from);
        let is_whole = self.command == Command::Either && (is_look || is_worth_it);
        (fields, is_whole)
    }

    fn key(&self, hash: &Hash) -> &[u8] {
        &self.keys[hash.key.clone()]
    }

    fn wanted(&self, hash: &Hash) -> &[Wanted] {
        &self.wanted[hash.wanted.clone()]
    }

    /// Whether any hash is asked for as a whole.
    pub(super) fn takes_whole(&self) -> bool {
        self.hashes.iter().any(|hash| hash.is_whole)
    }

    /// Whether the key's end is asked for before its hash. What a server is only taking over isn't kept anyway.
    fn asks_last(&self, hash: &Hash) -> bool {
        self.asks_lasts && !hash.is_asked_for
    }

    /// Number of hashes.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// A command for each of these hashes, for the fields of all views that read it.
    pub(super) fn commands(&self, hashes: Range<usize>) -> HashReads<'_> {
        HashReads {
            lookup: self,
            hashes: &self.hashes[hashes],
        }
    }
}

/// Most entity keys have one join key, and projects short names.
const BYTES_PER_KEY: usize = 48;

impl ViewRows {
    fn of(read: &ViewRead<'_>) -> Self {
        Self {
            view: Arc::clone(read.view),
            rows: read.keys.len(),
        }
    }

    fn features(&self) -> usize {
        self.view.value_fields().len()
    }
}

/// Each key once, with the rows of all views that are in its hash.
fn by_key<'k>(views: &[ViewRead<'k>]) -> Vec<(&'k [u8], Vec<Wanted>)> {
    let mut keys: Vec<(&[u8], Vec<Wanted>)> = Vec::new();
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for (view, read) in views.iter().enumerate() {
        for (row, key) in read.keys.iter().enumerate() {
            let place = *places.entry(key).or_insert_with(|| {
                keys.push((key, Vec::with_capacity(views.len())));
                keys.len() - 1
            });
            keys[place].1.push(Wanted { view, row });
        }
    }
    keys
}

#[cfg(test)]
mod tests;
