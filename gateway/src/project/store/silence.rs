//! Whether a store was away by its pings, and is back.

use std::sync::atomic::{AtomicU8, Ordering};

/// Answers after a silence that end it: a store that answers now and then is not back.
const ANSWERS: u8 = 2;

/// How many answers are missing until a silence is over.
#[derive(Debug, Default)]
pub(super) struct Silence(AtomicU8);

impl Silence {
    /// A ping was not answered.
    pub(super) fn begins(&self) {
        self.0.store(ANSWERS, Ordering::Release);
    }

    /// A ping was answered, promptly or as late as a call that counts as failed. Whether that has ended a silence.
    pub(super) fn answered(&self, is_prompt: bool) -> bool {
        let next = |missing: u8| match is_prompt {
            true => missing.checked_sub(1),
            // what waited that long found the store away
            false => Some(ANSWERS - 1),
        };
        let before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        before == Ok(1) && is_prompt
    }

    /// Whether there is none, or it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_prompt_answer_on_end_ends_a_silence_and_it_ends_once() {
        let silence = Silence::default();
        assert!(silence.is_over() && !silence.answered(true));
        silence.begins();
        assert!(!silence.answered(true));
        silence.begins();
        assert!(!silence.answered(true) && !silence.is_over());
        assert!(silence.answered(true) && silence.is_over());
        assert!(!silence.answered(true));
    }

    #[test]
    fn a_late_answer_is_the_first_after_a_silence() {
        let silence = Silence::default();
        assert!(!silence.answered(false) && !silence.is_over());
        assert!(!silence.answered(false) && !silence.is_over());
        assert!(silence.answered(true) && silence.is_over());
    }
}
