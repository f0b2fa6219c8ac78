//! Replies of Redis as they lie in a buffer, read without a tree of values in between. Source of the layout: "Redis
//! serialization protocol specification" (RESP2, and what RESP3 adds).
//!
//! A reply to `HMGET` of 51 values takes redis-rs' own parser 9 us, more than Redis spends on it.

use std::ops::Range;

use bytes::Bytes;
use redis::Value;

/// A line of a simple string, an error or a number is never as long as that.
const LONGEST_LINE: usize = 64 * 1024;
/// Redis has no longer strings, unless somebody configures it.
const LONGEST_STRING: usize = 1 << 30;

/// What came is no reply, so that nothing after it can be read either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server answers something that is no reply of Redis")]
pub(crate) struct Malformed;

/// Where the reply at the front of `bytes` ends; none where it isn't there as a whole yet.
pub(crate) fn end_of_reply(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    EndOfReply::default().find(bytes)
}

/// A look for the end of a reply that comes piece by piece: what was looked at once isn't looked at again.
#[derive(Debug)]
pub(crate) struct EndOfReply {
    /// Before that everything is there.
    at: usize,
    /// Replies that are to come, those within others included.
    missing: usize,
}

impl Default for EndOfReply {
    fn default() -> Self {
        Self { at: 0, missing: 1 }
    }
}

impl EndOfReply {
    /// Where the reply at the front of `bytes` ends; none where it isn't there as a whole yet. These bytes begin with those
    /// of the last time.
    pub(crate) fn find(&mut self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        while self.missing > 0 {
            let Some(head) = Head::read(bytes.get(self.at..).unwrap_or_default())? else {
                return Ok(None);
            };
            let mut end = self.at + head.length;
            let mut more = 0;
            match head.content {
                Content::Nothing => {}
                Content::String(length) => {
                    end += length + 2;
                    match bytes.get(end - 2..end) {
                        None => return Ok(None),
                        Some(end) if end != b"\r\n" => return Err(Malformed),
                        Some(_) => {}
                    }
                }
                Content::Replies(count) => more = count,
            }
            self.at = end;
            self.missing = (self.missing - 1).checked_add(more).ok_or(Malformed)?;
        }
        Ok(Some(self.at))
    }
}

/// The line that a reply begins with.
struct Head {
    length: usize,
    content: Content,
}

/// What follows that line.
enum Content {
    Nothing,
    /// So many bytes, and the end of a line.
    String(usize),
    Replies(usize),
}

impl Head {
    #[inline]
    fn read(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        match Self::of_short_string(bytes) {
            Some(head) => Ok(Some(head)),
            None => Self::of_any(bytes),
        }
    }

    /// Most of what comes are values of features, whose length has a digit or two.
    #[inline]
    fn of_short_string(bytes: &[u8]) -> Option<Self> {
        let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
        let (length, string) = match *bytes {
            [b'$', ones, b'\r', b'\n', ..] => (4, digit(ones)?),
            [b'$', tens, ones, b'\r', b'\n', ..] => (5, digit(tens)? * 10 + digit(ones)?),
            _ => return None,
        };
        let content = Content::String(string.into());
        Some(Self { length, content })
    }

    fn of_any(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let Some((kind, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let Some(length) = rest.iter().position(|byte| *byte == b'\r') else {
            return match rest.len() > LONGEST_LINE {
                true => Err(Malformed),
                false => Ok(None),
            };
        };
        match rest.get(length + 1) {
            None => return Ok(None),
            Some(b'\n') => {}
            Some(_) => return Err(Malformed),
        }
        let line = &rest[..length];
        let content = match kind {
            b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => Content::Nothing,
            b'$' | b'!' | b'=' => {
                number(line, LONGEST_STRING)?.map_or(Content::Nothing, Content::String)
            }
            b'*' | b'~' | b'>' => {
                number(line, usize::MAX)?.map_or(Content::Nothing, Content::Replies)
            }
            b'%' => {
                let entries = number(line, usize::MAX / 2)?;
                entries.map_or(Content::Nothing, |entries| Content::Replies(entries * 2))
            }
            _ => return Err(Malformed),
        };
        let length = length + 3;
        Ok(Some(Self { length, content }))
    }
}

/// A length; none for `-1`, which is a null.
fn number(line: &[u8], most: usize) -> Result<Option<usize>, Malformed> {
    if line == b"-1" {
        return Ok(None);
    }
    if line.is_empty() {
        return Err(Malformed);
    }
    let digit = |number: usize, byte: &u8| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    let number = line.iter().try_fold(0_usize, digit).ok_or(Malformed)?;
    match number <= most {
        true => Ok(Some(number)),
        false => Err(Malformed),
    }
}

/// Reads whole replies, one after the other.
#[derive(Debug)]
pub(crate) struct Reader {
    bytes: Bytes,
    at: usize,
}

/// Adds one part of a command: its name or an argument.
pub(crate) fn put_argument(commands: &mut Vec<u8>, argument: &[u8]) {
    put_number(commands, b'$', argument.len());
    commands.extend_from_slice(argument);
    commands.extend_from_slice(b"\r\n");
}

/// Begins a command of so many parts.
pub(crate) fn begin_command(commands: &mut Vec<u8>, parts: usize) {
    put_number(commands, b'*', parts);
}

fn put_number(commands: &mut Vec<u8>, kind: u8, number: usize) {
    commands.push(kind);
    match u8::try_from(number) {
        Ok(digit @ 0..10) => commands.push(b'0' + digit),
        _ => commands.extend_from_slice(number.to_string().as_bytes()),
    }
    commands.extend_from_slice(b"\r\n");
}

impl Reader {
    /// Of bytes that [`end_of_reply`] has found to be whole replies.
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes, at: 0 }
    }

