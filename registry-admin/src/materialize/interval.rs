use anyhow::bail;
use feature_model::{FeatureView, MaterializationInterval, Timestamp};

const WEEK_SECONDS: i64 = 7 * 86_400;

/// Which event times to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// These; both ends belong to it.
    Between {
        /// First event time.
        start: Timestamp,
        /// Last event time.
        end: Timestamp,
    },
    /// Whatever has come since each view was last loaded.
    UpTo {
        /// Last event time.
        end: Timestamp,
    },
}

/// The interval of a view. Since the last time means: from where it ended; without a last time from `now`
/// less the ttl, and without a ttl from 52 weeks ago, as in Feast.
///
/// # Errors
/// Where it would end before it begins.
pub(super) fn of(
    view: &FeatureView,
    span: Span,
    now: Timestamp,
) -> anyhow::Result<MaterializationInterval> {
    let name = &view.name;
    let (start, end) = match span {
        Span::Between { start, end } if end < start => {
            bail!("the end {end} is before the start {start}; give the earlier time first");
        }
        Span::Between { start, end } => (start, end),
        Span::UpTo { end } => {
            let loaded = view.most_recent_end_time();
            let start = loaded.unwrap_or_else(|| first_start(view, now));
            match loaded {
                _ if end >= start => {}
                Some(_) => bail!(
                    "feature view `{name}` is loaded up to {start} already, which is after {end}"
                ),
                None => bail!(
                    "feature view `{name}` was never loaded and would be from {start} on, which is after {end}; \
                     use `materialize START END` for older times"
                ),
            }
            (start, end)
        }
    };
    Ok(MaterializationInterval {
        start_time: start,
        end_time: end,
    })
}

fn first_start(view: &FeatureView, now: Timestamp) -> Timestamp {
    match view.ttl {
        Some(ttl) => Timestamp::from_nanos(now.as_nanos() - ttl.as_nanos()),
        None => now.minus_seconds(52 * WEEK_SECONDS),
    }
}
