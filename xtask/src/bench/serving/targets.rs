//! What is wanted of what was measured.

use super::{contender::Contender, player::Measured, turn::Turn};
use crate::bench::{
    median::median,
    report::{Doubt, Figure},
};

/// The least share of a core that its server uses where it is the limit, and not Redis or the generator.
pub(super) const BUSY: f64 = 0.9;
/// The floor is as fast as plain axum, but for what turns differ by.
const FLOOR_OF_PLAIN: f64 = 0.95;
/// Processor time of the gateway for a request of W2, cache off.
const W2_MICROS: f64 = 650.0;
/// Processor seconds of the gateway for a million values of W2, cache warm.
const SECONDS_PER_MILLION: f64 = 0.1;
const SECONDS_PER_MILLION_ARROW: f64 = 0.03;

/// Requests a second of one contender over those of another.
struct Wanted {
    one: Contender,
    other: Contender,
    least: f64,
}

impl Wanted {
    const fn new(one: Contender, other: Contender, least: f64) -> Self {
        Self { one, other, least }
    }
}

const OF_W1: [Wanted; 4] = [
    Wanted::new(Contender::Floor, Contender::PlainAxum, FLOOR_OF_PLAIN),
    Wanted::new(Contender::WarmGateway, Contender::Floor, 0.5),
    Wanted::new(Contender::WarmGateway, Contender::Feast, 150.0),
    Wanted::new(Contender::Gateway, Contender::Feast, 60.0),
];

const OF_W2: [Wanted; 4] = [
    Wanted::new(Contender::Floor, Contender::PlainAxum, FLOOR_OF_PLAIN),
    Wanted::new(Contender::WarmGateway, Contender::Floor, 0.25),
    Wanted::new(Contender::WarmGateway, Contender::Feast, 150.0),
    Wanted::new(Contender::Gateway, Contender::Feast, 30.0),
];

/// What is wanted of W1.
pub(super) fn of_w1(all: &[Measured]) -> Vec<Figure> {
    OF_W1
        .iter()
        .map(|wanted| ratio("W1", all, wanted))
        .collect()
}

/// What is wanted of W2.
pub(super) fn of_w2(all: &[Measured]) -> Vec<Figure> {
    let ratios = OF_W2.iter().map(|wanted| ratio("W2", all, wanted));
    let mut figures: Vec<Figure> = ratios.collect();
    let cold = find(all, Contender::Gateway);
    let of_cold = |part: fn(&Turn) -> f64| median_of(cold, part);
    let name = "W2: gateway, cache off, CPU us a request".to_owned();
    let micros = of_cold(|turn| turn.server_cpu) * 1e6;
    figures.push(Figure::at_most(name, micros, W2_MICROS).doubted(unmeasured(cold)));
    let name = "W2: gateway, cache off, with Redis, CPU us a request".to_owned();
    let micros = of_cold(|turn| turn.server_cpu + turn.redis_cpu) * 1e6;
    figures.push(Figure::told(name, micros).doubted(unmeasured(cold)));
    let warm = find(all, Contender::WarmGateway);
    let name = "W2: gateway, cache warm, CPU s per million values in JSON".to_owned();
    let values = warm.map_or(f64::NAN, |warm| warm.workload.values());
    let seconds = median_of(warm, |turn| turn.server_cpu) / values * 1e6;
    figures.push(Figure::at_most(name, seconds, SECONDS_PER_MILLION).doubted(unmeasured(warm)));
    let name = "W2: gateway, cache warm, CPU s per million values in Arrow".to_owned();
    let arrow = find(all, Contender::ArrowGateway);
    let seconds = median_of(arrow, |turn| turn.server_cpu) / values * 1e6;
    let figure = Figure::at_most(name, seconds, SECONDS_PER_MILLION_ARROW);
    figures.push(figure.doubted(unmeasured(arrow)));
    figures
}

fn find(all: &[Measured], contender: Contender) -> Option<&Measured> {
    all.iter().find(|measured| measured.contender == contender)
}

fn median_of(measured: Option<&Measured>, part: impl Fn(&Turn) -> f64) -> f64 {
    measured.map_or(f64::NAN, |measured| measured.closed(part))
}

fn unmeasured(measured: Option<&Measured>) -> Option<Doubt> {
    measured.is_none().then_some(Doubt::NotMeasured)
}

