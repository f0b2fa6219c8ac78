//! The figures, as a table and as JSON.

use serde_json::{Value, json};

use crate::civil;

#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// One measured figure.
pub(crate) struct Figure {
    name: String,
    value: f64,
    target: Option<Target>,
}

impl Figure {
    /// A figure that stands behind others.
    pub(crate) fn told(name: String, value: f64) -> Self {
        Self {
            name,
            value,
            target: None,
        }
    }

    pub(crate) fn at_least(name: String, value: f64, target: f64) -> Self {
        Self {
            name,
            value,
            target: Some(Target::AtLeast(target)),
        }
    }

    pub(crate) fn at_most(name: String, value: f64, target: f64) -> Self {
        Self {
            name,
            value,
            target: Some(Target::AtMost(target)),
        }
    }

    /// Whether it meets its target, if it has one. What isn't a number meets none.
    fn passes(&self) -> Option<bool> {
        self.target.map(|target| match target {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value > 0.0 && self.value <= most,
        })
    }

    fn target_text(&self) -> String {
        match self.target {
            Some(Target::AtLeast(least)) => format!(">= {least}"),
            Some(Target::AtMost(most)) => format!("<= {most}"),
            None => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.passes() {
            Some(true) => "pass",
            Some(false) => "FAIL",
            None => "",
        }
    }
}

#[derive(Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    pub(crate) fn push(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    /// How many targets are missed.
    pub(crate) fn failed(&self) -> usize {
        self.0
            .iter()
            .filter(|figure| figure.passes() == Some(false))
            .count()
    }

    /// In Markdown, so that it can stand in `docs/benchmarks.md` as it is.
    pub(crate) fn table(&self) -> String {
        let header = "| figure | measured | target | |\n|---|---:|---:|---|\n".to_owned();
        self.0.iter().fold(header, |table, figure| {
            let (name, value) = (&figure.name, number(figure.value));
            let (target, verdict) = (figure.target_text(), figure.verdict());
            table + &format!("| {name} | {value} | {target} | {verdict} |\n")
        })
    }

    pub(crate) fn json(&self) -> Value {
        let figures = self.0.iter().map(|figure| {
            json!({
                "figure": figure.name,
                "value": figure.value,
                "target": figure.target.map(|_| figure.target_text()),
                "pass": figure.passes(),
            })
        });
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        json!({"date": civil::now(), "cpus": cpus, "figures": figures.collect::<Vec<_>>()})
    }
}

/// `123,456` or `12.34`.
fn number(value: f64) -> String {
    if value < 1000.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{Figure, Report, number};

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(number(0.5), "0.50");
        assert_eq!(number(1234.4), "1,234");
        assert_eq!(number(1_234_567.0), "1,234,567");
    }

    #[test]
    fn a_missed_target_counts_and_memory_that_was_not_measured_is_missed() {
        let mut report = Report::default();
        report.push(Figure::told("a".to_owned(), 1.0));
        report.push(Figure::at_least("b".to_owned(), 8.0, 8.0));
        report.push(Figure::at_most("c".to_owned(), 0.0, 600.0));
        report.push(Figure::at_least("d".to_owned(), f64::NAN, 8.0));
        assert_eq!(report.failed(), 2);
        assert!(report.table().contains("| b | 8.00 | >= 8 | pass |"));
    }
}
