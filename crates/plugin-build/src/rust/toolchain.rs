use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{BuildError, Language, command::first_line};

pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Where Debian's packages `rustc-web` and `rust-web-src` put the compiler.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// How the standard library for [`TARGET`] comes about.
#[derive(Debug)]
pub(super) enum Toolchain {
    /// It is installed beside the compiler, as by `rustup target add`.
    Installed { rustc: PathBuf },
    /// A compiler that its own source is installed with builds it, as on Debian. Cargo takes that for a nightly's
    /// work, hence `RUSTC_BOOTSTRAP`.
    BuildsStd { rustc: PathBuf, linker: PathBuf },
}

impl Toolchain {
    /// The first that works: the compiler that cargo would take in `folder`, else Debian's.
    pub(super) fn find(folder: &Path) -> Result<Self, BuildError> {
        let rustc = PathBuf::from(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let candidates = [rustc, PathBuf::from(DEBIAN_RUSTC)];
        let installed = candidates.iter().find(|rustc| has_std(rustc, folder));
        if let Some(rustc) = installed {
            return Ok(Self::Installed {
                rustc: rustc.clone(),
            });
        }
        let linker = candidates
            .iter()
            .find_map(|rustc| own_linker(rustc, folder));
        let linker = linker.or_else(|| in_path("wasm-ld"));
        let with_source = candidates
            .into_iter()
            .find(|rustc| is_debian(rustc) && has_source(rustc, folder));
        match (with_source, linker) {
            (Some(rustc), Some(linker)) => Ok(Self::BuildsStd { rustc, linker }),
            (source, linker) => Err(missing(source.is_none(), linker.is_none())),
        }
    }

    /// Makes a `cargo build` use it.
    pub(super) fn apply(&self, cargo: &mut Command) {
        match self {
            Self::Installed { rustc } => {
                cargo.env("RUSTC", rustc);
            }
            Self::BuildsStd { rustc, linker } => {
                cargo
                    .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features="])
                    .env("RUSTC", rustc)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            }
        }
    }

    /// Below which the standard library's own source is, where its paths would be in what is built.
    pub(super) fn sysroot(&self) -> Option<PathBuf> {
        match self {
            Self::Installed { .. } => None,
            Self::BuildsStd { rustc, .. } => sysroot(rustc, Path::new(".")),
        }
    }
}

fn missing(no_source: bool, no_linker: bool) -> BuildError {
    let mut packages = Vec::new();
    if no_source {
        packages.push("rustc-web rust-web-src");
    }
    if no_linker {
        packages.push("lld");
    }
    BuildError::MissingToolchain {
        language: Language::Rust,
        missing: format!("the standard library for {TARGET} is missing"),
        install: vec![
            format!("rustup target add {TARGET}"),
            format!("apt-get install {}", packages.join(" ")),
        ],
    }
}

/// The folder of the target's libraries is there, and not just named.
fn has_std(rustc: &Path, folder: &Path) -> bool {
    let print = ["--print", "target-libdir", "--target", TARGET];
    let told = first_line(Command::new(rustc).args(print).current_dir(folder));
    told.is_some_and(|libdir| Path::new(&libdir).is_dir())
}

fn sysroot(rustc: &Path, folder: &Path) -> Option<PathBuf> {
    let mut print = Command::new(rustc);
    print.args(["--print", "sysroot"]).current_dir(folder);
    first_line(&mut print).map(PathBuf::from)
}

fn is_debian(rustc: &Path) -> bool {
    rustc == Path::new(DEBIAN_RUSTC)
}

fn has_source(rustc: &Path, folder: &Path) -> bool {
    let manifest = "lib/rustlib/src/rust/library/Cargo.toml";
    sysroot(rustc, folder).is_some_and(|sysroot| sysroot.join(manifest).is_file())
}

/// The `rust-lld` of a rustup toolchain: it links WebAssembly, too.
fn own_linker(rustc: &Path, folder: &Path) -> Option<PathBuf> {
    let host = first_line(
        Command::new(rustc)
            .args(["--print", "host-tuple"])
            .current_dir(folder),
    )?;
    let linker = sysroot(rustc, folder)?
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    linker.is_file().then_some(linker)
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn what_is_missing_is_told_with_the_command_that_installs_it() {
        assert_eq!(
            missing(true, false).to_string(),
            "can't build plugins in rust: the standard library for wasm32-unknown-unknown is missing; install with \
             `rustup target add wasm32-unknown-unknown` or `apt-get install rustc-web rust-web-src`"
        );
        let no_linker = missing(false, true).to_string();
        assert!(
            no_linker.ends_with("or `apt-get install lld`"),
            "{no_linker}"
        );
    }
}
