//! Request bodies, a file of a thousand different ones for each kind of request.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;

use super::world::{ENTITIES, NARROW};
use crate::bench::random::next;

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) enum Wants {
    /// So many stored features.
    Stored(u32),
    /// As many, of which two are computed.
    Computed(u32),
    /// The two computed features.
    OnlyComputed,
    /// The features of a misbehaving plugin.
    Hostile(&'static str),
}

impl Wants {
    fn name(self) -> String {
        match self {
            Self::Stored(width) => format!("stored-{width}"),
            Self::Computed(width) => format!("computed-{width}"),
            Self::OnlyComputed => "only-computed".to_owned(),
            Self::Hostile(view) => view.to_owned(),
        }
    }

    fn features(self) -> Vec<String> {
        let stored = |count: u32| -> Vec<String> {
            let view = if count > NARROW { "wide" } else { "stats" };
            let features = (0..count).map(|index| format!("\"{view}:f{index}\""));
            features.collect()
        };
        let computed =
            |view: &str| ["val1", "val2"].map(|value| format!("\"{view}:conv_rate_plus_{value}\""));
        match self {
            Self::Stored(width) => stored(width),
            Self::Computed(width) => {
                let view = if width > NARROW {
                    "converted_wide"
                } else {
                    "converted"
                };
                [stored(width - 2), computed(view).to_vec()].concat()
            }
            Self::OnlyComputed => computed("converted").to_vec(),
            Self::Hostile(view) => vec![format!("\"{view}:value\"")],
        }
    }

    fn brings_request_data(self) -> bool {
        !matches!(self, Self::Stored(_))
    }
}

const BODIES: u64 = 1_000;

/// A file of bodies, one a line, drawn from all entities.
pub(super) fn bodies(folder: &Path, wants: Wants, entities: usize) -> Result<PathBuf> {
    let file = folder.join(format!("{}-{entities}.jsonl", wants.name()));
    let mut random = 0x5eed_u64;
    let mut text = String::new();
    for _ in 0..BODIES {
        let ids: Vec<u64> = (0..entities)
            .map(|_| next(&mut random) % ENTITIES)
            .collect();
        let features = wants.features().join(",");
        write!(
            text,
            "{{\"features\":[{features}],\"entities\":{{\"entity_id\":{ids:?}"
        )?;
        if wants.brings_request_data() {
            let values: Vec<u64> = (0..entities).map(|_| next(&mut random) % 1000).collect();
            write!(
                text,
                ",\"val_to_add\":{values:?},\"val_to_add_2\":{values:?}"
            )?;
        }
        text.push_str("}}\n");
    }
    fs::write(&file, text)?;
    Ok(file)
}
