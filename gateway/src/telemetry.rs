//! Log lines on stderr, as text or JSON.
//!
//! Spans (one per request, one per stage) and access lines are at level debug: switched off they cost a
//! comparison, which is what a gateway at full rate can afford. `SALVER_LOG=info,access=debug` switches access
//! lines on, `SALVER_LOG=info,gateway=debug` everything of ours.

use std::io::{self, IsTerminal};

use settings::{Log, LogFilter, LogFormat};
use tracing::Metadata;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    audit::AuditLine,
    names::{field, target},
};

/// Environment variable whose filter goes before the one of the settings.
pub const FILTER_VARIABLE: &str = "SALVER_LOG";

/// Logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter is none.
    #[error(
        "the log filter `{filter}` can't be read: {reason}; `info` or `info,access=debug` could"
    )]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody logs already.
    #[error("a logger is installed already")]
    Twice,
}

/// From now on the process logs, panics included. `filter` goes before that of `log`.
///
/// # Errors
/// See [`Error`].
pub fn init(log: &Log, filter: Option<&str>) -> Result<(), Error> {
    let filter = filter.filter(|text| !text.is_empty());
    let told = filter.unwrap_or(log.level.as_str());
    let filter = parse(told)?;
    // whatever the level of other lines, unless the filter names the audit log itself
    let audit_filter = parse(&format!("{}=info,{told}", target::AUDIT))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Text => Box::new(lines.with_ansi(io::stderr().is_terminal())),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_span_list(false)),
    };
    let audit = tracing_subscriber::fmt::layer()
        .event_format(AuditLine)
        .with_writer(io::stderr);
    // one filter for each layer: of two, the outer one would switch spans on that the inner one switches off
    let filter = filter.and(filter_fn(|line| !is_audit(line)));
    let audit_filter = audit_filter.and(filter_fn(is_audit));
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(audit.with_filter(audit_filter))
        .try_init()
        .map_err(|_| Error::Twice)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn parse(filter: &str) -> Result<EnvFilter, Error> {
    let refused = |reason| Error::Filter {
        filter: filter.to_owned(),
        reason,
    };
    let checked: LogFilter = filter.parse().map_err(refused)?;
    EnvFilter::try_new(checked.as_str()).map_err(|error| refused(error.to_string()))
}

fn is_audit(line: &Metadata<'_>) -> bool {
    line.target() == target::AUDIT
}

fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("a value that is no text");
    let location = panic.location().map(ToString::to_string);
    tracing::error!(
        { field::CAUSE } = message,
        { field::LOCATION } = location.unwrap_or_default(),
        "panicked"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_says_what_could() {
        for filter in ["info,gateway=loud", "nonsense", "info,[request=debug"] {
            let error = parse(filter).unwrap_err().to_string();
            assert!(error.contains(&format!("`{filter}`")), "{error}");
            assert!(error.contains("access=debug"), "{error}");
        }
    }

    #[test]
    fn levels_of_modules_and_spans_are_filters() {
        for filter in ["off", "INFO", "info,access=debug", "[request]=debug"] {
            assert!(parse(filter).is_ok(), "{filter}");
        }
    }
}
