use std::ops::Range;

use redis::Value;

use super::connection::Replies;
use crate::read::HashSize;

/// The fields of a hash as `HGETALL` replies them. One is used for many hashes, so that its memory is.
#[derive(Default)]
pub(super) struct WholeHash {
    /// What the reply holds, one after the other.
    bytes: Vec<u8>,
    /// The fields of four bytes, where their name points or behind. Feast makes these names by hashing, so that their
    /// own bits are as good as any hash. A power of two, with at least as many empty places as others.
    features: Vec<Field>,
    /// All other fields: the event times of views.
    others: Vec<(Range<usize>, Range<usize>)>,
    size: HashSize,
}

/// A field and where its value is; nothing where the value would end before it starts.
#[derive(Clone, Copy)]
struct Field {
    name: [u8; 4],
    start: u32,
    end: u32,
}

const NO_FIELD: Field = Field {
    name: [0; 4],
    start: 1,
    end: 0,
};

impl Field {
    fn is_there(&self) -> bool {
        self.start <= self.end
    }
}

impl WholeHash {
    /// Takes a hash of so many fields off the replies.
    ///
    /// # Errors
    /// With what is there instead.
    pub(super) fn read(&mut self, replies: &mut Replies, fields: usize) -> Result<(), Value> {
        self.bytes.clear();
        self.others.clear();
        self.features.clear();
        self.size = HashSize { fields, longest: 0 };
        let places = (fields + 1).next_power_of_two() * 2;
        self.features.resize(places, NO_FIELD);
        for _ in 0..fields {
            let name = self.take(replies)?;
            let value = self.take(replies)?;
            match <[u8; 4]>::try_from(&self.bytes[name.clone()]) {
                Ok(name) => self.put(name, value),
                Err(_) => self.others.push((name, value)),
            }
        }
        Ok(())
    }

    fn take(&mut self, replies: &mut Replies) -> Result<Range<usize>, Value> {
        let start = self.bytes.len();
        replies.string(|text| self.bytes.extend_from_slice(text.unwrap_or_default()))?;
        let end = self.bytes.len();
        self.size.longest = self.size.longest.max(end - start);
        Ok(start..end)
    }

    /// Of the hash that was read last.
    pub(super) fn size(&self) -> HashSize {
        self.size
    }

    fn put(&mut self, name: [u8; 4], value: Range<usize>) {
        // a hash of more than 4 GiB loses what is behind them
        let (Ok(start), Ok(end)) = (u32::try_from(value.start), u32::try_from(value.end)) else {
            return;
        };
        let mut place = self.place(name);
        while self.features[place].is_there() && self.features[place].name != name {
            place = self.after(place);
        }
        self.features[place] = Field { name, start, end };
    }

    fn place(&self, name: [u8; 4]) -> usize {
        u32::from_le_bytes(name) as usize & self.features.len().wrapping_sub(1)
    }

    fn after(&self, place: usize) -> usize {
        (place + 1) & self.features.len().wrapping_sub(1)
    }

    /// The value of a feature's field.
    pub(super) fn feature(&self, name: [u8; 4]) -> Option<&[u8]> {
        let mut place = self.place(name);
        loop {
            let field = self.features.get(place).filter(|field| field.is_there())?;
            if field.name == name {
                return self.bytes.get(field.start as usize..field.end as usize);
            }
            place = self.after(place);
        }
    }

    /// The value of a field with any name.
    pub(super) fn field(&self, name: &[u8]) -> Option<&[u8]> {
        if let Ok(name) = <[u8; 4]>::try_from(name) {
            return self.feature(name);
        }
        let is_named =
            |(other, _): &&(Range<usize>, _)| self.bytes.get(other.clone()) == Some(name);
        let (_, value) = self.others.iter().find(is_named)?;
        self.bytes.get(value.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::redis_store::{channel::Answer, resp};

    fn replies(hashes: &[BTreeMap<Vec<u8>, Vec<u8>>]) -> Replies {
        let mut bytes = Vec::new();
        for hash in hashes {
            resp::begin_command(&mut bytes, hash.len() * 2);
            for (name, value) in hash {
                resp::put_argument(&mut bytes, name);
                resp::put_argument(&mut bytes, value);
            }
        }
        Replies::raw(Answer {
            bytes: bytes.into(),
            has_error: false,
        })
    }

    fn name() -> impl Strategy<Value = Vec<u8>> {
        // few bits, so that names want one place
        let short = (0..4_u8, 0..3_u8).prop_map(|(low, high)| vec![low, 0, 0, high]);
        prop_oneof![short, prop::collection::vec(any::<u8>(), 0..7)]
    }

    fn hash() -> impl Strategy<Value = BTreeMap<Vec<u8>, Vec<u8>>> {
        let value = prop::collection::vec(any::<u8>(), 0..5);
        prop::collection::btree_map(name(), value, 0..20)
    }

    proptest! {
        #[test]
        fn each_field_has_its_value_and_no_other_field_is_there(
            hashes in prop::collection::vec(hash(), 1..4),
            others in prop::collection::vec(name(), 10),
        ) {
            let mut replies = replies(&hashes);
            let mut whole = WholeHash::default();
            for hash in &hashes {
                prop_assert_eq!(replies.list(), Ok(hash.len() * 2));
                whole.read(&mut replies, hash.len()).unwrap();
                let longest = hash.iter().flat_map(|(name, value)| [name.len(), value.len()]).max();
                prop_assert_eq!(whole.size().longest, longest.unwrap_or_default());
                for name in hash.keys().chain(&others) {
                    prop_assert_eq!(whole.field(name), hash.get(name).map(Vec::as_slice));
                }
            }
        }
    }

    #[test]
    fn nothing_was_read_yet() {
        assert_eq!(WholeHash::default().field(b"abcd"), None);
        assert_eq!(WholeHash::default().field(b"_ts:view"), None);
    }
}
