//! The programs that are measured, and those that serve the measurement.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    bench::{
        built::{self, Built},
        load,
    },
    python, redis,
};

pub(super) struct Programs {
    pub(super) built: Built,
    pub(super) redis_server: PathBuf,
    pub(super) feast_python: PathBuf,
    pub(super) oha: PathBuf,
}

pub(super) fn prepare() -> Result<Programs> {
    Ok(Programs {
        redis_server: redis::ensure()?,
        feast_python: python::ensure()?,
        oha: load::ensure()?,
        built: built::build()?,
    })
}
