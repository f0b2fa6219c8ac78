//! `feast apply` imports every module below its repository, a plugin's too, whose imports Feast doesn't have. It leaves
//! out what `.feastignore` names, beside `feature_store.yaml`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::folder;
use crate::printer::Printer;

const STORE: &str = "feature_store.yaml";
const IGNORE: &str = ".feastignore";

/// Names the plugin's folder there, where it is within a feature repository.
pub(super) fn keep_out(dir: &Path, printer: &mut Printer) -> anyhow::Result<()> {
    let dir = folder::canonical(dir)?;
    let Some(repo) = repository_above(&dir) else {
        return Ok(());
    };
    let Ok(below) = dir.strip_prefix(&repo) else {
        return Ok(());
    };
    let below = below.to_string_lossy();
    let path = repo.join(IGNORE);
    let shown = path.display();
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.with_context(|| format!("could not read `{shown}`"))?,
    };
    let Some(more) = with(&text, &below) else {
        return Ok(());
    };
    fs::write(&path, more).with_context(|| format!("could not write `{shown}`"))?;
    printer.line(format!(
        "wrote `{below}` into `{shown}`: `feast apply` would import the plugin otherwise"
    ))
}

fn repository_above(dir: &Path) -> Option<PathBuf> {
    let mut above = dir.ancestors().skip(1);
    above
        .find(|folder| folder.join(STORE).is_file())
        .map(Path::to_path_buf)
}

/// The file with the folder in it; nothing where it is there already, or one above it is.
fn with(text: &str, below: &str) -> Option<String> {
    let lines = text.lines().map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        line.trim().trim_start_matches("./").trim_end_matches('/')
    });
    let pattern = pattern(below);
    for line in lines.filter(|line| !line.is_empty()) {
        let rest = pattern.strip_prefix(line);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return None;
        }
    }
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    Some(format!("{text}{end}{pattern}\n"))
}

/// A path as a pattern of Feast's, which has `*`, `?`, `[..]`, and comments.
fn pattern(path: &str) -> String {
    let letters = path.chars().map(|letter| match letter {
        '*' | '?' | '[' => format!("[{letter}]"),
        '#' => "?".to_owned(),
        other => other.to_string(),
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn the_folder_is_added_once() {
        for (text, wanted) in [
            ("", Some("plugins/p\n")),
            ("scripts", Some("scripts\nplugins/p\n")),
            (
                "plugins/q # not p\n",
                Some("plugins/q # not p\nplugins/p\n"),
            ),
            ("plugins/pp\n", Some("plugins/pp\nplugins/p\n")),
            ("a\n ./plugins/ # all\n", None),
            ("plugins/p", None),
        ] {
            assert_eq!(with(text, "plugins/p").as_deref(), wanted, "{text}");
        }
        assert_eq!(with("", "a#b/[c]").as_deref(), Some("a?b/[[]c]\n"));
    }
}
