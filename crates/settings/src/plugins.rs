use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// The `salver.plugins` section: how plugins of on-demand feature views are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSettings {
    /// Folder for what plugins were compiled to; absent where the environment names no place either.
    pub cache_dir: Option<PathBuf>,
    /// Whose signed artefacts are loaded.
    pub trusted_keys: Vec<TrustedKey>,
    /// What one call may use where its definition says nothing. Nothing of it is above `maximum`.
    pub defaults: CallLimits,
    /// What one call may use, whatever its definition says.
    pub maximum: CallLimits,
}

/// A public key of ed25519.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedKey {
    /// The key itself, as `ed25519:` and its bytes in base64.
    Text(String),
    /// A file that holds it.
    File(PathBuf),
}

/// What one call of a plugin may use. Each is above zero, but for [`CallLimits::log_lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Wall-clock time.
    pub deadline: Duration,
    /// Bytes of all linear memories and tables of an instance.
    pub memory_bytes: u64,
    /// Bytes of the columns that it returns.
    pub output_bytes: u64,
    /// Bytes of the stack.
    pub stack_bytes: u64,
    /// Lines that it may log.
    pub log_lines: u32,
}

/// How a public key begins that is no path.
const PUBLIC_KEY: &str = "ed25519:";
const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

impl CallLimits {
    /// No maximum is above this: a call runs on a thread whose stack has twice as much.
    pub const MOST_STACK_BYTES: u64 = MIB;
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self {
            cache_dir: None,
            trusted_keys: Vec::new(),
            defaults: CallLimits {
                deadline: Duration::from_millis(100),
                memory_bytes: 64 * MIB,
                output_bytes: 16 * MIB,
                stack_bytes: 512 * KIB,
                log_lines: 100,
            },
            maximum: CallLimits {
                deadline: Duration::from_secs(10),
                memory_bytes: 1024 * MIB,
                output_bytes: 128 * MIB,
                stack_bytes: CallLimits::MOST_STACK_BYTES,
                log_lines: 10_000,
            },
        }
    }
}

impl PluginSettings {
    /// The user's own folder for what can be made again, which stands for a `cache_dir` that isn't configured.
    #[must_use]
    pub fn user_cache(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
        let folder = |name: &str| {
            let path = PathBuf::from(environment.get(name)?);
            path.is_absolute().then_some(path)
        };
        let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
        Some(cache.join("salver").join("plugins"))
    }
}

impl TrustedKey {
    /// Takes `ed25519:...` for a key, everything else for a path in `repo`.
    pub(crate) fn new(text: &str, repo: &Path) -> Self {
        if text.starts_with(PUBLIC_KEY) {
            Self::Text(text.to_owned())
        } else {
            Self::File(repo.join(text))
        }
    }
}
