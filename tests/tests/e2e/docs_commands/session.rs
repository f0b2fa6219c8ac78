//! The `sh` blocks of one page, run as one session.

use std::path::Path;

use e2e::{Repo, admin_at, now};
use free_port::free_port;

use super::blocks::Block;

/// Runs them in a folder that holds only `FEATURE_REPO`; ends with the gateways it started.
pub(crate) fn run(page: &Path, blocks: &[Block]) {
    let sandbox = Repo::empty();
    example(&sandbox);
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

/// What pages call `FEATURE_REPO`: the example, applied and materialized.
fn example(sandbox: &Repo) {
    let _ = sandbox
        .bash("registry-admin init FEATURE_REPO")
        .run()
        .succeeds();
    let folder = sandbox.at("FEATURE_REPO");
    let _ = admin_at(&folder, ["apply"]).run().succeeds();
    let until_now = ["materialize-incremental", &now()];
    let _ = admin_at(&folder, until_now).run().succeeds();
}

/// A gateway in the foreground would never let the next command have its turn.
fn rewritten(command: &str, port: u16) -> String {
    let command = command.replace("6566", &port.to_string());
    let serves = command.split_whitespace().any(|word| word == "serve");
    if !(command.starts_with("gateway") && serves) {
        return command;
    }
    let command = command.trim_end().trim_end_matches('&');
    let port_option = match command.contains("--port") {
        true => String::new(),
        false => format!(" --port {port}"),
    };
    let ready = format!("curl -sf -o gateway.ready http://localhost:{port}/ready");
    format!(
        "{command}{port_option} >gateway.log 2>&1 &\n\
         for attempt in $(seq 2400); do {ready} && break; sleep 0.1; done\n\
         {ready} || {{ cat gateway.log; exit 1; }}"
    )
}
