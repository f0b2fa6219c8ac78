//! Log lines about what may be the matter with every reply: one for each view now and then, so that they don't fill the
//! disk.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Between two lines about a view.
const EVERY: Duration = Duration::from_secs(10);

/// When each view was told of, and what has come up since.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<BTreeMap<String, View>>);

#[derive(Debug)]
struct View {
    told: Instant,
    since: Since,
}

/// What has come up since the last line, with what has come up now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// In so many replies.
    pub replies: u64,
    /// So many values of them.
    pub values: u64,
}

impl Seldom {
    /// It has come up in a reply, for so many values of the view. What a line is to tell, where one is due.
    #[must_use]
    pub fn met(&self, view: &str, values: usize, now: Instant) -> Option<Since> {
        let mut views = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = views.get_mut(view) else {
            // those that have gone from the registry, say
            views.retain(|_, view| !view.is_due(now));
            let (told, since) = (now, Since::default());
            views.insert(view.to_owned(), View { told, since });
            return Some(Since::default().and(values));
        };
        known.since = known.since.and(values);
        if !known.is_due(now) {
            return None;
        }
        known.told = now;
        Some(std::mem::take(&mut known.since))
    }
}

impl View {
    fn is_due(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.told) >= EVERY
    }
}

impl Since {
    fn and(self, values: usize) -> Self {
        let values = u64::try_from(values).unwrap_or(u64::MAX);
        Self {
            replies: self.replies.saturating_add(1),
            values: self.values.saturating_add(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(replies: u64, values: u64) -> Option<Since> {
        Some(Since { replies, values })
    }

    #[test]
    fn a_line_tells_what_has_come_up_since_the_one_before() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.met("a", 3, start), since(1, 3));
        assert_eq!(seldom.met("a", 3, start), None);
        assert_eq!(seldom.met("a", 4, start + EVERY / 2), None);
        assert_eq!(seldom.met("a", 1, start + EVERY), since(3, 8));
        assert_eq!(seldom.met("a", 1, start + EVERY), None);
    }

    #[test]
    fn each_view_is_told_of() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.met("a", 1, start), since(1, 1));
        assert_eq!(seldom.met("b", 2, start), since(1, 2));
        assert_eq!(seldom.met("a", 1, start), None);
    }

    #[test]
    fn views_of_which_nothing_comes_up_are_forgotten() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        for index in 0_u32..1_000 {
            let now = start + index * EVERY;
            assert_eq!(seldom.met(&index.to_string(), 1, now), since(1, 1));
        }
        assert_eq!(seldom.0.lock().unwrap().len(), 1);
    }
}
