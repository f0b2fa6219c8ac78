//! `salver.plugins`.

use crate::shape::{Key, Kind, Shape};

pub(super) static PLUGINS: Shape = Shape {
    name: "`salver.plugins`",
    doc: "How plugins of on-demand feature views are run.",
    keys: &[
        Key::new(
            "cache_dir",
            Kind::Text,
            "Folder for compiled plugins, relative to the feature repository; it must belong to the program's user alone. \
             Where absent: `salver/plugins` below `$XDG_CACHE_HOME` or `~/.cache`.",
        ),
        Key::new(
            "trusted_keys",
            Kind::List(&Kind::Text),
            "Public keys whose signed artefacts the gateway loads: each `ed25519:` and the key in base64, or a file with that.",
        )
        .default("[]"),
        Key::new(
            "defaults",
            Kind::Mapping(&DEFAULTS),
            "What one call may use where the definition says nothing.",
        ),
        Key::new(
            "maximum",
            Kind::Mapping(&MAXIMUM),
            "What one call may use at most, whatever the definition says.",
        ),
    ],
};

const DEADLINE: Key = Key::new("deadline", Kind::Duration, "Wall-clock time of one call.");
const MEMORY: Key = Key::new("memory", Kind::Size, "Memory of one instance.");
const OUTPUT: Key = Key::new("output", Kind::Size, "Columns that one call returns.");
const STACK: Key = Key::new("stack", Kind::Size, "Stack of one instance.");
const LOG_LINES: Key = Key::new(
    "log_lines",
    Kind::Integer { min: 0 },
    "Lines that one call may log.",
);

static DEFAULTS: Shape = Shape {
    name: "`salver.plugins.defaults`",
    doc: "What one call may use where the definition says nothing.",
    keys: &[
        DEADLINE.default("100ms"),
        MEMORY.default("64MiB"),
        OUTPUT.default("16MiB"),
        STACK.default("512KiB"),
        LOG_LINES.default("100"),
    ],
};

static MAXIMUM: Shape = Shape {
    name: "`salver.plugins.maximum`",
    doc: "What one call may use at most, whatever the definition says.",
    keys: &[
        DEADLINE.default("10s"),
        MEMORY.default("1GiB"),
        OUTPUT.default("128MiB"),
        STACK.default("1MiB"),
        LOG_LINES.default("10000"),
    ],
};
