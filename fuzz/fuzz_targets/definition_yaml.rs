//! Texts that people write: `feature_store.yaml` and definition files are understood or refused, with a
//! line that the text has.
//!
//! Definitions are taken from `registry-admin`'s sources, for the program itself links to datafusion.
#![no_main]

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use settings::Problem;

#[allow(dead_code, unused_imports, reason = "the parser is all that is fuzzed")]
#[path = "../../registry-admin/src"]
mod registry_admin {
    pub(crate) mod definitions;
}

use registry_admin::definitions::{DefinitionFile, parse};

static ENVIRONMENT: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let pairs = [
        ("HOST", "redis"),
        ("LINES", "a\n b: c"),
        ("SALVER__REGISTRY__PATH", "r.db"),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
});

fuzz_target!(|text: &str| {
    // A carriage return alone ends a line of YAML, too.
    let lines = text.split(['\n', '\r']).count() + 1;
    let repo = Path::new("/repo");
    match settings::parse(text, repo, &ENVIRONMENT) {
        Ok(loaded) => check(&loaded.warnings, lines),
        Err(problems) => {
            assert!(problems.has_errors());
            check(&problems.0, lines);
        }
    }
    let (first, second) = text.split_once("\n---\n").unwrap_or((text, ""));
    let file = |name: &str, text: &str| DefinitionFile {
        path: name.into(),
        text: text.to_owned(),
    };
    match parse(&[file("a.yaml", first), file("b.yaml", second)]) {
        Ok(definitions) => check(&definitions.warnings, lines),
        Err(problems) => {
            assert!(problems.has_errors());
            check(&problems.0, lines);
        }
    }
});

fn check(problems: &[Problem], lines: usize) {
    for problem in problems {
        assert!(problem.line <= lines, "{problem}");
        assert!(!problem.message.is_empty());
    }
}
