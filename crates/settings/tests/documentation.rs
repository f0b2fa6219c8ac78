//! `docs/configuration.md` against the tables: every key is told, with its default, and every example is right.

use std::{collections::BTreeMap, path::Path};

use settings::FEATURE_STORE;

const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

#[test]
fn every_key_is_documented() {
    let mut missing = Vec::new();
    FEATURE_STORE.walk(&mut |shape, key| {
        if !DOCUMENT.contains(&format!("`{}`", key.name)) {
            missing.push(format!("`{}` of {}", key.name, shape.name));
        }
    });
    assert_eq!(missing, [""; 0]);
}

#[test]
fn defaults_are_those_of_the_tables() {
    let mut wrong = Vec::new();
    FEATURE_STORE.walk(&mut |shape, key| {
        let Some(default) = key.default else {
            return;
        };
        let mut rows = DOCUMENT
            .lines()
            .filter(|line| line.starts_with(&format!("| `{}` |", key.name)));
        if !rows.any(|row| row.ends_with(&format!("| `{default}` |"))) {
            wrong.push(format!("`{}` of {} is `{default}`", key.name, shape.name));
        }
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_example_is_right() {
    let secrets = ["REDIS_PASSWORD", "READER_PASSWORD", "WRITER_PASSWORD"];
    let environment: BTreeMap<String, String> = secrets
        .into_iter()
        .map(|name| (name.to_owned(), "hush".to_owned()))
        .collect();
    let examples: Vec<&str> = DOCUMENT
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(examples.len() > 5);
    for example in examples {
        let mut text = example.to_owned();
        for (key, line) in [
            ("project:", "project: p\n"),
            ("registry:", "registry: r.db\n"),
        ] {
            if !example.lines().any(|line| line.starts_with(key)) {
                text.insert_str(0, line);
            }
        }
        let loaded = settings::parse(&text, Path::new("/repo"), &environment);
        let loaded = loaded.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        assert_eq!(loaded.warnings, [], "{text}");
    }
}
