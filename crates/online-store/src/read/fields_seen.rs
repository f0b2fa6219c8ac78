use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// One of so many reads looks again how many fields there are, though it doesn't want most of them.
const READS_PER_LOOK: u32 = 1024;

/// An average moves by this part of a difference.
const WEIGHT: u32 = 8;

/// What replies have told of the Redis hashes in which the rows of a view are, those of all views with the same join keys:
/// how many fields they have, and how Redis keeps them.
///
/// A small hash is a list that Redis goes through for each field that it is asked for by name (0.3 us where 55 of 275
/// fields are wanted that stand at its beginning, 0.7 us where they stand anywhere), and tells as a whole with 0.07 us for
/// each field. A large one is a table: 0.28 us for each field by name, and 0.21 us for each of the whole. The gateway has
/// more to read in either case. So half of the fields pay for the whole of a list, and nothing less than all for that of a
/// table.
#[derive(Debug, Default)]
pub(crate) struct FieldsSeen {
    /// Times [`WEIGHT`]; 0 where no hash was seen yet.
    average: AtomicU32,
    is_table: AtomicBool,
    reads: AtomicU32,
}

/// How large a hash is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HashSize {
    pub(crate) fields: usize,
    /// The most bytes of a name or a value.
    pub(crate) longest: usize,
}

impl HashSize {
    /// Redis's defaults of `hash-max-listpack-entries` and `hash-max-listpack-value`.
    const MOST_FIELDS_OF_LIST: usize = 512;
    const LONGEST_OF_LIST: usize = 64;

    fn is_table(self) -> bool {
        self.fields > Self::MOST_FIELDS_OF_LIST || self.longest > Self::LONGEST_OF_LIST
    }
}

impl FieldsSeen {
    /// Whether this read is one to take a whole hash, for the number of its fields.
    pub(crate) fn is_look_due(&self) -> bool {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        self.average() == 0 || reads % READS_PER_LOOK == READS_PER_LOOK - 1
    }

    /// How many fields must be wanted of a hash for it to be read as a whole. Nothing where no hash was seen yet.
    pub(crate) fn whole_from(&self) -> Option<usize> {
        let average = self.average() as usize;
        let from = match self.is_table.load(Ordering::Relaxed) {
            true => average,
            false => average.div_ceil(2),
        };
        (average > 0).then_some(from)
    }

    fn average(&self) -> u32 {
        self.average.load(Ordering::Relaxed) / WEIGHT
    }

    /// A hash was so large; one that isn't there tells nothing.
    pub(crate) fn learn(&self, size: HashSize) {
        let fields = u32::try_from(size.fields)
            .unwrap_or(u32::MAX)
            .min(u32::MAX / WEIGHT);
        if fields == 0 {
            return;
        }
        self.is_table.store(size.is_table(), Ordering::Relaxed);
        // what another read learns meanwhile may get lost
        let before = self.average.load(Ordering::Relaxed);
        let after = match before {
            0 => fields * WEIGHT,
            _ => before - before / WEIGHT + fields,
        };
        self.average.store(after, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldsSeen, HashSize, READS_PER_LOOK};

    /// A hash of short values.
    fn list(fields: usize) -> HashSize {
        HashSize {
            fields,
            longest: 64,
        }
    }

    #[test]
    fn half_of_a_list_pays_for_all_of_it_and_nothing_less_than_all_of_a_table() {
        let seen = FieldsSeen::default();
        assert_eq!(seen.whole_from(), None);
        let table = HashSize {
            longest: 65,
            ..list(101)
        };
        for (size, from) in [(list(101), 51), (table, 101), (list(101), 51)] {
            seen.learn(size);
            assert_eq!(seen.whole_from(), Some(from));
        }
        (0..1000).for_each(|_| seen.learn(list(513)));
        assert_eq!(seen.whole_from(), Some(513));
    }

    #[test]
    fn the_first_hash_tells_and_later_ones_move_the_average() {
        let seen = FieldsSeen::default();
        assert_eq!(seen.average(), 0);
        seen.learn(list(100));
        assert_eq!(seen.average(), 100);
        (0..100).for_each(|_| seen.learn(list(10)));
        assert!((10..=18).contains(&seen.average()), "{}", seen.average());
        (0..100).for_each(|_| seen.learn(list(usize::MAX)));
        assert!(seen.average() > 1_000_000);
    }

    #[test]
    fn a_look_is_due_until_something_is_known_and_then_now_and_then() {
        let seen = FieldsSeen::default();
        seen.learn(list(0));
        assert!(seen.is_look_due() && seen.is_look_due());
        seen.learn(list(5));
        let looks = (0..10 * READS_PER_LOOK).filter(|_| seen.is_look_due());
        assert_eq!(looks.count(), 10);
    }
}
