use std::io::BufRead;

use crate::Failure;

/// One reply to `HMGET`.
pub(crate) struct Reply {
    pub(crate) values: Vec<Option<Vec<u8>>>,
    /// How long it was.
    pub(crate) bytes: usize,
}

/// Reads a list of so many texts.
pub(crate) fn read(connection: &mut impl BufRead, fields: usize) -> Result<Reply, Failure> {
    let (head, mut bytes) = line(connection)?;
    if head != format!("*{fields}") {
        return Err(format!("Redis answers `{head}`, which is no list of {fields}").into());
    }
    let mut values = Vec::with_capacity(fields);
    for _ in 0..fields {
        let (length, of_line) = line(connection)?;
        bytes += of_line;
        if length == "$-1" {
            values.push(None);
            continue;
        }
        let length = length
            .strip_prefix('$')
            .ok_or("no text in the list")?
            .parse::<usize>()?;
        let mut value = vec![0; length + 2];
        connection.read_exact(&mut value)?;
        value.truncate(length);
        values.push(Some(value));
        bytes += length + 2;
    }
    Ok(Reply { values, bytes })
}

fn line(connection: &mut impl BufRead) -> Result<(String, usize), Failure> {
    let mut line = String::new();
    let bytes = connection.read_line(&mut line)?;
    Ok((line.trim_end().to_owned(), bytes))
}
