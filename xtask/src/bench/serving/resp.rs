//! As much of Redis' protocol as it takes to write a row: commands, and replies that are a list of strings or no error.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use anyhow::{Context, Result, bail};

pub(super) struct Resp(BufReader<TcpStream>);

impl Resp {
    pub(super) fn connect(address: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("can't reach {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a command whose reply is one line.
    pub(super) fn run(&mut self, words: &[&[u8]]) -> Result<()> {
        self.send(words)?;
        self.line().map(drop)
    }

    /// Sends a command whose reply is a list of strings.
    pub(super) fn list(&mut self, words: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
        self.send(words)?;
        let count: usize = self.number('*')?;
        (0..count).map(|_| self.string()).collect()
    }

    fn send(&mut self, words: &[&[u8]]) -> Result<()> {
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            command.extend_from_slice(word);
            command.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&command)?;
        Ok(())
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        let mut text = vec![0; self.number('$')? + 2];
        self.0.read_exact(&mut text)?;
        text.truncate(text.len() - 2);
        Ok(text)
    }

    fn number(&mut self, kind: char) -> Result<usize> {
        let line = self.line()?;
        let number = line.strip_prefix(kind).and_then(|text| text.parse().ok());
        number.with_context(|| format!("not the reply that was expected: `{line}`"))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('-') {
            bail!("Redis refuses: `{line}`");
        }
        Ok(line.to_owned())
    }
}
