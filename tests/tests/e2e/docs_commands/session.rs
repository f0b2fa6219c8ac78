//! The `sh` blocks of one page, run as one session.

use std::path::Path;

use e2e::{Repo, free_port};

use super::blocks::Block;

/// Runs them in an empty folder; ends with the gateways it started.
pub(crate) fn run(page: &Path, blocks: &[Block]) {
    let sandbox = Repo::empty();
    let port = free_port();
    let name = page.file_name().unwrap_or_default().to_string_lossy();
    let mut script = String::from("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    for block in blocks {
        script.push_str(&format!("echo '== {name}:{}'\n", block.line));
        for (_, command) in block.commands() {
            script.push_str(&rewritten(&command, port));
            script.push('\n');
        }
    }
    let outcome = sandbox.bash(&script).run();
    assert_eq!(
        outcome.code,
        Some(0),
        "the last `==` tells the block\n{outcome}"
    );
}

/// A gateway in the foreground would never let the next command have its turn.
fn rewritten(command: &str, port: u16) -> String {
    let command = command.replace("localhost:6566", &format!("localhost:{port}"));
    let serves = command.split_whitespace().any(|word| word == "serve");
    if !(command.starts_with("gateway") && serves) {
        return command;
    }
    let command = command.trim_end().trim_end_matches('&');
    let ready = format!("curl -sf -o gateway.ready http://localhost:{port}/ready");
    format!(
        "{command} --port {port} >gateway.log 2>&1 &\n\
         for attempt in $(seq 300); do {ready} && break; sleep 0.1; done\n\
         {ready} || {{ cat gateway.log; exit 1; }}"
    )
}
