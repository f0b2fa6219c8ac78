//! `cargo xtask bench materialize`
use anyhow::Result;
pub(crate) struct Options;
impl Options {
    pub(crate) fn parse(_: Vec<String>) -> Result<Self> {
        Ok(Self)
    }
}
pub(crate) fn run(_: &Options) -> Result<()> {
    Ok(())
}
