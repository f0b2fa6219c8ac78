//! What the replies to a lookup's commands hold.

use std::{ops::Range, sync::Arc, time::Duration};

use feature_codec::decode_timestamp;
use feature_model::Timestamp;
use redis::{ServerError, Value};

use super::{Hash, Lookup, ViewRows, Wanted};
use crate::{
    Error, Found, StoredRows,
    read::{Columns, HashSize, RowBuilder},
    redis_store::{connection::Replies, fault, whole_hash::WholeHash},
};

/// A row that a reply held, and whose it is.
pub(in crate::redis_store) struct FoundRow {
    view: usize,
    row: usize,
    /// Where it begins in [`Told::memory`].
    start: usize,
}

/// How long a row lasts, or that there is none.
struct Last {
    view: usize,
    row: usize,
    time: Duration,
}

/// What replies held.
pub(in crate::redis_store) struct Told {
    /// What the rows are packed in, one after the other.
    memory: Arc<[u8]>,
    rows: Vec<FoundRow>,
    lasts: Vec<Last>,
}

/// What the replies to some hashes' commands held.
pub(in crate::redis_store) struct Answered {
    pub(in crate::redis_store) told: Told,
    /// Hashes that the server didn't tell, and what it said.
    pub(in crate::redis_store) refused: Vec<(usize, ServerError)>,
}

impl Wanted {
    fn found(&self, start: usize) -> FoundRow {
        FoundRow {
            view: self.view,
            row: self.row,
            start,
        }
    }

    fn lasting(&self, time: Duration) -> Last {
        Last {
            view: self.view,
            row: self.row,
            time,
        }
    }
}

impl Lookup {
    /// The rows in the replies to [`Self::commands`] of the same hashes.
    pub(in crate::redis_store) fn rows(
        &self,
        store: &str,
        hashes: Range<usize>,
        mut replies: Replies,
    ) -> Result<Answered, Error> {
        let mut memory = Vec::with_capacity(self.bytes_of_rows(hashes.clone()));
        let mut found = Vec::with_capacity(hashes.len());
        let mut lasts = Vec::new();
        let mut refused = Vec::new();
        let mut whole = WholeHash::default();
        for place in hashes {
            let hash = &self.hashes[place];
            let key = self.key(hash);
            if hash.is_asked_for {
                replies.any();
            }
            if self.asks_last(hash) {
                let time = take_last(&mut replies);
                lasts.extend(self.wanted(hash).iter().map(|wanted| wanted.lasting(time)));
            }
            match replies.list() {
                Ok(values) if hash.is_whole && values % 2 == 0 => {
                    let read = whole.read(&mut replies, values / 2);
                    let no_list = |other| fault::unexpected(store, key, &other, "hash's fields");
                    read.map_err(no_list)?;
                    found.extend(self.rows_of_whole(hash, &whole, &mut memory));
                    self.learn(hash, whole.size());
                    continue;
                }
                Ok(values) if !hash.is_whole && values == hash.fields => {}
                Ok(_) => {
                    let wanted = "list of as many values";
                    return Err(fault::unexpected(store, key, &Value::Nil, wanted));
                }
                Err(Value::ServerError(error)) if error.code() == "WRONGTYPE" => {
                    let reason = format!("key `{}` is no hash", fault::hexadecimal(key));
                    found.extend(self.damaged(hash, &reason, &mut memory));
                    continue;
                }
                Err(Value::ServerError(error)) => {
                    refused.push((place, error));
                    continue;
                }
                Err(other) => {
                    return Err(fault::unexpected(store, key, &other, "list of values"));
                }
            }
            for wanted in self.wanted(hash) {
                let features = self.views[wanted.view].features();
                let row = RowBuilder::new(&mut memory, features);
                let start = take_row(store, key, &mut replies, row)?;
                found.extend(start.map(|start| wanted.found(start)));
            }
        }
        let told = Told {
            memory: memory.into(),
            rows: found,
            lasts,
        };
        Ok(Answered { told, refused })
    }

