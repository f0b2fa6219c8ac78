//! The little that these commands need of a command line.

use anyhow::{Result, bail};

/// The arguments of a command, taken out one by one until none is left.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn new(args: Vec<String>) -> Self {
        Self(args)
    }

    /// Whether `--name` is there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|arg| arg == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    /// The value of `--name VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(at) = self.0.iter().position(|arg| arg == name) else {
            return Ok(None);
        };
        if at + 1 == self.0.len() {
            bail!("`{name}` takes a value");
        }
        self.0.remove(at);
        Ok(Some(self.0.remove(at)))
    }

    /// The next argument that is no option.
    pub(crate) fn word(&mut self) -> Option<String> {
        let at = self.0.iter().position(|arg| !arg.starts_with('-'));
        at.map(|at| self.0.remove(at))
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<()> {
        match self.0.first() {
            Some(arg) => bail!("unexpected argument `{arg}`"),
            None => Ok(()),
        }
    }
}
