//! Fenced blocks of a Markdown page, and the commands in them.

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The word after the fence.
    pub(crate) tag: String,
    /// The line of the fence, counted from one.
    pub(crate) line: usize,
    /// What is between the fences, without their indentation.
    pub(crate) text: String,
}

/// All fenced blocks of a page.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    for (index, line) in page.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let fence = line.trim_start().strip_prefix("```");
        match (open.take(), fence) {
            (Some((block, _)), Some("")) => found.push(block),
            (Some((mut block, indent)), _) => {
                block.text.push_str(line.get(indent..).unwrap_or_default());
                block.text.push('\n');
                open = Some((block, indent));
            }
            (None, Some(tag)) => {
                let block = Block {
                    tag: tag.trim().to_owned(),
                    line: index + 1,
                    text: String::new(),
                };
                open = Some((block, indent));
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is never closed: {open:?}");
    found
}

impl Block {
    /// Its commands with their lines in the page: those after `$ ` if there are any, else everything. A
    /// command goes on over a `\` at a line's end and within quotes.
    pub(crate) fn commands(&self) -> Vec<(usize, String)> {
        let prompted = self.text.lines().any(|line| line.starts_with("$ "));
        let mut commands = Vec::new();
        let mut pending: Option<(usize, String)> = None;
        for (index, line) in self.text.lines().enumerate() {
            let (at, text) = match pending.take() {
                Some((at, before)) => (at, format!("{before}\n{line}")),
                None => match line.strip_prefix("$ ") {
                    Some(command) => (self.line + 1 + index, command.to_owned()),
                    None if prompted => continue,
                    None => (self.line + 1 + index, line.to_owned()),
                },
            };
            match goes_on(&text) {
                true => pending = Some((at, text)),
                false => commands.push((at, text.replace("\\\n", " "))),
            }
        }
        assert!(pending.is_none(), "a command without an end: {pending:?}");
        let told = |command: &str| !command.trim().is_empty() && !command.starts_with('#');
        commands.retain(|(_, command)| told(command));
        commands
    }
}

fn goes_on(text: &str) -> bool {
    let open = |quote: char| text.matches(quote).count() % 2 == 1;
    text.ends_with('\\') || open('\'') || (!text.contains('\'') && open('"'))
}

#[test]
fn blocks_have_their_tags_lines_and_text() {
    let page = "Text\n```sh\na\n```\n1. Item\n   ```console\n   $ b\n     c\n   ```\n";
    let found = blocks(page);
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].tag.as_str(), found[0].line, found[0].text.as_str()),
        ("sh", 2, "a\n")
    );
    assert_eq!((found[1].tag.as_str(), found[1].line), ("console", 6));
    assert_eq!(found[1].commands(), [(7, "b".to_owned())]);
}

#[test]
fn commands_go_on_within_quotes_and_after_a_backslash() {
    let block = Block {
        tag: "console".to_owned(),
        line: 1,
        text: "# why\na \\\n  --b\ncurl -d '{\n}'\n".to_owned(),
    };
    let commands = block.commands();
    assert_eq!(commands[0], (3, "a    --b".to_owned()));
    assert_eq!(commands[1], (5, "curl -d '{\n}'".to_owned()));
}
