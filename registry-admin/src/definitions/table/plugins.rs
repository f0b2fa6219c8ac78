//! Plugins of on-demand feature views.

use settings::shape::{Key, Kind, Shape};

/// Under an on-demand feature view, and under an item of `plugin_bindings`.
pub(super) static PLUGIN: Shape = Shape {
    name: "a `plugin`",
    doc: "What computes an on-demand feature view: a transform of a WebAssembly component. It has `path` or `digest`.",
    keys: &[
        Key::new(
            "path",
            Kind::Text,
            "The component: a `.wasm` file, relative to the feature repository.",
        ),
        Key::new(
            "digest",
            Kind::Text,
            "Instead of `path`: the SHA-256 of a component that was applied before, as `sha256:` and 64 digits.",
        ),
        Key::new("transform", Kind::Text, "Which of the component's transforms.")
            .default("the only one that it has"),
        Key::new(
            "parameters",
            Kind::Object,
            "What the transform is told: any mapping, which it gets as JSON.",
        )
        .default("`{}`"),
        Key::new(
            "inputs",
            Kind::TextMap,
            "Input columns of the transform, and the field that each is filled from, as `source:field`.",
        )
        .default("the field of the same name"),
        Key::new(
            "outputs",
            Kind::TextMap,
            "Output columns of the transform, and the feature that each becomes.",
        )
        .default("the feature of the same name"),
        Key::new(
            "on_error",
            Kind::OneOf(&["fail_request", "null_columns"]),
            "What a client sees where a call fails: the request fails (`fail_request`), or the view's features are null with \
             status `TRANSFORM_ERROR` (`null_columns`).",
        )
        .default("`fail_request`"),
        Key::new(
            "fresh_instance",
            Kind::Bool,
            "Whether each call gets an instance that no call has used before.",
        )
        .default("`false`"),
        Key::new(
            "wasi",
            Kind::OneOf(&["none", "empty"]),
            "What the component may import beside the log: nothing (`none`), or a WASI without files, network and \
             environment, with a clock that stands still (`empty`).",
        )
        .default("`none`"),
        Key::new(
            "limits",
            Kind::Mapping(&LIMITS),
            "What one call may use; the gateway has a maximum of its own.",
        ),
    ],
};

static LIMITS: Shape = Shape {
    name: "the `limits` of a plugin",
    doc: "What one call of a plugin may use. What is not told is the gateway's default.",
    keys: &[
        Key::new(
            "deadline",
            Kind::Duration,
            "Wall-clock time, such as `100ms`.",
        ),
        Key::new(
            "memory",
            Kind::Size,
            "Memory of an instance, such as `64MiB`.",
        ),
        Key::new(
            "output",
            Kind::Size,
            "Size of the columns that it returns, such as `16MiB`.",
        ),
        Key::new("stack", Kind::Size, "Stack, such as `512KiB`."),
        Key::new(
            "log_lines",
            Kind::Integer { min: 0 },
            "Lines that it may log.",
        ),
    ],
};

pub(super) static PLUGIN_BINDING: Shape = Shape {
    name: "a plugin binding",
    doc: "The plugin of an on-demand feature view that Feast manages.",
    keys: &[
        Key::new(
            "on_demand_feature_view",
            Kind::Text,
            "Name of the view in the registry.",
        )
        .required(),
        Key::new(
            "body_text",
            Kind::Text,
            "SHA-256 of the view's Python source text, as `sha256:` and 64 digits: where Feast's text becomes another, the \
             plugin is not served.",
        )
        .required(),
        Key::new("plugin", Kind::Mapping(&PLUGIN), "What computes it.").required(),
    ],
};
