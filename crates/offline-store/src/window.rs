use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, IsNullExpr, Literal};
use feature_model::Timestamp;

/// The event times that are wanted; both ends belong to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

impl Window {
    pub(crate) fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at <= self.end
    }

    /// The filter for a scan: rows in the window, and rows without an event time, which are to be told
    /// of. `None` for text, whose order is not that of the times it spells.
    pub(crate) fn filter(self, schema: &Schema, column: &str) -> Option<Arc<dyn PhysicalExpr>> {
        let (index, field) = schema.column_with_name(column)?;
        let (first, last) = self.bounds(field.data_type())?;
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(column, index));
        let bound = |op, value| -> Arc<dyn PhysicalExpr> {
            let literal = Arc::new(Literal::new(value));
            Arc::new(BinaryExpr::new(Arc::clone(&column), op, literal))
        };
        let inside = Arc::new(BinaryExpr::new(
            bound(Operator::GtEq, first),
            Operator::And,
            bound(Operator::LtEq, last),
        ));
        let absent = Arc::new(IsNullExpr::new(Arc::clone(&column)));
        Some(Arc::new(BinaryExpr::new(inside, Operator::Or, absent)))
    }

    /// The first and the last value of a column that lie in the window.
    fn bounds(self, column: &DataType) -> Option<(ScalarValue, ScalarValue)> {
        let (scalar, nanos): (Box<dyn Fn(i64) -> ScalarValue>, i128) = match column {
            DataType::Timestamp(unit, zone) => {
                let (unit, zone) = (*unit, zone.clone());
                (
                    Box::new(move |ticks| timestamp(unit, ticks, zone.clone())),
                    nanos_per_tick(unit),
                )
            }
            DataType::Date32 => (
                Box::new(|days| ScalarValue::Date32(Some(clamped(days)))),
                NANOS_PER_DAY,
            ),
            DataType::Date64 => (
                Box::new(|millis| ScalarValue::Date64(Some(millis))),
                1_000_000,
            ),
            _ => return None,
        };
        // A day of Date64 may be kept with a time of day: its midnight counts, so begin a day early.
        let start = match column {
            DataType::Date64 => self.start.as_nanos(),
            _ => self.start.as_nanos() + nanos - 1,
        };
        let end = match column {
            DataType::Date64 => self.end.as_nanos() + NANOS_PER_DAY,
            _ => self.end.as_nanos(),
        };
        Some((
            scalar(in_i64(start.div_euclid(nanos))),
            scalar(in_i64(end.div_euclid(nanos))),
        ))
    }
}

fn timestamp(unit: TimeUnit, ticks: i64, zone: Option<Arc<str>>) -> ScalarValue {
    match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(Some(ticks), zone),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(ticks), zone),
        TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(ticks), zone),
        TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(ticks), zone),
    }
}

fn nanos_per_tick(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

fn in_i64(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

fn clamped(days: i64) -> i32 {
    i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use datafusion::common::ScalarValue;
    use feature_model::Timestamp;

    use super::Window;

    fn window(start: (i64, u32), end: (i64, u32)) -> Window {
        Window {
            start: Timestamp::new(start.0, start.1),
            end: Timestamp::new(end.0, end.1),
        }
    }

    #[test]
    fn bounds_round_inwards_to_the_ticks_of_the_column() {
        let column = DataType::Timestamp(TimeUnit::Second, None);
        let half = 500_000_000;
        let (first, last) = window((10, half), (20, half)).bounds(&column).unwrap();
        assert_eq!(first, ScalarValue::TimestampSecond(Some(11), None));
        assert_eq!(last, ScalarValue::TimestampSecond(Some(20), None));
        let (first, last) = window((-10, half), (-5, half)).bounds(&column).unwrap();
        assert_eq!(first, ScalarValue::TimestampSecond(Some(-9), None));
        assert_eq!(last, ScalarValue::TimestampSecond(Some(-5), None));
    }

    #[test]
    fn a_date_counts_by_its_midnight() {
        let (first, last) = window((1, 0), (86_400, 0))
            .bounds(&DataType::Date32)
            .unwrap();
        assert_eq!(first, ScalarValue::Date32(Some(1)));
        assert_eq!(last, ScalarValue::Date32(Some(1)));
    }

    #[test]
    fn ends_beyond_the_reach_of_a_column_are_its_own_ends() {
        let column = DataType::Timestamp(TimeUnit::Nanosecond, None);
        let (first, last) = window((i64::MIN, 0), (i64::MAX, 0))
            .bounds(&column)
            .unwrap();
        assert_eq!(
            first,
            ScalarValue::TimestampNanosecond(Some(i64::MIN), None)
        );
        assert_eq!(last, ScalarValue::TimestampNanosecond(Some(i64::MAX), None));
    }

    #[test]
    fn text_is_not_filtered_by_the_scan() {
        let schema = Schema::new(vec![Field::new("at", DataType::Utf8, true)]);
        assert!(window((0, 0), (1, 0)).filter(&schema, "at").is_none());
    }
}
