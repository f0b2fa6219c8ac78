//! Replies in Arrow, as pyarrow reads them, which comes with Feast.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::programs::Programs;
use crate::bench::measured;

pub(super) const MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";

/// Asks, and tells the values as the layout of columns does.
const SCRIPT: &str = r#"
import json, sys, urllib.request, pyarrow
url, accept, body = sys.argv[1:]
request = urllib.request.Request(url, data=body.encode(), headers={"Accept": accept})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open(request) as reply:
    assert reply.headers["Content-Type"] == accept, reply.headers
    table = pyarrow.ipc.open_stream(reply.read()).read_all()
results = [{"values": table.column(name).to_pylist()} for name in table.column_names]
print(json.dumps({"metadata": {"feature_names": table.column_names}, "results": results}))
"#;

/// What the server at this port answers in Arrow.
pub(super) fn ask(programs: &Programs, port: u16, body: &str) -> Result<Value> {
    let url = format!("http://127.0.0.1:{port}/get-online-features");
    let mut python = Command::new(&programs.feast_python);
    python.args(["-c", SCRIPT, &url, MEDIA_TYPE, body]);
    let printed = measured::run(&mut python)?.stdout;
    serde_json::from_str(&printed).with_context(|| format!("no JSON: {printed}"))
}
