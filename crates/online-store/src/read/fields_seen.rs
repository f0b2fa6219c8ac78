use std::sync::atomic::{AtomicU32, Ordering};

/// One of so many reads looks again how many fields there are, though it doesn't want most of them.
const READS_PER_LOOK: u32 = 1024;

/// An average moves by this part of a difference.
const WEIGHT: u32 = 8;

/// What replies have told of how many fields the Redis hashes have in which the rows of a view are: those of all views
/// with the same join keys.
#[derive(Debug, Default)]
pub(crate) struct FieldsSeen {
    /// Times [`WEIGHT`]; 0 where no hash was seen yet.
    average: AtomicU32,
    reads: AtomicU32,
}

impl FieldsSeen {
    /// Whether this read is one to take a whole hash, for the number of its fields.
    pub(crate) fn is_look_due(&self) -> bool {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        self.average() == 0 || reads % READS_PER_LOOK == READS_PER_LOOK - 1
    }

    /// How many fields a hash has; 0 where nobody knows yet.
    pub(crate) fn average(&self) -> u32 {
        self.average.load(Ordering::Relaxed) / WEIGHT
    }

    /// A hash had so many fields; one that isn't there tells nothing.
    pub(crate) fn learn(&self, fields: usize) {
        let fields = u32::try_from(fields)
            .unwrap_or(u32::MAX)
            .min(u32::MAX / WEIGHT);
        if fields == 0 {
            return;
        }
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
    use super::{FieldsSeen, READS_PER_LOOK};

    #[test]
    fn the_first_hash_tells_and_later_ones_move_the_average() {
        let seen = FieldsSeen::default();
        assert_eq!(seen.average(), 0);
        seen.learn(100);
        assert_eq!(seen.average(), 100);
        (0..100).for_each(|_| seen.learn(10));
        assert!((10..=18).contains(&seen.average()), "{}", seen.average());
        (0..100).for_each(|_| seen.learn(usize::MAX));
        assert!(seen.average() > 1_000_000);
    }

    #[test]
    fn a_look_is_due_until_something_is_known_and_then_now_and_then() {
        let seen = FieldsSeen::default();
        seen.learn(0);
        assert!(seen.is_look_due() && seen.is_look_due());
        seen.learn(5);
        let looks = (0..10 * READS_PER_LOOK).filter(|_| seen.is_look_due());
        assert_eq!(looks.count(), 10);
    }
}
