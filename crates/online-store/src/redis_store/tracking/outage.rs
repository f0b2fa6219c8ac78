use std::time::{Duration, Instant};

/// One is not taken to be over earlier, so that a connection which is lost again and again doesn't fill the log.
const LEAST: Duration = Duration::from_secs(3);

/// A time without news, as the log tells it: once when it begins, once when its reason changes, and once when it is over.
#[derive(Debug, Default)]
pub(super) struct Outage(Option<Told>);

#[derive(Debug)]
struct Told {
    reason: String,
    since: Instant,
}

impl Outage {
    /// There is no news for this reason. Whether that is to be told.
    pub(super) fn began(&mut self, reason: String, now: Instant) -> bool {
        let before = self.0.take();
        let is_known = before.as_ref().is_some_and(|told| told.reason == reason);
        let since = before.map_or(now, |told| told.since);
        self.0 = Some(Told { reason, since });
        !is_known
    }

    /// There is news up to `at`. Whether that is to be told.
    pub(super) fn is_over(&mut self, at: Instant) -> bool {
        let lasted = |told: &mut Told| at.saturating_duration_since(told.since) >= LEAST;
        self.0.take_if(lasted).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_when_it_begins_and_when_it_is_over() {
        let (mut outage, start) = (Outage::default(), Instant::now());
        assert!(!outage.is_over(start));
        assert!(outage.began("refused".into(), start));
        assert!(!outage.began("refused".into(), start + LEAST));
        assert!(outage.began("late".into(), start + LEAST));
        assert!(outage.is_over(start + 2 * LEAST));
        assert!(!outage.is_over(start + 3 * LEAST));
        assert!(outage.began("late".into(), start + 4 * LEAST));
    }

    #[test]
    fn a_connection_that_is_lost_again_and_again_is_told_now_and_then() {
        let (mut outage, start) = (Outage::default(), Instant::now());
        let each = LEAST / 10;
        let lines = (0_u32..100).map(|times| {
            let now = start + each * times;
            let began = outage.began("closed".into(), now);
            usize::from(began) + usize::from(outage.is_over(now))
        });
        assert_eq!(lines.sum::<usize>(), 19);
    }
}
