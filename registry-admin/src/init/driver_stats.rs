//! The example's data: hourly statistics of five drivers, up to the present hour.

use feature_model::Timestamp;
use offline_store::ColumnData;

const DRIVERS: std::ops::RangeInclusive<i64> = 1001..=1005;
const DAYS: i64 = 15;
const HOUR: i64 = 3_600;

/// The columns of `data/driver_stats.parquet`: one row for each driver and each hour of the last
/// 15 days, the present hour included.
pub(super) fn columns(now: Timestamp) -> [(&'static str, ColumnData); 6] {
    let last_hour = now.seconds() - now.seconds().rem_euclid(HOUR);
    let first_hour = last_hour - DAYS * 24 * HOUR;
    let hours = (first_hour..=last_hour).step_by(3_600);
    let rows: Vec<(Timestamp, i64)> = hours
        .flat_map(|hour| DRIVERS.map(move |driver| (Timestamp::from_seconds(hour), driver)))
        .collect();
    let (hours, drivers): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let count = drivers.len();
    let mut numbers = Numbers(u64::from_ne_bytes(last_hour.to_ne_bytes()));
    let mut rates = || ColumnData::Float32((0..count).map(|_| numbers.rate()).collect());
    let (conv_rate, acc_rate) = (rates(), rates());
    let trips = (0..count).map(|_| numbers.below(1_000)).collect();
    [
        ("event_timestamp", ColumnData::Timestamp(hours)),
        ("driver_id", ColumnData::Int64(drivers)),
        ("conv_rate", conv_rate),
        ("acc_rate", acc_rate),
        ("avg_daily_trips", ColumnData::Int64(trips)),
        ("created", ColumnData::Timestamp(vec![now; count])),
    ]
}

/// Numbers that look random: splitmix64 (Steele, Lea and Flood, 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> i64 {
        i64::try_from(self.next() % bound).unwrap_or_default()
    }

    /// In [0, 1), with six digits.
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers below a million are exact in a float32"
    )]
    fn rate(&mut self) -> f32 {
        self.below(1_000_000) as f32 / 1_000_000.0
    }
}

#[cfg(test)]
mod tests {
    use feature_model::Timestamp;
    use offline_store::ColumnData;

    const NEW_YEAR: i64 = 1_767_225_600;

    #[test]
    fn there_is_a_row_for_each_driver_and_hour_up_to_now() {
        let columns = super::columns(Timestamp::from_seconds(NEW_YEAR + 1_234));
        let ColumnData::Timestamp(hours) = &columns[0].1 else {
            panic!("event times come first")
        };
        assert_eq!(hours.len(), (15 * 24 + 1) * 5);
        assert_eq!(hours.last(), Some(&Timestamp::from_seconds(NEW_YEAR)));
    }

    #[test]
    fn rates_lie_between_zero_and_one() {
        let columns = super::columns(Timestamp::from_seconds(NEW_YEAR));
        let rates = columns.iter().filter_map(|(_, data)| match data {
            ColumnData::Float32(rates) => Some(rates),
            _ => None,
        });
        assert!(rates.flatten().all(|rate| (0.0..1.0).contains(rate)));
    }
}
