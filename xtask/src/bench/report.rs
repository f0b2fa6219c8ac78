//! The figures, as a table and as JSON.

use anyhow::Result;
use serde_json::{Value, json};

use crate::civil;

#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// Why a figure can't meet its target, whatever it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// What it is about isn't there.
    NotMeasured,
    /// Something else than the server that it is about was the limit.
    ClientBound,
}

impl Doubt {
    fn text(self) -> &'static str {
        match self {
            Self::NotMeasured => "not measured",
            Self::ClientBound => "client-bound",
        }
    }
}

/// One measured figure.
pub(crate) struct Figure {
    name: String,
    value: f64,
    target: Option<Target>,
    doubt: Option<Doubt>,
}

impl Figure {
    /// A figure that stands behind others.
    pub(crate) fn told(name: String, value: f64) -> Self {
        Self::new(name, value, None)
    }

    pub(crate) fn at_least(name: String, value: f64, target: f64) -> Self {
        Self::new(name, value, Some(Target::AtLeast(target)))
    }

    pub(crate) fn at_most(name: String, value: f64, target: f64) -> Self {
        Self::new(name, value, Some(Target::AtMost(target)))
    }

    fn new(name: String, value: f64, target: Option<Target>) -> Self {
        Self {
            name,
            value,
            target,
            doubt: None,
        }
    }

    /// The same, which meets no target where there is a doubt.
    pub(crate) fn doubted(self, doubt: Option<Doubt>) -> Self {
        let value = match doubt {
            Some(Doubt::NotMeasured) => f64::NAN,
            Some(Doubt::ClientBound) | None => self.value,
        };
        Self {
            value,
            doubt,
            ..self
        }
    }

    /// Whether it meets its target, if it has one. What isn't a number meets none.
    fn passes(&self) -> Option<bool> {
        let meets = |target| match target {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value > 0.0 && self.value <= most,
        };
        self.target
            .map(|target| self.doubt.is_none() && meets(target))
    }

    fn target_text(&self) -> String {
        match self.target {
            Some(Target::AtLeast(least)) => format!(">= {least}"),
            Some(Target::AtMost(most)) => format!("<= {most}"),
            None => String::new(),
        }
    }

    fn value_text(&self) -> String {
        match self.doubt {
            Some(Doubt::NotMeasured) => String::new(),
            Some(Doubt::ClientBound) | None => number(self.value),
        }
    }

    fn verdict(&self) -> String {
        let doubt = self.doubt.map(Doubt::text);
        match (self.passes(), doubt) {
            (Some(true), _) => "pass".to_owned(),
            (Some(false), Some(doubt)) => format!("FAIL: {doubt}"),
            (Some(false), None) => "FAIL".to_owned(),
            (None, doubt) => doubt.unwrap_or_default().to_owned(),
        }
    }
}

/// What one server did in one kind of requests: a line of the first table.
pub(crate) struct Line {
    pub(crate) workload: String,
    pub(crate) contender: String,
    /// By name; the same names in every line. What isn't a number is left out.
    pub(crate) cells: Vec<(&'static str, f64)>,
}

#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
    lines: Vec<Line>,
    /// What could not be measured to its end, and why.
    broken: Vec<String>,
}

impl Report {
    /// Measures a part. Where that fails, what other parts have told stays.
    pub(crate) fn part(&mut self, name: &str, measure: impl FnOnce(&mut Self) -> Result<()>) {
        if let Err(error) = measure(self) {
            self.broken.push(format!("{name}: {error:#}"));
        }
    }

    /// What could not be measured to its end, and why.
    pub(crate) fn broken(&self) -> &[String] {
        &self.broken
    }

