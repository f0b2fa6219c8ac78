//! A temporary folder that goes when it is dropped.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    time::SystemTime,
};

use anyhow::{Context, Result};

pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder whose name begins with `prefix`.
    pub(crate) fn new(prefix: &str) -> Result<Self> {
        let nanos = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)?
            .subsec_nanos();
        let path = env::temp_dir().join(format!("{prefix}-{}-{nanos}", process::id()));
        fs::create_dir(&path).with_context(|| format!("can't make `{}`", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
