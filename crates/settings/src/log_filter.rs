use std::str::FromStr;

use crate::did_you_mean;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Which log lines are written: levels, with or without the module that each is for, such as `info` or
/// `gateway=debug,info`.
///
/// `tracing-subscriber` also takes a module without a level; here that is most likely a misspelt level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// Lines of level `info` and above.
    #[must_use]
    pub fn info() -> Self {
        Self("info".to_owned())
    }

    /// As `tracing-subscriber` takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let directives: Vec<&str> = text.split(',').map(str::trim).collect();
        for directive in &directives {
            check(directive)?;
        }
        Ok(Self(directives.join(",")))
    }
}

fn check(directive: &str) -> Result<(), String> {
    let (module, level) = match directive.rsplit_once('=') {
        Some((module, level)) => (Some(module), level),
        None => (None, directive),
    };
    if module.is_some_and(|module| !is_module(module)) {
        return Err(format!(
            "`{directive}` is no module and level, such as `gateway=debug`"
        ));
    }
    if LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
        return Ok(());
    }
    let hint = did_you_mean(level, LEVELS);
    Err(format!(
        "`{level}` is no level, such as `{}`{hint}",
        LEVELS.join("`, `")
    ))
}

/// A span may stand behind it in brackets, with fields that have a `=`.
fn is_module(text: &str) -> bool {
    let (name, span) = text.split_at(text.find('[').unwrap_or(text.len()));
    let is_part = |c: char| c.is_alphanumeric() || "_:-.".contains(c);
    let is_span = span.is_empty() || span.ends_with(']');
    !text.is_empty() && name.chars().all(is_part) && is_span
}

#[cfg(test)]
mod tests {
    use super::LogFilter;

    #[test]
    fn levels_with_or_without_a_module_are_taken() {
        for (text, filter) in [
            ("info", "info"),
            ("OFF", "OFF"),
            ("gateway=debug, info", "gateway=debug,info"),
            ("gateway::ask=trace", "gateway::ask=trace"),
            ("info,[request]=debug", "info,[request]=debug"),
            (
                "gateway[request{route=\"/ready\"}]=debug",
                "gateway[request{route=\"/ready\"}]=debug",
            ),
        ] {
            let read: LogFilter = text.parse().unwrap();
            assert_eq!(read.as_str(), filter);
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_wrong() {
        for (text, message) in [
            ("nonsense", "`nonsense` is no level, such as `off`, `error`"),
            ("inof", "`inof` is no level, such as"),
            ("", "`` is no level, "),
            ("info,", "`` is no level, "),
            ("gateway", "`gateway` is no level, "),
            ("info,gateway=loud", "`loud` is no level, "),
            ("gateway=", "`` is no level, "),
            ("foo=bar=info", "`foo=bar=info` is no module and level"),
            ("=info", "`=info` is no module and level"),
            ("a b=info", "`a b=info` is no module and level"),
        ] {
            let error = text.parse::<LogFilter>().unwrap_err();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
