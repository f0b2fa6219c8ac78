//! Getting a program that is missing, with the system's package manager, when we may.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::workspace::{find_program, run_command};

/// A package manager: its program, how it refreshes its lists, how it installs.
struct Manager {
    program: &'static str,
    refresh: Option<&'static [&'static str]>,
    install: &'static [&'static str],
    needs_root: bool,
}

const MANAGERS: &[Manager] = &[
    Manager {
        program: "apt-get",
        refresh: Some(&["update"]),
        install: &["install", "-y", "--no-install-recommends"],
        needs_root: true,
    },
    Manager {
        program: "dnf",
        refresh: None,
        install: &["install", "-y"],
        needs_root: true,
    },
    Manager {
        program: "apk",
        refresh: None,
        install: &["add", "--no-cache"],
        needs_root: true,
    },
    Manager {
        program: "brew",
        refresh: None,
        install: &["install"],
        needs_root: false,
    },
];

/// The names of one thing's packages, by package manager.
pub(crate) struct Packages {
    /// What it is, for messages: `redis-server`.
    pub(crate) what: &'static str,
    pub(crate) apt: &'static [&'static str],
    pub(crate) dnf: &'static [&'static str],
    pub(crate) apk: &'static [&'static str],
    pub(crate) brew: &'static [&'static str],
}

impl Packages {
    /// Of a program that is called as the packages are for messages: the one in PATH, or one installed now.
    ///
    /// # Errors
    /// Where it can't be installed: see [`install`].
    pub(crate) fn ensure_program(&self) -> Result<PathBuf> {
        if find_program(self.what).is_none() {
            install(self)?;
        }
        let what = self.what;
        find_program(what)
            .with_context(|| format!("`{what}` is still not in PATH after its installation"))
    }

    fn of(&self, manager: &Manager) -> &'static [&'static str] {
        match manager.program {
            "apt-get" => self.apt,
            "dnf" => self.dnf,
            "apk" => self.apk,
            _ => self.brew,
        }
    }
}

/// Installs.
///
/// # Errors
/// Without a package manager we know, or without the rights: the error names the command to type.
pub(crate) fn install(packages: &Packages) -> Result<()> {
    let what = packages.what;
    let Some(manager) = MANAGERS
        .iter()
        .find(|it| find_program(it.program).is_some())
    else {
        bail!("`{what}` is missing: install it and see that it is in PATH");
    };
    let names = packages.of(manager);
    let Some(prefix) = rights(manager) else {
        let words = [manager.install, names].concat().join(" ");
        bail!(
            "`{what}` is missing, and only root may install it: `sudo {} {words}`",
            manager.program
        );
    };
    println!(
        "    `{what}` is missing: installing it with {}",
        manager.program
    );
    if let Some(refresh) = manager.refresh {
        run_command(&mut command(prefix, manager, refresh))?;
    }
    run_command(&mut command(
        prefix,
        manager,
        &[manager.install, names].concat(),
    ))
    .with_context(|| format!("can't install `{what}`; install it by hand and try again"))
}

/// The words before the command: none, or `sudo -n` where it asks for no password. None: we may not.
fn rights(manager: &Manager) -> Option<&'static [&'static str]> {
    if !manager.needs_root || is_root() {
        return Some(&[]);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    sudo.status()
        .is_ok_and(|status| status.success())
        .then_some(&["sudo", "-n"])
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

fn command(prefix: &[&str], manager: &Manager, args: &[&str]) -> Command {
    let words = [prefix, &[manager.program], args].concat();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