    pub(crate) fn push(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    pub(crate) fn push_line(&mut self, line: Line) {
        self.lines.push(line);
    }

    /// Everything that another benchmark tells, too.
    pub(crate) fn append(&mut self, other: Self) {
        self.figures.extend(other.figures);
        self.lines.extend(other.lines);
        self.broken.extend(other.broken);
    }

    /// How many targets are missed.
    pub(crate) fn failed(&self) -> usize {
        self.count(|figure| figure.passes() == Some(false))
    }

    /// How many of them, because there was nothing to measure.
    pub(crate) fn not_measured(&self) -> usize {
        let of_none = |figure: &Figure| figure.doubt == Some(Doubt::NotMeasured);
        self.count(|figure| figure.target.is_some() && of_none(figure))
    }

    fn count(&self, of: impl Fn(&Figure) -> bool) -> usize {
        self.figures.iter().filter(|figure| of(figure)).count()
    }

    /// In Markdown, so that it can stand in `docs/benchmarks.md` as it is.
    pub(crate) fn table(&self) -> String {
        let header = "| figure | measured | target | |\n|---|---:|---:|---|\n".to_owned();
        let figures = self.figures.iter().fold(header, |table, figure| {
            let (name, value) = (&figure.name, figure.value_text());
            let (target, verdict) = (figure.target_text(), figure.verdict());
            table + &format!("| {name} | {value} | {target} | {verdict} |\n")
        });
        self.line_table() + &figures
    }

    fn line_table(&self) -> String {
        let Some(first) = self.lines.first() else {
            return String::new();
        };
        let names: String = first
            .cells
            .iter()
            .map(|(name, _)| format!(" {name} |"))
            .collect();
        let rule = "---:|".repeat(first.cells.len());
        let header = format!("| requests | server |{names}\n|---|---|{rule}\n");
        let table = self.lines.iter().fold(header, |table, line| {
            let values = line.cells.iter().map(|(_, value)| match value.is_finite() {
                true => format!(" {} |", number(*value)),
                false => "  |".to_owned(),
            });
            let values: String = values.collect();
            table + &format!("| {} | {} |{values}\n", line.workload, line.contender)
        });
        table + "\n"
    }

    pub(crate) fn json(&self) -> Value {
        let figures = self.figures.iter().map(|figure| {
            json!({
                "figure": figure.name,
                "value": figure.value,
                "target": figure.target.map(|_| figure.target_text()),
                "pass": figure.passes(),
                "doubt": figure.doubt.map(Doubt::text),
            })
        });
        let lines = self.lines.iter().map(|line| {
            let cells = line
                .cells
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)));
            let cells: serde_json::Map<String, Value> = cells.collect();
            json!({"requests": line.workload, "server": line.contender, "measured": cells})
        });
        let cpus = std::thread::available_parallelism().map_or(0, usize::from);
        json!({
            "date": civil::now(),
            "cpus": cpus,
            "servers": lines.collect::<Vec<_>>(),
            "figures": figures.collect::<Vec<_>>(),
            "broken": self.broken,
        })
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
    use anyhow::bail;

    use super::{Doubt, Figure, Line, Report, number};

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

    #[test]
    fn a_doubted_figure_meets_no_target_and_one_that_was_not_measured_has_no_number() {
        let mut report = Report::default();
        let good = || Figure::at_least("a".to_owned(), 9.0, 8.0);
        report.push(good().doubted(None));
        report.push(good().doubted(Some(Doubt::ClientBound)));
        report.push(good().doubted(Some(Doubt::NotMeasured)));
        report.push(Figure::told("b".to_owned(), 1.0).doubted(Some(Doubt::NotMeasured)));
        assert_eq!((report.failed(), report.not_measured()), (2, 1));
        let table = report.table();
        assert!(
            table.contains("| a | 9.00 | >= 8 | FAIL: client-bound |"),
            "{table}"
        );
        assert!(
            table.contains("| a |  | >= 8 | FAIL: not measured |"),
            "{table}"
        );
        assert!(report.json()["figures"][2]["value"].is_null());
    }

    #[test]
    fn a_part_that_breaks_is_told_and_what_others_have_measured_stays() {
        let mut report = Report::default();
        let measured = |report: &mut Report| report.push(Figure::told("a".to_owned(), 1.0));
        report.part("W1", |report| {
            measured(report);
            Ok(())
        });
        report.part("W2", |report| {
            measured(report);
            bail!("the server is gone")
        });
        assert_eq!(report.broken(), ["W2: the server is gone"]);
        let json = report.json();
        assert_eq!(json["broken"][0], "W2: the server is gone");
        assert_eq!(json["figures"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn servers_stand_in_a_table_of_their_own() {
        let mut report = Report::default();
        for (contender, value) in [("gateway", 1234.0), ("floor", f64::NAN)] {
            report.push_line(Line {
                workload: "W1".to_owned(),
                contender: contender.to_owned(),
                cells: vec![("requests/s", value)],
            });
        }
        let table = report.table();
        assert!(
            table.contains("| requests | server | requests/s |"),
            "{table}"
        );
        assert!(
            table.contains("| W1 | gateway | 1,234 |\n| W1 | floor |  |"),
            "{table}"
        );
    }
}
