use std::{fmt, str::FromStr};

/// A processor that artefacts are made for: its baseline, never the features of the machine that compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Linux on x86-64 with SSE4.2 and POPCNT: every server since about 2009.
    X86_64V2,
    /// Linux on 64-bit Arm.
    Aarch64,
}

impl Target {
    /// Every target, in the order in which `--precompile` makes them.
    pub const ALL: [Self; 2] = [Self::X86_64V2, Self::Aarch64];

    /// The target of artefacts that this machine can load.
    #[must_use]
    pub const fn of_this_machine() -> Self {
        if cfg!(target_arch = "aarch64") {
            Self::Aarch64
        } else {
            Self::X86_64V2
        }
    }

    pub(crate) const fn triple(self) -> &'static str {
        match self {
            Self::X86_64V2 => "x86_64-unknown-linux-gnu",
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// Cranelift's names of what the level has beyond the first x86-64.
    pub(crate) const fn processor_features(self) -> &'static [&'static str] {
        match self {
            Self::X86_64V2 => &[
                "has_cmpxchg16b",
                "has_sse3",
                "has_ssse3",
                "has_sse41",
                "has_sse42",
                "has_popcnt",
            ],
            Self::Aarch64 => &[],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::X86_64V2 => "x86-64-v2",
            Self::Aarch64 => "aarch64",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no target; write `x86-64-v2` or `aarch64`")]
pub struct ParseTargetError {
    text: String,
}

impl FromStr for Target {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|target| target.name() == text);
        named.ok_or_else(|| ParseTargetError {
            text: text.to_owned(),
        })
    }
}
