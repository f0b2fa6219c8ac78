use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{ByteSize, Ttl};

/// The SHA-256 of a plugin's component, by which it is stored, fetched and cached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PluginDigest([u8; 32]);

/// How [`PluginDigest`] is written: `sha256:` and 64 lower-case hexadecimal digits.
const ALGORITHM: &str = "sha256:";

impl PluginDigest {
    /// A SHA-256 that somebody has computed.
    #[must_use]
    pub const fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits, without the algorithm.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for PluginDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", self.hex())
    }
}

impl fmt::Debug for PluginDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no digest; write `sha256:` and 64 hexadecimal digits")]
pub struct ParsePluginDigestError {
    text: String,
}

/// With or without the `sha256:`.
impl FromStr for PluginDigest {
    type Err = ParsePluginDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParsePluginDigestError {
            text: text.to_owned(),
        };
        let digits = text.strip_prefix(ALGORITHM).unwrap_or(text).as_bytes();
        if digits.len() != 64 {
            return Err(error());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
            let value = high.zip(low).map(|(high, low)| high * 16 + low);
            *byte = value
                .and_then(|value| u8::try_from(value).ok())
                .ok_or_else(error)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for PluginDigest {
    type Error = ParsePluginDigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PluginDigest> for String {
    fn from(digest: PluginDigest) -> Self {
        digest.to_string()
    }
}

/// How the features of an on-demand feature view are computed: by which transform of which plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginBinding {
    /// The component.
    pub digest: PluginDigest,
    /// The name of one of its transforms.
    pub transform: String,
    /// A JSON object, as the transform is given it; `{}` where there are no parameters.
    pub parameters: String,
    /// For input columns of the transform that aren't called as the view's sources call them: the feature or request
    /// field that each is filled from.
    pub inputs: BTreeMap<String, PluginInput>,
    /// For output columns of the transform that aren't called as the view's features: the feature that each becomes.
    pub outputs: BTreeMap<String, String>,
    /// What one call may use; where nothing is said, the gateway's defaults hold.
    pub limits: PluginLimits,
    /// What a client sees of a call that fails.
    pub on_error: OnPluginError,
    /// Whether each call gets an instance that no call has used before.
    pub fresh_instance: bool,
    /// What a component may import beside the log.
    pub wasi: Wasi,
    /// For a view that Feast manages: the SHA-256 of the `body_text` that the plugin stands for. When Feast's is
    /// another, the plugin isn't served.
    pub body_text: Option<PluginDigest>,
}

/// Where an input column comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginInput {
    /// The name of the view or request source among the view's sources.
    pub source: String,
    /// The name of its feature or field.
    pub field: String,
}

/// As in definitions: `source:field`.
impl fmt::Display for PluginInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.field)
    }
}

/// What one call of a plugin may use. `None` is the gateway's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PluginLimits {
    /// Wall-clock time.
    pub deadline: Option<Duration>,
    /// Bytes of all linear memories and tables of an instance.
    pub memory_bytes: Option<u64>,
    /// Bytes of the columns that it returns.
    pub output_bytes: Option<u64>,
    /// Bytes of the stack.
    pub stack_bytes: Option<u64>,
    /// Lines that it may log.
    pub log_lines: Option<u32>,
}

/// What a client sees where a plugin fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnPluginError {
    /// The whole request fails, with the plugin's name and a stable code.
    #[default]
    FailRequest,
    /// The view's features are null with the status `TRANSFORM_ERROR`; the rest is served.
    NullColumns,
}

/// As in definitions: `fail_request` or `null_columns`.
impl fmt::Display for OnPluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FailRequest => "fail_request",
            Self::NullColumns => "null_columns",
        })
    }
}

/// What a component may import beside the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wasi {
    /// Nothing.
    #[default]
    None,
    /// A WASI without files, sockets, environment and arguments, with a clock that stands still and with seeded
    /// randomness: for toolchains that can't do without the imports.
    Empty,
}

/// As in definitions: `none` or `empty`.
impl fmt::Display for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Empty => "empty",
        })
    }
}

impl PluginLimits {
    /// The limits that are told, by their keys in definitions and as one would write them there.
    pub fn told(&self) -> impl Iterator<Item = (&'static str, String)> {
        let bytes = |bytes: Option<u64>| bytes.map(|bytes| ByteSize::new(bytes).to_string());
        [
            ("deadline", self.deadline.map(written)),
            ("memory", bytes(self.memory_bytes)),
            ("output", bytes(self.output_bytes)),
            ("stack", bytes(self.stack_bytes)),
            ("log_lines", self.log_lines.map(|lines| lines.to_string())),
        ]
        .into_iter()
        .filter_map(|(key, told)| Some((key, told?)))
    }
}

fn written(duration: Duration) -> String {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match Ttl::new(seconds, duration.subsec_nanos()) {
        Some(time) if time.seconds() == 0 && time.subsecond_nanos() % 1_000_000 == 0 => {
            format!("{}ms", time.subsecond_nanos() / 1_000_000)
        }
        Some(time) => time.to_string(),
        None => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = PluginDigest::new(std::array::from_fn(|index| index as u8));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.hex().to_uppercase().parse(), Ok(digest));
        for wrong in ["", "sha256:", "sha512:00", &"g".repeat(64), &"é".repeat(32)] {
            assert!(wrong.parse::<PluginDigest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_are_told_as_they_are_written() {
        let limits = PluginLimits {
            deadline: Some(Duration::from_millis(100)),
            memory_bytes: Some(64 << 20),
            log_lines: Some(7),
            ..PluginLimits::default()
        };
        let told: Vec<_> = limits.told().collect();
        let [deadline, memory, lines] = ["100ms", "64MiB", "7"].map(str::to_owned);
        assert_eq!(
            told,
            [
                ("deadline", deadline),
                ("memory", memory),
                ("log_lines", lines)
            ]
        );
        assert_eq!(written(Duration::from_millis(1_500)), "1.5s");
    }
}
