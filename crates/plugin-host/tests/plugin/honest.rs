use plugin_host::Values;

use crate::fixture::{batch, call, host, hostile, numbers, plugin};

#[test]
fn a_transform_computes_its_columns() {
    let plugin = plugin("add");
    for rows in [0, 1, 3, 10_000] {
        let outputs = plugin.call_blocking(rows, &numbers(rows as usize)).unwrap();
        let sum = (0..rows).map(|row| f64::from(row) * 2.0 + 2.0).collect();
        let product = (0..rows).map(|row| f64::from(row).powi(2) * 2.0).collect();
        let expected = batch(vec![Values::Float64(sum), Values::Float64(product)]);
        assert_eq!(outputs, expected);
    }
}

#[test]
fn a_component_tells_its_transforms_and_their_columns() {
    assert!(hostile().transforms().unwrap().contains(&"add".to_owned()));
    let description = hostile().describe("add", "{}").unwrap();
    let inputs: Vec<_> = description
        .inputs
        .iter()
        .map(|field| &*field.name)
        .collect();
    assert_eq!(inputs, ["a", "b", "c"]);
    assert!(description.deterministic);
    assert!(host().artefact_file_name().contains("48.0.8"));
}

#[test]
fn a_warm_instance_is_used_again() {
    let plugin = plugin("count");
    let counts: Vec<_> = (0..3)
        .map(|_| call(&plugin).unwrap().columns.remove(0).values)
        .collect();
    // The trial had the first two.
    let expected = [2, 3, 4].map(|count| Values::Int64(vec![count]));
    assert_eq!(counts, expected);
}
