//! `salver.cache`.

use crate::shape::{Key, Kind, Shape};

pub(super) static CACHE: Shape = Shape {
    name: "`salver.cache`",
    doc: "What the gateway keeps of the rows that it reads.",
    keys: &[
        Key::new(
            "max_bytes",
            Kind::Size,
            "Memory for the project's rows, such as `1GiB`.",
        )
        .required(),
        Key::new(
            "ttl",
            Kind::Ttl,
            "How long after it was read a row may be told; `0` is until it changes.",
        )
        .default("0"),
        Key::new(
            "view_ttls",
            Kind::TextMap,
            "The same for some views, by the name under which the online store has them.",
        )
        .default("{}"),
        Key::new(
            "stale_if_error",
            Kind::Ttl,
            "How long rows may be told that an online store which is away can't confirm; `0` is not at all.",
        )
        .default("0"),
    ],
};
