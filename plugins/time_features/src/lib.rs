//! What a model can make of a time: how long ago something was, and where in the day and the week a moment is.
//!
//! A plugin has no clock: the moment comes with the request.

use std::f64::consts::TAU;

use plugin_sdk::{Outputs, Timestamp, TransformError, transform};

const SECONDS_OF_DAY: i64 = 86_400;
/// 1970-01-01 was a Thursday; weeks begin on Monday.
const FIRST_WEEKDAY: i64 = 3;
/// The zones of the Earth are within a day of UTC.
const LARGEST_OFFSET_MINUTES: i64 = 1_440;

/// How many seconds before the request an event was; negative where it was after it.
#[transform]
pub fn age_seconds(
    /// When the event was.
    event_time: Timestamp,
    /// When the request is, from the request itself.
    request_time: Timestamp,
) -> Option<i64> {
    request_time.0.checked_sub(event_time.0)
}

/// Where on the circles of day and week a moment is.
#[derive(Clone, Copy, Debug, PartialEq, Outputs)]
pub struct Cyclic {
    /// Sine of the time of day: 0 at midnight, 1 at 6 o'clock.
    pub hour_sin: f64,
    /// Cosine of the time of day: 1 at midnight, -1 at noon.
    pub hour_cos: f64,
    /// Sine of the day of the week, which is 0 on Monday and 6 on Sunday.
    pub weekday_sin: f64,
    /// Cosine of the day of the week.
    pub weekday_cos: f64,
}

/// Hour and weekday of a moment as points on circles, so that 23:59 is near 0:00 and Sunday near Monday.
#[transform]
pub fn cyclic_time(
    /// The moment, from the request.
    at: Timestamp,
    /// How many minutes local time is ahead of UTC: 60 in Berlin in winter, -300 in New York.
    utc_offset_minutes: i64,
) -> Result<Cyclic, TransformError> {
    let offsets = -LARGEST_OFFSET_MINUTES..=LARGEST_OFFSET_MINUTES;
    if !offsets.contains(&utc_offset_minutes) {
        let message =
            format!("`{utc_offset_minutes}` is no UTC offset in minutes: it is from -1440 to 1440");
        return Err(TransformError::invalid_input(message).column("utc_offset_minutes"));
    }
    let local = at.0.saturating_add(utc_offset_minutes * 60);
    let seconds = local.rem_euclid(SECONDS_OF_DAY);
    let weekday = (local.div_euclid(SECONDS_OF_DAY) + FIRST_WEEKDAY).rem_euclid(7);
    let (hour_sin, hour_cos) = (TAU * seconds as f64 / SECONDS_OF_DAY as f64).sin_cos();
    let (weekday_sin, weekday_cos) = (TAU * weekday as f64 / 7.0).sin_cos();
    Ok(Cyclic {
        hour_sin,
        hour_cos,
        weekday_sin,
        weekday_cos,
    })
}

plugin_sdk::export!(age_seconds, cyclic_time);

#[cfg(test)]
mod tests {
    use plugin_sdk::Timestamp;

    use super::{Cyclic, age_seconds, cyclic_time};

    /// 2026-03-01T12:00:00Z, a Sunday.
    const SUNDAY_NOON: i64 = 1_772_366_400;

    #[track_caller]
    fn close(left: Cyclic, right: [f64; 4]) {
        let Cyclic {
            hour_sin,
            hour_cos,
            weekday_sin,
            weekday_cos,
        } = left;
        let left = [hour_sin, hour_cos, weekday_sin, weekday_cos];
        let near = left
            .iter()
            .zip(right)
            .all(|(left, right)| (left - right).abs() < 1e-9);
        assert!(near, "{left:?} {right:?}");
    }

    #[test]
    fn an_event_in_the_future_has_a_negative_age() {
        assert_eq!(age_seconds(Timestamp(100), Timestamp(160)), Some(60));
        assert_eq!(age_seconds(Timestamp(160), Timestamp(100)), Some(-60));
        assert_eq!(age_seconds(Timestamp(i64::MIN), Timestamp(1)), None);
    }

    #[test]
    fn noon_on_sunday_is_opposite_of_midnight_and_before_monday() {
        let (sin, cos) = (std::f64::consts::TAU * 6.0 / 7.0).sin_cos();
        close(
            cyclic_time(Timestamp(SUNDAY_NOON), 0).unwrap(),
            [0.0, -1.0, sin, cos],
        );
    }

    #[test]
    fn the_offset_moves_hour_and_weekday() {
        let local = cyclic_time(Timestamp(SUNDAY_NOON), 720).unwrap();
        close(local, [0.0, 1.0, 0.0, 1.0]);
        let earlier = cyclic_time(Timestamp(SUNDAY_NOON), -360).unwrap();
        let (sin, cos) = (std::f64::consts::TAU * 6.0 / 7.0).sin_cos();
        close(earlier, [1.0, 0.0, sin, cos]);
    }

    #[test]
    fn times_before_1970_have_hours_and_weekdays_too() {
        // 1969-12-29 was a Monday.
        close(
            cyclic_time(Timestamp(-3 * 86_400), 0).unwrap(),
            [0.0, 1.0, 0.0, 1.0],
        );
        for edge in [i64::MIN, i64::MAX] {
            assert!(cyclic_time(Timestamp(edge), 0).is_ok());
        }
    }

    #[test]
    fn what_is_no_offset_is_told() {
        let error = cyclic_time(Timestamp(0), 7_200).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`7200` is no UTC offset in minutes: it is from -1440 to 1440 (column `utc_offset_minutes`)"
        );
        assert!(cyclic_time(Timestamp(0), i64::MIN).is_err());
    }
}
