//! What the documentation tells people to type works.
//!
//! Two tags of fenced blocks are looked at, in every Markdown file of the root folder and of `docs/`:
//!
//! - `sh`: all blocks of a file are run, in their order, as one session of a shell, in a folder that holds only
//!   `FEATURE_REPO`, the example repository, applied and materialized. A line `gateway … serve` is started on a
//!   free port (which stands for 6566 everywhere in the file) and left running; the line after it runs once the
//!   gateway is ready.
//! - `console`: commands that can't be run here. Programs, subcommands and options must be those that the
//!   program's `--help` names. With `$ ` before a line, the lines without it are output.

#[path = "docs_commands/blocks.rs"]
mod blocks;
#[path = "docs_commands/help.rs"]
mod help;
#[path = "docs_commands/session.rs"]
mod session;

use std::path::{Path, PathBuf};

use blocks::{Block, blocks};

fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("the package is in the workspace's folder")
}

/// Every Markdown file that people read.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = [
        root().to_owned(),
        root().join("docs"),
        root().join("docs/adr"),
    ]
    .iter()
    .filter_map(|folder| folder.read_dir().ok())
    .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
    .filter(|path| path.extension().is_some_and(|it| it == "md"))
    .collect();
    pages.sort();
    assert!(
        pages.iter().any(|page| page.ends_with("README.md")),
        "{pages:?}"
    );
    pages
}

/// The blocks of a page with this tag.
fn tagged(page: &Path, tag: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(page).expect("a page can be read");
    blocks(&text)
        .into_iter()
        .filter(|block| block.tag == tag)
        .collect()
}

#[test]
fn every_block_tagged_sh_runs() {
    let pages = pages();
    let sessions: Vec<_> = pages
        .iter()
        .map(|page| (page, tagged(page, "sh")))
        .collect();
    assert!(
        sessions.iter().any(|(_, blocks)| !blocks.is_empty()),
        "the README has some"
    );
    for (page, blocks) in sessions {
        if !blocks.is_empty() {
            session::run(page, &blocks);
        }
    }
}

#[test]
fn every_command_in_a_block_tagged_console_is_one_that_the_programs_know() {
    let mut help = help::Help::default();
    let mut problems = Vec::new();
    for page in pages() {
        for block in tagged(&page, "console") {
            for (line, command) in block.commands() {
                if let Err(problem) = help.check(&command) {
                    problems.push(format!(
                        "{}:{line}: {problem}\n    {command}",
                        page.display()
                    ));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
