use std::path::Path;

use plugin_host::Failure;

use super::{Case, Expected, parse};

fn told(text: &str) -> Vec<String> {
    match parse(text, Path::new("cases.yaml")) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

fn cases(text: &str) -> Vec<Case> {
    parse(text, Path::new("cases.yaml")).unwrap_or_else(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    })
}

#[test]
fn a_case_has_the_rows_of_its_inputs() {
    let cases = cases(
        "\
- name: a
  transform: t
  parameters: {unit: km, n: 1}
  inputs: {x: [1, 2, null]}
  expected: {y: [1, 2, 3]}
  tolerance: 1e-9
- name: b
  transform: t
  rows: 4
  expected: {}
- name: c
  transform: t
  expected_error: {failure: failed, row: 3, column: x, message: m}
",
    );
    let rows: Vec<_> = cases.iter().map(|case| case.rows).collect();
    assert_eq!(rows, [3, 4, 0]);
    assert_eq!(cases[0].parameters, r#"{"unit":"km","n":1}"#);
    assert_eq!(cases[1].parameters, "{}");
    assert!(
        matches!(&cases[0].expected, Expected::Columns { tolerance, .. } if *tolerance == 1e-9)
    );
    let Expected::Error(error) = &cases[2].expected else {
        panic!("the last case expects an error");
    };
    assert_eq!(error.failure, Failure::Failed);
    assert_eq!((error.row, error.column.as_deref()), (Some(3), Some("x")));
    assert_eq!(error.message.as_deref(), Some("m"));
}

#[test]
fn what_is_wrong_is_told_at_once_and_with_its_line() {
    insta::assert_snapshot!(told(
        "\
- name: a
  transfrom: t
  expected: {}
- name: a
  transform: t
  rows: -1
  expected: [1]
- 5
- name: b
  transform: t
  expected_error: {failure: broken, line: 3}
"
    )
    .join("\n"), @r##"
    cases.yaml:1: a case needs the key `transform`: a transform of the component
    cases.yaml:2: `transfrom` is no key of a case; did you mean `transform`?
    cases.yaml:4: the case at line 1 is called `a` too
    cases.yaml:6: `rows` of a case: `-1` is not an integer of at least 0
    cases.yaml:7: `expected` of a case is a mapping
    cases.yaml:8: a case is a mapping with the keys `name`, `transform`, `parameters`, `inputs`, `rows`, `expected`, `tolerance`, `expected_error`
    cases.yaml:11: `failure` of an expected error: `broken` is not one of `unknown-transform`, `invalid-parameters`, `invalid-input`, `failed`
    cases.yaml:11: `line` is no key of an expected error; it has `failure`, `row`, `column`, `message`
    "##);
}

#[test]
fn what_does_not_fit_together_is_told_with_its_line() {
    insta::assert_snapshot!(told(
        "\
- name: both
  transform: t
  rows: 1
  expected: {}
  expected_error: {failure: failed}
- name: neither
  transform: t
  rows: 1
- name: no rows
  transform: t
  expected: {}
- name: lengths
  transform: t
  inputs: {a: [1, 2], b: [1], c: 3}
  rows: 3
  expected: {}
- name: tolerance
  transform: t
  rows: 1
  expected: {}
  tolerance: -1
- name: parameters
  transform: t
  parameters: {a: .nan}
  rows: 1
  expected: {}
"
    )
    .join("\n"), @r##"
    cases.yaml:5: a case has `expected` or `expected_error`, not both
    cases.yaml:6: a case needs the key `expected`, or `expected_error` where the call fails
    cases.yaml:9: a case without inputs needs the key `rows`: the number of rows
    cases.yaml:14: the input `b` has 1 values, and `a` has 2
    cases.yaml:14: the input `c` is a list: a value for each row
    cases.yaml:15: `rows` is 3, and the inputs have 2; leave `rows` away
    cases.yaml:21: `tolerance` is a number of 0 or more, such as `1e-9`
    cases.yaml:24: `parameters`: `.nan` can't be told in JSON; write it in quotes if the transform takes a text
    "##);
}

#[test]
fn what_is_no_list_of_cases_is_told() {
    for (text, wanted) in [
        ("", "cases.yaml:1: this is no list of cases"),
        ("[]", "cases.yaml:1: this is no list of cases"),
        ("a: b", "cases.yaml:1: this is no list of cases"),
        ("- name: [", "cases.yaml:"),
        ("- name: a\n  name: b", "cases.yaml:2"),
    ] {
        let told = told(text).join("\n");
        assert!(told.contains(wanted), "{text}: {told}");
    }
}
