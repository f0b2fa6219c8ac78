//! What a case may hold: the table of `docs/plugin-cases.md`.

use settings::shape::{Key, Kind, Shape};

pub(super) static CASE: Shape = Shape {
    name: "a case",
    doc: "What a transform gives for some inputs.",
    keys: &[
        Key::new("name", Kind::Text, "What the case shows.").required(),
        Key::new("transform", Kind::Text, "A transform of the component.").required(),
        Key::new("parameters", Kind::Object, "Its parameters.").default("`{}`"),
        Key::new(
            "inputs",
            Kind::Object,
            "A list of values for each input column.",
        ),
        Key::new(
            "rows",
            Kind::Integer { min: 0 },
            "The number of rows, for a transform without inputs.",
        )
        .default("the length of the lists"),
        Key::new(
            "expected",
            Kind::Object,
            "A list of values for each output column.",
        ),
        Key::new(
            "tolerance",
            Kind::Text,
            "By how much floating-point numbers may differ.",
        )
        .default("`0`"),
        Key::new(
            "expected_error",
            Kind::Mapping(&EXPECTED_ERROR),
            "Instead of `expected`: how the call fails.",
        ),
    ],
};

static EXPECTED_ERROR: Shape = Shape {
    name: "an expected error",
    doc: "How a call fails.",
    keys: &[
        Key::new(
            "failure",
            Kind::OneOf(&[
                "unknown-transform",
                "invalid-parameters",
                "invalid-input",
                "failed",
            ]),
            "The kind of the error.",
        )
        .required(),
        Key::new("row", Kind::Integer { min: 0 }, "The row that it names."),
        Key::new("column", Kind::Text, "The column that it names."),
        Key::new("message", Kind::Text, "A part of its message."),
    ],
};
