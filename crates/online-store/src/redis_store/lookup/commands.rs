use std::borrow::Cow;

use redis::Pipeline;

use super::{Hash, Lookup};
use crate::{
    PreparedView,
    redis_store::{connection::Commands, resp},
};

/// The commands for some hashes: `HMGET` or `HGETALL`, each after a `PTTL` where it is asked when keys end.
pub(in crate::redis_store) struct HashReads<'l> {
    pub(super) lookup: &'l Lookup,
    pub(super) hashes: &'l [Hash],
}

/// What is around a key and fields, also where the key's end is asked for.
const MORE_BYTES_PER_HASH: usize = 64;

impl HashReads<'_> {
    fn views<'h>(&'h self, hash: &'h Hash) -> impl Iterator<Item = &'h PreparedView> {
        let views = &self.lookup.views;
        let wanted = self.lookup.wanted(hash).iter();
        wanted.map(|wanted| &*views[wanted.view].view)
    }

    /// About how much memory the packed commands take.
    fn packed_bytes(&self) -> usize {
        let hashes = self.hashes.iter();
        let bytes = hashes.map(|hash| {
            let fields = match hash.is_whole {
                true => 0,
                false => self
                    .views(hash)
                    .map(|view| view.packed_fields().len())
                    .sum(),
            };
            2 * self.lookup.key(hash).len() + fields + MORE_BYTES_PER_HASH
        });
        bytes.sum()
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
            for view in self.views(hash) {
                pipeline.arg(view.timestamp_field());
                for field in view.value_fields() {
                    pipeline.arg(field);
                }
            }
        }
        Cow::Owned(pipeline)
    }

    fn packed(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(self.packed_bytes());
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
            for view in self.views(hash) {
                packed.extend_from_slice(view.packed_fields());
            }
        }
        packed
    }
}