fn ratio(workload: &str, all: &[Measured], wanted: &Wanted) -> Figure {
    let Wanted { one, other, least } = wanted;
    let name = format!("{workload}: {} / {}", one.name(), other.name());
    let (Some(one), Some(other)) = (find(all, *one), find(all, *other)) else {
        return Figure::at_least(name, f64::NAN, *least).doubted(Some(Doubt::NotMeasured));
    };
    let turns = one.closed.iter().zip(&other.closed);
    // what drifts meanwhile drifts for both
    let ratio = median(turns.map(|(one, other)| one.per_second / other.per_second));
    let is_limit = |measured: &Measured| measured.closed(|turn| turn.busy) >= BUSY;
    let doubt = (!is_limit(one) || !is_limit(other)).then_some(Doubt::ClientBound);
    Figure::at_least(name, ratio, *least).doubted(doubt)
}

/// The share of the requests that were due which was answered. What is under way when the time is over is broken off by
/// the generator: 1 % of them may be.
pub(super) fn answered_share(answered: f64, failed: f64, due: f64) -> f64 {
    let of_sent = answered / (answered + failed);
    let of_due = answered / (0.99 * due);
    of_sent.min(of_due).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::{OF_W1, answered_share, find, of_w1, of_w2, ratio};
    use crate::bench::{
        report::Report,
        serving::{
            contender::Contender,
            player::Measured,
            turn::Turn,
            workload::{W1, W2, Workload},
        },
    };

    fn turn(per_second: f64, busy: f64) -> Turn {
        Turn {
            per_second,
            p50_millis: 1.0,
            p99_millis: 2.0,
            p999_millis: 3.0,
            busy,
            server_cpu: busy / per_second,
            redis_cpu: 0.0001,
            bytes: 1000.0,
            answered: per_second,
            failed: 0.0,
        }
    }

    fn measured(workload: Workload, contender: Contender, rates: &[f64], busy: f64) -> Measured {
        Measured {
            workload,
            contender,
            closed: rates.iter().map(|rate| turn(*rate, busy)).collect(),
            open: Vec::new(),
            peak_megabytes: 10.0,
        }
    }

    fn verdicts(figures: Vec<crate::bench::report::Figure>) -> String {
        let mut report = Report::default();
        figures.into_iter().for_each(|figure| report.push(figure));
        report.table()
    }

    #[test]
    fn a_ratio_is_the_median_of_those_of_each_round() {
        let all = [
            measured(W1, Contender::Gateway, &[600.0, 1400.0, 660.0], 0.95),
            measured(W1, Contender::Feast, &[10.0, 20.0, 11.0], 0.95),
        ];
        let table = verdicts(vec![ratio("W1", &all, &OF_W1[3])]);
        assert!(table.contains("| 60.00 | >= 60 | pass |"), "{table}");
    }

    #[test]
    fn where_one_of_the_two_is_not_busy_the_ratio_fails_however_large() {
        let all = [
            measured(W1, Contender::Gateway, &[9000.0], 0.89),
            measured(W1, Contender::Feast, &[10.0], 0.95),
        ];
        let table = verdicts(of_w1(&all));
        assert!(
            table.contains("| 900.00 | >= 60 | FAIL: client-bound |"),
            "{table}"
        );
    }

    #[test]
    fn without_a_cache_its_targets_are_not_measured_and_fail() {
        let all = [measured(W2, Contender::Gateway, &[1000.0], 0.6)];
        let table = verdicts(of_w2(&all));
        assert!(
            table.contains("cache warm / floor |  | >= 0.25 | FAIL: not measured |"),
            "{table}"
        );
        assert!(
            table.contains("cache off, CPU us a request | 600.00 | <= 650 | pass |"),
            "{table}"
        );
        assert!(
            table.contains("with Redis, CPU us a request | 700.00 |"),
            "{table}"
        );
        assert!(find(&all, Contender::Feast).is_none());
    }

    #[test]
    fn unanswered_requests_count_whether_they_failed_or_were_never_sent() {
        assert_eq!(
            answered_share(1000.0, 0.0, 1000.0).to_bits(),
            1.0_f64.to_bits()
        );
        assert_eq!(
            answered_share(995.0, 0.0, 1000.0).to_bits(),
            1.0_f64.to_bits()
        );
        assert!(answered_share(900.0, 0.0, 1000.0) < 0.95);
        assert!(answered_share(999.0, 1.0, 1000.0) < 1.0);
        assert!(
            answered_share(0.0, 0.0, 1000.0).is_nan() || answered_share(0.0, 0.0, 1000.0) < 0.1
        );
    }
}
