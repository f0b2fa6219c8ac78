//! Packages of npm, as a `package-lock.json` of this repository has them, below the target folder: what builds plugins in
//! JavaScript, and the OpenID provider of the tests.

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

/// A folder with a `package.json` and its lock.
struct Project {
    /// What it is for.
    what: &'static str,
    folder: &'static str,
    /// How its folder below the target folder begins.
    name: &'static str,
    /// What names packages that somebody has already.
    variable: &'static str,
}

const TOOLCHAIN: Project = Project {
    what: "componentize-js",
    folder: "plugin-sdk/javascript",
    name: "javascript",
    variable: "SALVER_NODE_MODULES",
};
const OIDC_PROVIDER: Project = Project {
    what: "oidc-provider",
    folder: "tests/oidc",
    name: "oidc",
    variable: "SALVER_OIDC_MODULES",
};
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

const NODE: Packages = Packages {
    what: "Node.js 20 or newer with npm",
    apt: &["nodejs", "npm"],
    dnf: &["nodejs", "npm"],
    apk: &["nodejs", "npm"],
    brew: &["node"],
};

/// The `node_modules` that builds plugins, made now if it isn't there.
pub(crate) fn ensure() -> Result<PathBuf> {
    ensure_project(&TOOLCHAIN)
}

/// The `node_modules` of the tests' OpenID provider, made now if it isn't there.
pub(crate) fn ensure_oidc_provider() -> Result<PathBuf> {
    ensure_project(&OIDC_PROVIDER)
}

fn ensure_project(project: &Project) -> Result<PathBuf> {
    if let Some(path) = env::var_os(project.variable) {
        return Ok(PathBuf::from(path));
    }
    let target = target_dir()?;
    fs::create_dir_all(&target)?;
    // Two at once would spoil each other's.
    let lock = File::create(target.join("javascript.lock"))?;
    lock.lock()
        .context("can't lock `javascript.lock` in the target folder")?;
    let pins = hash(&fs::read(root().join(project.folder).join(FILES[1]))?);
    let folder = target.join(format!("{}-{pins:016x}", project.name));
    let complete = folder.join("complete");
    if !complete.exists() {
        make(project, &folder)?;
        fs::write(complete, "")?;
    }
    Ok(folder.join("node_modules"))
}

fn make(project: &Project, folder: &Path) -> Result<()> {
    let Project { what, variable, .. } = project;
    if find_program("npm").is_none() {
        install(&NODE)?;
    }
    let Some(npm) = find_program("npm") else {
        bail!("no `npm` in PATH: install Node.js 20 or newer and try again");
    };
    println!("    installing {what} into `{}`", folder.display());
    fs::create_dir_all(folder)?;
    for file in FILES {
        fs::copy(root().join(project.folder).join(file), folder.join(file))?;
    }
    let mut command = Command::new(npm);
    command
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder);
    run_quietly(&mut command).with_context(|| {
        format!(
            "can't install {what}: it comes from npm's registry, which must be reachable (or name a `node_modules` that has \
             it in `{variable}`)"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::{FILES, OIDC_PROVIDER, TOOLCHAIN, root};

    /// `npm ci` refuses a lock that leaves out a dependency, be it of another system.
    #[test]
    fn the_lock_has_every_dependency_of_each_package() {
        for project in [TOOLCHAIN, OIDC_PROVIDER] {
            let file = root().join(project.folder).join(FILES[1]);
            let lock: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
            check(lock["packages"].as_object().unwrap());
        }
    }

    fn check(packages: &serde_json::Map<String, Value>) {
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
