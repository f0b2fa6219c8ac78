use std::collections::{BTreeMap, HashSet};

use plugin_sdk::{
    Column, Decimal, Json, Outputs, ScalarMap, Set, Struct, TimeUuid, Timestamp, Transform, Uuid,
    Value, ZonedTimestamp, transform,
};

#[derive(Struct)]
#[allow(dead_code)]
struct Person<'a> {
    name: &'a str,
    #[member("years")]
    age: Option<i64>,
    tags: Vec<String>,
}

#[derive(Outputs)]
struct Told {
    /// The first.
    first: bool,
    second: Vec<f32>,
}

/// Takes everything.
///
/// And returns little.
#[transform(name = "everything")]
#[allow(clippy::too_many_arguments, unused_variables)]
fn all_types(
    /// Its comment.
    a: bool,
    b: i32,
    c: Option<f32>,
    d: &[u8],
    e: Timestamp,
    f: ZonedTimestamp<&str>,
    g: Json,
    h: Uuid,
    i: TimeUuid<&str>,
    j: Decimal,
    k: &[f32],
    l: Set<String>,
    m: BTreeMap<String, f64>,
    n: ScalarMap,
    o: Vec<Person<'_>>,
    p: Vec<Value>,
    q: Set<Value>,
    r: Vec<Vec<HashSet<i64>>>,
    s: Person<'_>,
) -> Told {
    Told {
        first: a,
        second: Vec::new(),
    }
}

#[test]
fn types_are_told_by_feasts_names() {
    let told = <all_types as Transform>::describe("{}").unwrap();
    assert_eq!(<all_types as Transform>::NAME, "everything");
    assert_eq!(
        told.documentation,
        "Takes everything.\n\nAnd returns little."
    );
    assert_eq!(told.inputs[0].documentation, "Its comment.");
    assert!(told.deterministic);
    let types: Vec<&str> = told.inputs.iter().map(|field| &*field.data_type).collect();
    let person = "Struct({name: String, years: Int64, tags: Array(String)})";
    let people = &*format!("Array({person})");
    assert_eq!(
        types,
        [
            "Bool",
            "Int32",
            "Float32",
            "Bytes",
            "UnixTimestamp",
            "ZonedTimestamp",
            "Json",
            "Uuid",
            "TimeUuid",
            "Decimal",
            "Array(Float32)",
            "Set(String)",
            "Map",
            "ScalarMap",
            people,
            "ValueList",
            "ValueSet",
            "Array(Array(Set(Int64)))",
            person,
        ]
    );
    let outputs = told.outputs.iter();
    let outputs: Vec<_> = outputs
        .map(|it| (&*it.name, &*it.data_type, &*it.documentation))
        .collect();
    assert_eq!(
        outputs,
        [
            ("first", "Bool", "The first."),
            ("second", "Array(Float32)", "")
        ]
    );
}

#[transform(deterministic = false)]
fn columns(
    /// A column.
    #[column("x y")]
    x: &Column<'_, String>,
) -> Vec<Option<i64>> {
    vec![None; x.len()]
}

#[test]
fn columns_are_told_like_rows() {
    let told = <columns as Transform>::describe("{}").unwrap();
    assert!(!told.deterministic);
    let field = &told.inputs[0];
    assert_eq!((&*field.name, &*field.data_type), ("x y", "String"));
    assert_eq!(field.documentation, "A column.");
    assert_eq!(told.outputs[0].data_type, "Int64");
    assert_eq!(told.outputs[0].name, "columns");
}
