//! What builds plugins in JavaScript: the packages of `plugin-sdk/javascript`, below the target folder.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    packages::{Packages, install},
    python::hash,
    workspace::{find_program, root, run_quietly, target_dir},
};

/// What names packages that somebody has already.
const VARIABLE: &str = "SALVER_NODE_MODULES";
const FOLDER: &str = "plugin-sdk/javascript";
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

const NODE: Packages = Packages {
    what: "Node.js 20 or newer with npm",
    apt: &["nodejs", "npm"],
    dnf: &["nodejs", "npm"],
    apk: &["nodejs", "npm"],
    brew: &["node"],
};

/// The `node_modules` that has them, made now if it isn't there.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let target = target_dir()?;
    fs::create_dir_all(&target)?;
    // Two at once would spoil each other's.
    let lock = File::create(target.join("javascript.lock"))?;
    lock.lock()
        .context("can't lock `javascript.lock` in the target folder")?;
    let pins = hash(&fs::read(root().join(FOLDER).join(FILES[1]))?);
    let folder = target.join(format!("javascript-{pins:016x}"));
    let complete = folder.join("complete");
    if !complete.exists() {
        make(&folder)?;
        fs::write(complete, "")?;
    }
    Ok(folder.join("node_modules"))
}

fn make(folder: &Path) -> Result<()> {
    if find_program("npm").is_none() {
        install(&NODE)?;
    }
    let Some(npm) = find_program("npm") else {
        bail!("no `npm` in PATH: install Node.js 20 or newer and try again");
    };
    println!("    installing componentize-js into `{}`", folder.display());
    fs::create_dir_all(folder)?;
    for file in FILES {
        fs::copy(root().join(FOLDER).join(file), folder.join(file))?;
    }
    let mut command = Command::new(npm);
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder);
    run_quietly(&mut command).with_context(|| {
        format!(
            "can't install componentize-js: it comes from npm's registry, which must be reachable (or name a \
             `node_modules` that has it in `{VARIABLE}`)"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::{FILES, FOLDER, root};

    /// `npm ci` refuses a lock that leaves out a dependency, be it of another system.
    #[test]
    fn the_lock_has_every_dependency_of_each_package() {
        let text = fs::read_to_string(root().join(FOLDER).join(FILES[1])).unwrap();
        let lock: Value = serde_json::from_str(&text).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (path, package) in packages {
            let kinds = ["dependencies", "devDependencies", "optionalDependencies"];
            let wanted = kinds.iter().filter_map(|kind| package[kind].as_object());
            for name in wanted.flat_map(serde_json::Map::keys) {
                let found = places(path, name).any(|place| packages.contains_key(&place));
                assert!(found, "`{name}`, which `{path}` depends on, is missing");
            }
        }
    }

    /// Where node looks for a package that the one at `path` imports.
    fn places(path: &str, name: &str) -> impl Iterator<Item = String> {
        let mut above = Some(path);
        let folders = std::iter::from_fn(move || {
            let folder = above?;
            let cut = folder.rfind("node_modules/");
            above = cut.map(|cut| folder[..cut].trim_end_matches('/'));
            Some(folder.to_owned())
        });
        folders.map(move |folder| match folder.as_str() {
            "" => format!("node_modules/{name}"),
            folder => format!("{folder}/node_modules/{name}"),
        })
    }
}
