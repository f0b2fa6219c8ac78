use std::borrow::Cow;

use redis::Pipeline;

use super::{Hash, Lookup};
use crate::redis_store::{connection::Commands, resp};

/// The commands for some hashes: `HMGET` or `HGETALL`, each after a `PTTL` where it is asked when keys end.
pub(in crate::redis_store) struct HashReads<'l> {
    pub(super) lookup: &'l Lookup,
    pub(super) hashes: &'l [Hash],
}

/// A key, and four bytes a field with what is around them.
const BYTES_PER_COMMAND: usize = 128;

impl HashReads<'_> {
    fn fields<'h>(&'h self, hash: &'h Hash) -> impl Iterator<Item = &'h [u8]> {
        self.lookup.wanted(hash).iter().flat_map(|wanted| {
            let view = &self.lookup.views[wanted.view].view;
            let values = view.value_fields().iter().map(<[u8; 4]>::as_slice);
            std::iter::once(view.timestamp_field()).chain(values)
        })
    }
}

impl Commands for HashReads<'_> {
    fn count(&self) -> usize {
        let commands = |hash: &Hash| {
            1 + usize::from(hash.is_asked_for) + usize::from(self.lookup.asks_last(hash))
        };
        self.hashes.iter().map(commands).sum()
    }

    fn pipeline(&self) -> Cow<'_, Pipeline> {
        let mut pipeline = Pipeline::with_capacity(self.count());
        for hash in self.hashes {
            if hash.is_asked_for {
                pipeline.cmd("ASKING");
            }
            if self.lookup.asks_last(hash) {
                pipeline.cmd("PTTL").arg(self.lookup.key(hash));
            }
            if hash.is_whole {
                pipeline.cmd("HGETALL").arg(self.lookup.key(hash));
                continue;
            }
            pipeline.cmd("HMGET").arg(self.lookup.key(hash));
            for field in self.fields(hash) {
                pipeline.arg(field);
            }
        }
        Cow::Owned(pipeline)
    }

    fn packed(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(self.count() * BYTES_PER_COMMAND);
        for hash in self.hashes {
            if hash.is_asked_for {
                resp::begin_command(&mut packed, 1);
                resp::put_argument(&mut packed, b"ASKING");
            }
            if self.lookup.asks_last(hash) {
                resp::begin_command(&mut packed, 2);
                resp::put_argument(&mut packed, b"PTTL");
                resp::put_argument(&mut packed, self.lookup.key(hash));
            }
            if hash.is_whole {
                resp::begin_command(&mut packed, 2);
                resp::put_argument(&mut packed, b"HGETALL");
                resp::put_argument(&mut packed, self.lookup.key(hash));
                continue;
            }
            resp::begin_command(&mut packed, 2 + hash.fields);
            resp::put_argument(&mut packed, b"HMGET");
            resp::put_argument(&mut packed, self.lookup.key(hash));
            for field in self.fields(hash) {
                resp::put_argument(&mut packed, field);
            }
        }
        packed
    }
}
