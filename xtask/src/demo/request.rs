//! Asking the gateway, with nothing but a socket.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The request on Feast's page about its Python feature server.
pub(crate) const DOCS: &str = r#"{
    "features": [
      "driver_hourly_stats:conv_rate",
      "driver_hourly_stats:acc_rate",
      "driver_hourly_stats:avg_daily_trips"
    ],
    "entities": {
      "driver_id": [1001, 1002, 1003]
    }
  }"#;

/// The same for all drivers of the example repository.
pub(crate) const EVERY_DRIVER: &str = r#"{
    "features": [
      "driver_hourly_stats:conv_rate",
      "driver_hourly_stats:acc_rate",
      "driver_hourly_stats:avg_daily_trips"
    ],
    "entities": {"driver_id": [1001, 1002, 1003, 1004, 1005]}
  }"#;

/// A feature service with features that a plugin computes from stored ones and from what the request brings.
pub(crate) const SERVICE: &str = r#"{
    "feature_service": "driver_activity_v1",
    "entities": {
      "driver_id": [1001, 1002],
      "val_to_add": [1, 2],
      "val_to_add_2": [10, 20]
    }
  }"#;

const PATIENCE: Duration = Duration::from_secs(30);

/// The request as one would type it.
pub(crate) fn as_curl(port: u16, body: &str) -> String {
    format!("curl -X POST \\\n  \"http://localhost:{port}/get-online-features\" \\\n  -d '{body}'")
}

/// Posts to `/get-online-features` what curl would: it calls a body given by `-d` a form.
pub(crate) fn ask(port: u16, body: &str) -> Result<Value> {
    post(port, "application/x-www-form-urlencoded", body)
}

/// The same as Feast's server insists on it.
pub(crate) fn ask_in_json(port: u16, body: &str) -> Result<Value> {
    post(port, "application/json", body)
}

fn post(port: u16, content_type: &str, body: &str) -> Result<Value> {
    let text = post_for_text(port, content_type, body)?;
    serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))
}

/// The reply's bytes as they came.
pub(crate) fn ask_for_text(port: u16, body: &str) -> Result<String> {
    post_for_text(port, "application/json", body)
}

fn post_for_text(port: u16, content_type: &str, body: &str) -> Result<String> {
    let head = format!(
        "POST /get-online-features HTTP/1.1\r\nhost: localhost:{port}\r\naccept: */*\r\n\
         content-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let reply = send(port, &[head.as_str(), body].concat())?;
    if reply.status != 200 {
        bail!("the server answered {}: {}", reply.status, reply.body);
    }
    Ok(reply.body)
}

pub(crate) fn get(port: u16, path: &str) -> Result<Reply> {
    send(
        port,
        &format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n"),
    )
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

fn send(port: u16, request: &str) -> Result<Reply> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("can't connect")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let (head, body) = reply
        .split_once("\r\n\r\n")
        .context("an answer cut short")?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Reply {
        status: status.with_context(|| format!("no HTTP: `{head}`"))?,
        body: body.to_owned(),
    })
}
