//! Whether a program knows the subcommands and options of a command.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
};

use e2e::binary;

/// Programs of others: their options are not ours to check.
const OTHERS: [&str; 13] = [
    "apt-get",
    "brew",
    "cargo",
    "cd",
    "curl",
    "docker",
    "export",
    "feast",
    "git",
    "kill",
    "perf",
    "pip",
    "redis-cli",
];

/// What the programs' `--help` said.
#[derive(Default)]
pub(crate) struct Help(HashMap<Vec<String>, String>);

impl Help {
    /// Whether the command is one that its program knows.
    pub(crate) fn check(&mut self, command: &str) -> Result<(), String> {
        let words = words(command);
        let mut words = words
            .iter()
            .map(String::as_str)
            .skip_while(|word| is_assignment(word));
        let program = words.next().unwrap_or_default();
        let rest: Vec<&str> = words
            .take_while(|word| !["|", ">", "&&", ";", "&"].contains(word))
            .collect();
        match (program, rest.as_slice()) {
            ("cargo", ["xtask", rest @ ..]) => self.check_xtask(rest),
            ("gateway" | "registry-admin", rest) => self.check_ours(program, rest),
            (".ci/run", []) => Ok(()),
            (other, _) if OTHERS.contains(&other) => Ok(()),
            (other, _) => Err(format!(
                "`{other}` is no program that is known to the tests"
            )),
        }
    }

    /// Its one help names everything.
    fn check_xtask(&mut self, words: &[&str]) -> Result<(), String> {
        let help = self.help_of(&[binary("xtask").display().to_string()]);
        let shape = |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let unknown = words
            .iter()
            .filter(shape)
            .find(|word| !mentions(&help, word));
        unknown.map_or(Ok(()), |word| {
            Err(format!("`cargo xtask --help` doesn't name `{word}`"))
        })
    }

    fn check_ours(&mut self, program: &str, words: &[&str]) -> Result<(), String> {
        let mut path = vec![binary(program).display().to_string()];
        let mut help = self.help_of(&path);
        for word in words {
            let option = word.split('=').next().unwrap_or(word);
            if option.starts_with('-') && option.len() > 1 {
                if !mentions(&help, option) {
                    return Err(format!(
                        "`{} --help` doesn't name `{option}`",
                        path.join(" ")
                    ));
                }
            } else if is_subcommand(&help, word) {
                path.push((*word).to_owned());
                help.push_str(&self.help_of(&path));
            }
        }
        match path.len() {
            1 => Err(format!("no subcommand of `{program}`")),
            _ => Ok(()),
        }
    }

    fn help_of(&mut self, path: &[String]) -> String {
        let known = self.0.entry(path.to_vec());
        known.or_insert_with(|| run_help(path)).clone()
    }
}

fn run_help(path: &[String]) -> String {
    let program: PathBuf = Path::new(&path[0]).to_owned();
    let out = Command::new(&program)
        .args(&path[1..])
        .arg("--help")
        .output();
    let out = out.expect("the program has been built");
    assert!(
        out.status.success(),
        "{path:?} --help: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// As a whole word.
fn mentions(help: &str, word: &str) -> bool {
    let part_of_name = |c: char| !(c.is_alphanumeric() || c == '-' || c == '_');
    help.split(part_of_name).any(|it| it == word)
}

/// A line of the help begins with it.
fn is_subcommand(help: &str, word: &str) -> bool {
    let first = |line: &str| line.starts_with("  ") && line.split_whitespace().next() == Some(word);
    help.lines().any(first)
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
}

/// Split at blanks, but for those within quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c.is_whitespace() => words.push(String::new()),
            (_, c) => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
