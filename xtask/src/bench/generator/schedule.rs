//! When requests are due.

/// In seconds since the load began.
pub(super) struct Schedule {
    rate: Option<f64>,
    seconds: f64,
    /// Requests that were sent.
    sent: u32,
}

impl Schedule {
    /// So many a second; without a rate always one more.
    pub(super) fn new(rate: Option<f64>, seconds: f64) -> Self {
        Self {
            rate,
            seconds,
            sent: 0,
        }
    }

    /// When the next request was due, where that has come and the time isn't over.
    pub(super) fn due(&self, now: f64) -> Option<f64> {
        let at = match self.rate {
            Some(rate) => f64::from(self.sent) / rate,
            None => now,
        };
        (at <= now && !self.is_over(now)).then_some(at)
    }

    /// The request that was due is sent. Its number.
    pub(super) fn send(&mut self) -> usize {
        let number = self.sent;
        self.sent += 1;
        usize::try_from(number).unwrap_or(usize::MAX)
    }

    /// How many were due and were never sent.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count
    pub(super) fn left(&self) -> u64 {
        let due = self.rate.map(|rate| (rate * self.seconds).ceil() as u64);
        due.map_or(0, |due| due.saturating_sub(u64::from(self.sent)))
    }

    pub(super) fn sent(&self) -> u64 {
        u64::from(self.sent)
    }

    pub(super) fn is_over(&self, now: f64) -> bool {
        now >= self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn who_is_late_doesn_t_shift_what_follows() {
        let mut schedule = Schedule::new(Some(4.0), 1.0);
        assert_eq!(schedule.due(0.0), Some(0.0));
        assert_eq!(schedule.send(), 0);
        assert_eq!(schedule.due(0.2), None);
        assert_eq!(schedule.due(0.6), Some(0.25));
        assert_eq!(schedule.send(), 1);
        assert_eq!(schedule.due(0.6), Some(0.5));
        assert_eq!(schedule.send(), 2);
        assert_eq!(schedule.due(0.6), None);
        assert_eq!((schedule.sent(), schedule.left()), (3, 1));
        assert_eq!(schedule.due(0.9), Some(0.75));
        assert_eq!(schedule.due(1.0), None);
        assert!(schedule.is_over(1.0) && !schedule.is_over(0.9));
    }

    #[test]
    fn without_a_rate_one_is_always_due_until_the_time_is_over() {
        let mut schedule = Schedule::new(None, 1.0);
        for now in [0.0, 0.3, 0.3, 0.99] {
            assert_eq!(schedule.due(now), Some(now));
            schedule.send();
        }
        assert_eq!((schedule.due(1.0), schedule.left()), (None, 0));
    }
}
