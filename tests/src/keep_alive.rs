//! One connection that many requests are sent on, one after the other.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::http::Reply;

const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is never opened anew: where the other side closes it, the test fails.
#[derive(Debug)]
pub struct KeepAlive {
    stream: BufReader<TcpStream>,
}

impl KeepAlive {
    /// Connects to a port of this machine.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
        let limited = stream.set_read_timeout(Some(PATIENCE));
        limited.expect("a timeout above zero");
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// `POST path`, and the answer read whole.
    ///
    /// # Panics
    /// When the connection was closed, or the answer has no `content-length`.
    pub fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let request = format!("{request}\r\n{body}");
        let sent = self.stream.get_mut().write_all(request.as_bytes());
        sent.expect("the connection stays open");
        self.answer()
    }

    fn answer(&mut self) -> Reply {
        let status = self.line();
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut reply = Reply {
            status: status.expect("a status"),
            headers: Vec::new(),
            body: Vec::new(),
        };
        while let Some((name, value)) = self.line().split_once(": ") {
            let name = name.to_ascii_lowercase();
            reply.headers.push((name, value.to_owned()));
        }
        let length = reply.header("content-length");
        let length = length.and_then(|length| length.parse().ok());
        reply.body = vec![0; length.expect("a length")];
        let read = self.stream.read_exact(&mut reply.body);
        read.expect("the whole body comes");
        reply
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line);
        assert_ne!(read.expect("an answer"), 0, "the connection was closed");
        line.trim_end().to_owned()
    }
}