    /// The number of values in the list that comes next, which are then read one by one. Any other reply is skipped
    /// and given.
    pub(crate) fn list(&mut self) -> Result<usize, Value> {
        if self.rest().first() == Some(&b'*')
            && let Ok(Some(head)) = Head::read(self.rest())
            && let Content::Replies(count) = head.content
        {
            self.at += head.length;
            return Ok(count);
        }
        Err(self.any())
    }

    /// The number that comes next. Any other reply is skipped and given.
    pub(crate) fn number(&mut self) -> Result<i64, Value> {
        if let Some((b':', rest)) = self.rest().split_first()
            && let Some(length) = rest.iter().position(|byte| *byte == b'\r')
            && let Ok(line) = std::str::from_utf8(&rest[..length])
            && let Ok(number) = line.parse()
        {
            self.at += length + 3;
            return Ok(number);
        }
        Err(self.any())
    }

    /// The string that comes next; none for a null. Any other reply is skipped and given.
    pub(crate) fn string(&mut self) -> Result<Option<&[u8]>, Value> {
        match self.skip_string() {
            Some(string) => Ok(string.map(|place| &self.bytes[place])),
            None => Err(self.any()),
        }
    }

    /// Where the string is that comes next, which is skipped; nothing where something else comes.
    fn skip_string(&mut self) -> Option<Option<Range<usize>>> {
        if !matches!(self.rest().first(), Some(b'$' | b'_')) {
            return None;
        }
        let head = Head::read(self.rest()).ok().flatten()?;
        let start = self.at + head.length;
        let Content::String(length) = head.content else {
            self.at = start;
            return Some(None);
        };
        if start + length + 2 > self.bytes.len() {
            return None;
        }
        self.at = start + length + 2;
        Some(Some(start..start + length))
    }

    /// The next reply, whatever it is; a null past the last one.
    pub(crate) fn any(&mut self) -> Value {
        let rest = self.rest();
        let end = end_of_reply(rest).ok().flatten().unwrap_or(rest.len());
        let parsed = redis::parse_redis_value(&rest[..end]);
        self.at += end;
        parsed.unwrap_or(Value::Nil)
    }

    /// The errors among the replies that are left.
    pub(crate) fn errors(&self) -> impl Iterator<Item = Value> + '_ {
        let mut at = self.at;
        std::iter::from_fn(move || {
            loop {
                let rest = self.bytes.get(at..)?;
                let reply = rest.get(..end_of_reply(rest).ok()??)?;
                at += reply.len();
                if reply.first() == Some(&b'-') {
                    return redis::parse_redis_value(reply).ok();
                }
            }
        })
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

/// Reads whatever bytes as replies of Redis, which come in two pieces.
///
/// # Panics
/// Where their ends depend on the pieces, or reading doesn't come to the end of the bytes.
#[cfg(feature = "fuzzing")]
pub fn read_replies(bytes: &[u8], piece: usize) {
    let mut end = EndOfReply::default();
    let first = end.find(bytes.get(..piece).unwrap_or(bytes));
    if first != Err(Malformed) {
        assert_eq!(end.find(bytes), end_of_reply(bytes), "in pieces");
    }
    let mut replies = Reader::new(Bytes::copy_from_slice(bytes));
    let errors = replies.errors().count();
    assert!(errors <= bytes.len(), "no reply is empty");
    for _ in 0..=bytes.len() {
        let _ = (replies.list(), replies.number(), replies.string());
    }
    assert_eq!(replies.rest(), b"", "all of it is read");
}

#[cfg(test)]
mod tests;
