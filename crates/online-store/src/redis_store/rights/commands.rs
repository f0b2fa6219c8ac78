//! The commands that are tried.

/// One on a line; what is to be known about them is said there.
const COMMANDS: &str = include_str!("commands.txt");

/// A try: what it stands for, and the words of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Try {
    pub(super) right: String,
    pub(super) words: Vec<Vec<u8>>,
}

impl Try {
    /// The form of a command that a line tells, about a key.
    fn of(line: &str, key: &str) -> Option<Self> {
        let mut told = line.split_ascii_whitespace();
        let command = told.next()?.replace('|', " ");
        let words = command.split(' ').chain(told);
        let words = words.map(|word| if word == "KEY" { key } else { word });
        Some(Self {
            right: format!("`{command}`"),
            words: words.map(|word| word.as_bytes().to_vec()).collect(),
        })
    }

    /// The same command, told as something else.
    pub(super) fn about(right: impl Into<String>, words: &[&[u8]]) -> Self {
        Self {
            right: right.into(),
            words: words.iter().map(|word| word.to_vec()).collect(),
        }
    }
}

/// Those that no reader needs and that leave the connection as it is, in a form that does nothing.
pub(super) fn unneeded(key: &str) -> impl Iterator<Item = Try> {
    let lines = COMMANDS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(move |line| Try::of(line, key))
}

/// As above, but another use of the connection is not to be had afterwards.
pub(super) fn unneeded_and_last(key: &str) -> impl Iterator<Item = Try> {
    let lines = [
        "MONITOR",
        "MULTI",
        "SUBSCRIBE KEY",
        "PSUBSCRIBE KEY",
        "SSUBSCRIBE KEY",
    ];
    lines.into_iter().filter_map(move |line| Try::of(line, key))
}

/// What goes through all keys of the database: only worth it where nothing else was found.
pub(super) fn slow(key: &str) -> impl Iterator<Item = Try> {
    Try::of("KEYS KEY", key).into_iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Try, unneeded};

    #[test]
    fn each_command_is_tried_once_and_never_without_what_keeps_it_harmless() {
        let tries: Vec<Try> = unneeded("the-key").collect();
        let rights: BTreeSet<&str> = tries.iter().map(|one| one.right.as_str()).collect();
        assert_eq!(rights.len(), tries.len());
        let words = |right: &str| {
            let found = tries.iter().find(|one| one.right == right);
            let words = found.map(|one| one.words.join(&b' '));
            words.map(|words| String::from_utf8(words).unwrap())
        };
        for (right, form) in [
            ("`FLUSHALL`", "FLUSHALL salver-doctor"),
            ("`SHUTDOWN`", "SHUTDOWN salver-doctor"),
            ("`CONFIG SET`", "CONFIG SET salver-doctor 1"),
            ("`SET`", "SET the-key v XX"),
            ("`COMMAND GETKEYS`", "COMMAND GETKEYS get the-key"),
        ] {
            assert_eq!(words(right).as_deref(), Some(form));
        }
        for needed in ["`HMGET`", "`HGETALL`", "`PING`", "`READONLY`"] {
            assert_eq!(words(needed), None);
        }
    }
}
