//! What a gateway tells of itself.

use anyhow::{Context, Result};

use crate::demo::request;

/// The value of the first sample of its metrics whose name and labels begin so.
pub(super) fn sample(port: u16, beginning: &str) -> Result<f64> {
    let metrics = request::get(port, "/metrics")?.body;
    let mut lines = metrics.lines();
    let line = lines.find(|line| line.starts_with(beginning));
    let number = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    number.with_context(|| format!("the gateway's metrics have no `{beginning}`"))
}
