//! Just enough of the Redis protocol to look into a Redis from outside of the code under test.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// A reply of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resp {
    /// `+OK`
    Simple(String),
    /// `-ERR …`
    Error(String),
    /// `:1`
    Integer(i64),
    /// A string, or nothing.
    Bulk(Option<Vec<u8>>),
    /// A list.
    Array(Vec<Resp>),
}

impl Resp {
    /// The bytes of a string; none of anything else.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bulk(bytes) => bytes.as_deref(),
            _ => None,
        }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }
}

/// Sends one command and reads its reply.
pub(crate) fn command(stream: &mut TcpStream, words: &[&[u8]]) -> std::io::Result<Resp> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
    stream.write_all(&request)?;
    reply(&mut BufReader::new(stream))
}

fn reply(from: &mut impl BufRead) -> std::io::Result<Resp> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let line = line.trim_end();
    let (kind, rest) = line
        .split_at_checked(1)
        .ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let number = || rest.parse::<i64>().unwrap_or(-1);
    Ok(match kind {
        "+" => Resp::Simple(rest.to_owned()),
        "-" => Resp::Error(rest.to_owned()),
        ":" => Resp::Integer(number()),
        "$" => Resp::Bulk(bulk(from, number())?),
        _ => Resp::Array(
            (0..number())
                .map(|_| reply(from))
                .collect::<Result<_, _>>()?,
        ),
    })
}

fn bulk(from: &mut impl Read, length: i64) -> std::io::Result<Option<Vec<u8>>> {
    let Ok(length) = usize::try_from(length) else {
        return Ok(None);
    };
    let mut bytes = vec![0; length + 2];
    from.read_exact(&mut bytes)?;
    bytes.truncate(length);
    Ok(Some(bytes))
}
