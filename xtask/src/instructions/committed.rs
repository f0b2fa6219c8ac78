//! The numbers that are committed, and how others compare with them.

use std::fmt::Write as _;

use anyhow::{Context, Result};

/// A name, and instructions a request.
pub(super) type Count = (String, u64);

/// How far a number may be from the committed one, in percent of that.
const SLACK_PERCENT: u128 = 10;

const COMMENT: &str = "\
# Instructions of one request whose rows are all in the cache, answered in process: FORMAT_ENTITIESxFEATURES.
# `cargo xtask instructions` counts them anew, and fails where a number is more than 10 % away.
# `cargo xtask instructions --write` replaces them.
";

/// The file for these numbers.
pub(super) fn text(counts: &[Count]) -> String {
    let mut text = COMMENT.to_owned();
    for (name, count) in counts {
        let _ = writeln!(text, "{name} {count}");
    }
    text
}

/// The numbers of such a file.
pub(super) fn parse(text: &str) -> Result<Vec<Count>> {
    let is_told = |(_, line): &(usize, &str)| !line.trim().is_empty() && !line.starts_with('#');
    let count = |(index, line): (usize, &str)| {
        let count = line.split_once(' ').and_then(|(name, count)| {
            let count = count.trim().parse().ok().filter(|count| *count > 0)?;
            Some((name.to_owned(), count))
        });
        count.with_context(|| format!("line {} is no `NAME NUMBER`: `{line}`", index + 1))
    };
    text.lines()
        .enumerate()
        .filter(is_told)
        .map(count)
        .collect()
}

/// What was counted beside what is committed.
pub(super) struct Comparison {
    lines: Vec<Line>,
    /// Names that are committed, and that nobody counts.
    stale: Vec<String>,
}

struct Line {
    name: String,
    counted: u64,
    committed: Option<u64>,
}

pub(super) fn compare(counted: &[Count], committed: &[Count]) -> Comparison {
    let find = |name: &str, among: &[Count]| {
        let found = among.iter().find(|(other, _)| other == name);
        found.map(|(_, count)| *count)
    };
    let line = |(name, count): &Count| Line {
        name: name.clone(),
        counted: *count,
        committed: find(name, committed),
    };
    let names = committed.iter().map(|(name, _)| name);
    let stale = names.filter(|name| find(name, counted).is_none());
    Comparison {
        lines: counted.iter().map(line).collect(),
        stale: stale.cloned().collect(),
    }
}

impl Comparison {
    pub(super) fn table(&self) -> String {
        let mut table = format!(
            "{:<14} {:>12} {:>12} {:>8}\n",
            "request", "committed", "counted", "change"
        );
        for line in &self.lines {
            let committed = line.committed.map(|count| count.to_string());
            let change = line.change().map(|percent| format!("{percent:+.1} %"));
            let _ = writeln!(
                table,
                "{:<14} {:>12} {:>12} {:>8}",
                line.name,
                committed.unwrap_or_default(),
                line.counted,
                change.unwrap_or_default()
            );
        }
        table
    }

    /// What somebody must do something about.
    pub(super) fn problems(&self) -> Vec<String> {
        let stale = self.stale.iter();
        let stale = stale.map(|name| {
            format!("`{name}` is committed and not counted: `cargo xtask instructions --write`")
        });
        let lines = self.lines.iter().filter_map(Line::problem);
        lines.chain(stale).collect()
    }
}

impl Line {
    /// In percent of the committed number.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn change(&self) -> Option<f64> {
        let committed = self.committed? as f64;
        Some((self.counted as f64 / committed - 1.0) * 100.0)
    }

    fn problem(&self) -> Option<String> {
        let name = &self.name;
        let (Some(committed), Some(change)) = (self.committed, self.change()) else {
            return Some(format!(
                "`{name}` is not committed: `cargo xtask instructions --write`"
            ));
        };
        let (counted, committed) = (u128::from(self.counted) * 100, u128::from(committed));
        if counted > committed * (100 + SLACK_PERCENT) {
            Some(format!(
                "`{name}` takes {change:.1} % more instructions than committed: mend it, or say in the commit why it \
                 must be and `cargo xtask instructions --write`"
            ))
        } else if counted < committed * (100 - SLACK_PERCENT) {
            // else what was won could be lost again and nobody would see it
            Some(format!(
                "`{name}` takes {:.1} % fewer instructions than committed: `cargo xtask instructions --write`, and \
                 commit the better number",
                -change
            ))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64)]) -> Vec<Count> {
        let owned = |(name, count): &(&str, u64)| ((*name).to_owned(), *count);
        all.iter().map(owned).collect()
    }

    fn problems(counted: u64) -> Vec<String> {
        let (counted, committed) = (counts(&[("a", counted)]), counts(&[("a", 1_000)]));
        compare(&counted, &committed).problems()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let written = counts(&[("json_1x50", 68_200), ("arrow_100x50", 1_234_567)]);
        let text = text(&written);
        assert!(text.starts_with("# "), "{text}");
        assert_eq!(parse(&text).unwrap(), written);
    }

    #[test]
    fn a_line_that_says_nothing_is_named() {
        for bad in ["a", "a b", "a -1", "a 0", "a 1 2"] {
            let error = parse(&format!("# a\n\nb 7\n{bad}\n")).unwrap_err();
            assert!(error.to_string().starts_with("line 4 "), "{error}");
        }
    }

    #[test]
    fn a_number_within_the_slack_is_fine() {
        for counted in [900, 1_000, 1_100] {
            assert_eq!(problems(counted), Vec::<String>::new(), "{counted}");
        }
    }

    #[test]
    fn eleven_percent_more_is_a_problem() {
        let [problem] = &*problems(1_110) else {
            panic!("one line, one problem");
        };
        assert!(problem.contains("`a` takes 11.0 % more"), "{problem}");
    }

    #[test]
    fn eleven_percent_less_asks_for_the_better_number() {
        let [problem] = &*problems(890) else {
            panic!("one line, one problem");
        };
        assert!(problem.contains("`a` takes 11.0 % fewer"), "{problem}");
        assert!(problem.contains("--write"), "{problem}");
    }

    #[test]
    fn names_must_be_the_same() {
        let comparison = compare(&counts(&[("new", 1)]), &counts(&[("old", 1)]));
        let problems = comparison.problems().join("\n");
        assert!(problems.contains("`new` is not committed"), "{problems}");
        assert!(
            problems.contains("`old` is committed and not counted"),
            "{problems}"
        );
    }

    #[test]
    fn the_table_tells_the_change() {
        let comparison = compare(&counts(&[("a", 1_110)]), &counts(&[("a", 1_000)]));
        let table = comparison.table();
        let line = table.lines().nth(1).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, ["a", "1000", "1110", "+11.0", "%"]);
    }
}