    /// The rows that are wanted of a hash that was read as a whole.
    fn rows_of_whole<'a>(
        &'a self,
        hash: &'a Hash,
        whole: &'a WholeHash,
        memory: &'a mut Vec<u8>,
    ) -> impl Iterator<Item = FoundRow> + 'a {
        let key = self.key(hash);
        self.wanted(hash).iter().filter_map(move |wanted| {
            let view = &self.views[wanted.view].view;
            let timestamp = whole.field(view.timestamp_field())?;
            let mut row = RowBuilder::new(memory, view.value_fields().len());
            for field in view.value_fields() {
                row.push(whole.feature(*field));
            }
            Some(wanted.found(at_time(decode_timestamp(timestamp), key, row)))
        })
    }

    /// About how much memory the rows of these hashes take.
    fn bytes_of_rows(&self, hashes: Range<usize>) -> usize {
        let hashes = self.hashes[hashes].iter();
        hashes
            .map(|hash| RowBuilder::about_bytes(hash.wanted.len(), hash.fields))
            .sum()
    }

    fn learn(&self, hash: &Hash, size: HashSize) {
        for wanted in self.wanted(hash) {
            self.views[wanted.view].view.fields_seen().learn(size);
        }
    }

    /// All rows that are wanted of a hash, which can't be read.
    fn damaged<'a>(
        &'a self,
        hash: &'a Hash,
        reason: &'a str,
        memory: &'a mut Vec<u8>,
    ) -> impl Iterator<Item = FoundRow> + 'a {
        self.wanted(hash).iter().map(move |wanted| {
            let features = self.views[wanted.view].features();
            wanted.found(RowBuilder::new(memory, features).damaged(reason))
        })
    }

    /// Puts every row in its place; the others are absent.
    pub(in crate::redis_store) fn arrange(&self, told: Vec<Told>) -> Found {
        let views = self.views.iter();
        let mut rows = StoredRows::absent(views.map(|view| (Columns::All, view.rows)));
        let mut lasts: Vec<Vec<Duration>> = Vec::new();
        if self.asks_lasts {
            let unknown = |view: &ViewRows| vec![Duration::ZERO; view.rows];
            lasts = self.views.iter().map(unknown).collect();
        }
        for told in told {
            let piece = rows.hold(told.memory);
            for FoundRow { view, row, start } in told.rows {
                rows.put(view, row, piece, start);
            }
            for Last { view, row, time } in told.lasts {
                lasts[view][row] = time;
            }
        }
        Found {
            lasts,
            ..Found::uncached(rows)
        }
    }
}

/// Takes the reply to `PTTL`. A key that isn't there has no end either, as Redis tells when it comes. A reply that is none,
/// be it that this user may not ask or that the key is elsewhere, makes no read fail.
fn take_last(replies: &mut Replies) -> Duration {
    match replies.number() {
        Ok(-1 | -2) => Duration::MAX,
        Ok(millis) => Duration::from_millis(u64::try_from(millis).unwrap_or_default()),
        Err(_) => Duration::ZERO,
    }
}

/// Takes an event time and the values of a row off the reply, and says where the row begins. It is absent if it has no event
/// time, whatever values there are: they are left over from a view of that name and another layout.
fn take_row(
    store: &str,
    key: &[u8],
    replies: &mut Replies,
    mut row: RowBuilder<'_>,
) -> Result<Option<usize>, Error> {
    let no_list = |other| fault::unexpected(store, key, &other, "list of values");
    let timestamp = replies.string(|text| text.map(decode_timestamp));
    let timestamp = timestamp.map_err(no_list)?;
    for _ in 0..row.count() {
        let value = replies.string(|value| row.push(value));
        value.map_err(no_list)?;
    }
    let Some(timestamp) = timestamp else {
        row.discard();
        return Ok(None);
    };
    Ok(Some(at_time(timestamp, key, row)))
}

fn at_time<E: std::fmt::Display>(
    event_timestamp: Result<Timestamp, E>,
    key: &[u8],
    row: RowBuilder<'_>,
) -> usize {
    match event_timestamp {
        Ok(event_timestamp) => row.finish(event_timestamp),
        Err(error) => {
            let key = fault::hexadecimal(key);
            row.damaged(&format!("event time in key `{key}`: {error}"))
        }
    }
}
