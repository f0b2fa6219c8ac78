use std::path::Path;

use super::{Key, Kind, Shape, Variants, check, json_schema};
use crate::{Problems, yaml};

static CAT: Shape = Shape {
    name: "a cat",
    doc: "Purrs.",
    keys: &[
        Key::new("type", Kind::OneOf(&["cat"]), "What it is.").required(),
        Key::new("lives", Kind::Integer { min: 1 }, "How often."),
        Key::new("naps", Kind::Duration, "How long."),
        Key::new("tags", Kind::TextMap, "Labels."),
    ],
};
static DOG: Shape = Shape {
    name: "a dog",
    doc: "Barks.",
    keys: &[
        Key::new("type", Kind::OneOf(&["dog"]), "What it is.").required(),
        Key::new("good", Kind::Bool, "Always.").default("true"),
    ],
};
static HOUSE: Shape = Shape {
    name: "a house",
    doc: "Holds pets.",
    keys: &[
        Key::new("owner", Kind::Name, "Who feeds them.").required(),
        Key::new("address", Kind::FeastText, "Where it is."),
        Key::new("provider", Kind::Text, "Only Feast knows.").feast(&["local"]),
        Key::new(
            "pets",
            Kind::List(&Kind::Variants(&Variants {
                name: "a pet",
                default: None,
                shapes: &[("cat", &CAT), ("dog", &DOG)],
            })),
            "Who lives there.",
        ),
    ],
};

fn told(text: &str) -> String {
    let node = yaml::parse(text, Path::new("h.yaml")).unwrap();
    let mut problems = Problems::default();
    check(&node, &HOUSE, &mut problems);
    problems.sorted().to_string()
}

#[test]
fn what_fits_is_not_mentioned() {
    let text = "owner: ann\nprovider: local\naddress: '7'\npets:\n- {type: cat, lives: 9, naps: 1h30m, tags: {v: 1.10}}\n- {type: dog, good: yes}\n";
    assert_eq!(told(text), "");
}

#[test]
fn everything_that_does_not_fit_is_told_in_one_go() {
    let text = "\
addres: x
address: 7
provider: aws
pets:
- {type: cat, lives: 0, naps: 5, tags: [a]}
- {type: dgo}
- {good: true}
- {type: dog, good: maybe, colour: red}
- bird
";
    insta::assert_snapshot!(told(text), @r"
    h.yaml:1: `addres` is no key of a house; did you mean `address`?
    h.yaml:1: a house needs the key `owner`: who feeds them
    h.yaml:2: `address` of a house: Feast takes `7` for a number or a truth, and refuses it; write it in quotes
    h.yaml:3: warning: `provider` of a house is for Feast; Salver does not use it
    h.yaml:5: `lives` of a cat: `0` is not an integer of at least 1
    h.yaml:5: `naps` of a cat: `5` is not a duration above zero, such as `100ms`, `5s` or `1d`
    h.yaml:5: `tags` of a cat is a mapping of words to texts
    h.yaml:6: `dgo` is no type of a pet; it is one of `cat`, `dog`; did you mean `dog`?
    h.yaml:7: a pet needs the key `type`: one of `cat`, `dog`
    h.yaml:8: `colour` is no key of a dog; it has `type`, `good`
    h.yaml:8: `good` of a dog: `maybe` is not `true` or `false`
    h.yaml:9: a pet is a mapping with the key `type`
    ");
    assert!(told("- a").starts_with("h.yaml:1: a house is a mapping"));
}

#[test]
fn the_schema_says_the_same() {
    insta::assert_json_snapshot!(json_schema(&HOUSE, "House"));
}
