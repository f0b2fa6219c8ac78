use std::{collections::BTreeMap, path::Path};

use proptest::prelude::*;

use super::{Node, expand, parse, parse_expanded};

fn tree(text: &str) -> Node {
    parse(text, Path::new("f.yaml")).unwrap()
}

fn problems(text: &str) -> String {
    parse(text, Path::new("f.yaml")).unwrap_err().to_string()
}

#[test]
fn nodes_and_keys_know_their_lines_and_columns() {
    let node = tree("a: 1\nb:\n  - x\n  - y: 2\n");
    let b = node.entry("b").unwrap();
    assert_eq!((b.mark.line, b.mark.column), (2, 1));
    let items = b.value.list().unwrap();
    assert_eq!((items[1].mark.line, items[1].mark.column), (4, 5));
    assert_eq!(items[1].get("y").unwrap().text(), Some("2"));
}

#[test]
fn an_empty_document_is_null() {
    for text in ["", "\n# nothing\n", "---\n", "~"] {
        assert!(tree(text).is_null(), "{text:?}");
    }
}

#[test]
fn every_duplicate_key_is_told() {
    let told = problems("a: 1\nb: {c: 1, c: 2}\na: 3\n");
    insta::assert_snapshot!(told, @r"
    f.yaml:2: the key `c` stands here a second time; the first is in line 2
    f.yaml:3: the key `a` stands here a second time; the first is in line 1
    ");
}

#[test]
fn aliases_and_merge_keys_are_put_in() {
    let node = tree("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlist: [*b]\n");
    let used = node.get("use").unwrap();
    assert_eq!(used.get("x").unwrap().text(), Some("1"));
    assert_eq!(used.get("y").unwrap().text(), Some("3"));
    assert_eq!(
        node.get("list").unwrap().list().unwrap()[0],
        *node.get("base").unwrap()
    );
}

#[test]
fn what_is_no_plain_yaml_is_refused_with_its_line() {
    assert!(problems("a: [1\n").starts_with("f.yaml:"));
    assert!(problems("a: 1\n---\nb: 2\n").starts_with("f.yaml:2: a file holds one document"));
    assert!(problems("a: &x [*x]\n").contains("isn't finished"));
    assert!(problems("[a]: 1\n").contains("a key is one word"));
    assert!(problems("a: !python/object x\n").contains("the tag"));
    assert!(problems("<<: 3\n").contains("`<<` takes a mapping"));
}

#[test]
fn aliases_cannot_blow_a_small_file_up() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let inner = format!("*a{}, ", level - 1).repeat(10);
        text += &format!("a{level}: &a{level} [{inner}]\n");
    }
    assert!(problems(&text).contains("too large"));
}

#[test]
fn deep_nesting_is_refused_also_through_aliases() {
    for opening in ["[", "- ", "{a: ", "? "] {
        let told = problems(&opening.repeat(50_000));
        let deep = told.contains("nested deeper") || told.contains("recursion limit");
        assert!(deep, "{opening}: {told}");
    }
    let mut text = String::from("- &a0 [x]\n");
    for level in 1..100 {
        text += &format!("- &a{level} [*a{}]\n", level - 1);
    }
    assert!(problems(&text).contains("nested deeper"));
}

#[test]
fn scalars_mean_what_feast_reads() {
    let node = tree("[yes, 'yes', 1_000, 010, ~, '', 1.10, -5, True, 10.0.0.1]");
    let scalars: Vec<_> = node
        .list()
        .unwrap()
        .iter()
        .map(|n| n.scalar().unwrap())
        .collect();
    assert_eq!(scalars[0].bool(), Some(true));
    assert!(!scalars[0].is_text_for_feast() && scalars[1].is_text_for_feast());
    assert_eq!(
        (scalars[2].integer(), scalars[3].integer()),
        (Some(1000), None)
    );
    assert!(scalars[4].is_null() && !scalars[5].is_null());
    assert_eq!(scalars[6].text, "1.10");
    assert!(!scalars[6].is_text_for_feast() && scalars[9].is_text_for_feast());
    assert_eq!(
        (scalars[7].integer(), scalars[8].bool()),
        (Some(-5), Some(true))
    );
}

fn environment() -> BTreeMap<String, String> {
    [("HOST", "redis"), ("LINES", "one\n two"), ("EMPTY", "")]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn environment_variables_are_put_in() {
    for (text, wanted) in [
        ("${HOST}:6379", "redis:6379"),
        ("$HOST:6379", "redis:6379"),
        ("${HOST:other}", "redis"),
        ("${NOPE:other:1}", "other:1"),
        ("${NOPE:}|${EMPTY}|", "||"),
        (
            "$NOPE ${NOPE} $ $$ ${ ${} ${a b}",
            "$NOPE ${NOPE} $ $$ ${ ${} ${a b}",
        ),
        ("pa$$HOST", "pa$redis"),
    ] {
        assert_eq!(expand(text, &environment()).text, wanted, "{text}");
    }
    let unset = expand("${NOPE} $MISSING ${ALSO:x}", &environment()).unset;
    assert_eq!(unset.into_iter().collect::<Vec<_>>(), ["NOPE"]);
}

#[test]
fn lines_stay_those_of_the_file_when_a_value_has_lines() {
    let expanded = expand("a: '${LINES}'\nb: 1\nb: 2\n", &environment());
    let (_, told) = parse_expanded(&expanded, Path::new("f.yaml"));
    assert_eq!(told.0[0].line, 3);
    assert!(told.0[0].message.ends_with("in line 2"), "{told}");
}

proptest! {
    #[test]
    fn no_text_panics(text in "[-a: \\[\\]{}&*!|>'\"%@`#,?\n\t<~$x\u{e9}\u{2028}]{0,60}") {
        let _ = parse(&text, Path::new("f.yaml"));
        let _ = parse_expanded(&expand(&text, &environment()), Path::new("f.yaml"));
    }

    #[test]
    fn no_unicode_text_panics(text in any::<String>()) {
        let _ = parse_expanded(&expand(&text, &environment()), Path::new("f.yaml"));
    }
}
