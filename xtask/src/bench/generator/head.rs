//! The head of a reply.

use std::str;

use anyhow::{Context, Result};

/// What is told before a reply's body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Of the head itself.
    pub(super) bytes: usize,
    /// Of the body that follows.
    pub(super) body_bytes: usize,
}

const END: &[u8] = b"\r\n\r\n";

/// Out of what has come of a reply; none where that isn't all of its head.
///
/// # Errors
/// Where it is no HTTP, or doesn't tell how long the body is: servers that are measured know that beforehand.
pub(super) fn head(read: &[u8]) -> Result<Option<Head>> {
    let Some(end) = read.windows(END.len()).position(|four| four == END) else {
        return Ok(None);
    };
    let text = str::from_utf8(&read[..end])?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok());
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length = length.and_then(|value| value.trim().parse().ok());
    Ok(Some(Head {
        status: status.with_context(|| format!("no status: {text}"))?,
        bytes: end + END.len(),
        body_bytes: length.with_context(|| format!("no length: {text}"))?,
    }))
}

#[cfg(test)]
mod tests {
    use super::{Head, head};

    const REPLY: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nContent-Length: 7\r\n\r\n\
                         {\"a\":1}HTTP/1.1 200 OK\r\n";

    #[test]
    fn a_head_tells_its_status_and_where_the_next_reply_begins() {
        let bytes = REPLY.find('{').unwrap();
        let expected = Head {
            status: 429,
            bytes,
            body_bytes: 7,
        };
        assert_eq!(head(REPLY.as_bytes()).unwrap(), Some(expected));
    }

    #[test]
    fn no_part_of_a_head_is_one() {
        let bytes = REPLY.find('{').unwrap();
        for end in 0..bytes {
            assert_eq!(head(&REPLY.as_bytes()[..end]).unwrap(), None, "{end}");
        }
    }

    #[test]
    fn what_tells_no_status_or_no_length_is_refused() {
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let other = "220 ready\r\ncontent-length: 0\r\n\r\n";
        for reply in [chunked, other] {
            assert!(head(reply.as_bytes()).is_err(), "{reply}");
        }
    }
}
