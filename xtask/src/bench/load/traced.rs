//! Replies one by one.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};

use super::Running;

/// A load whose replies are told one by one.
pub(crate) struct Traced {
    running: Running,
    file: PathBuf,
    began: Instant,
}

/// One reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reply {
    /// When its request was due, in seconds since the load began.
    pub(crate) at: f64,
    /// Seconds from then to its last byte.
    pub(crate) took: f64,
    pub(crate) status: u16,
}

impl Traced {
    pub(super) fn begun(running: Running, file: PathBuf) -> Self {
        Self {
            running,
            file,
            began: Instant::now(),
        }
    }

    /// Seconds since it began.
    pub(crate) fn elapsed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    pub(crate) fn finish(self) -> Result<Vec<Reply>> {
        self.running.printed()?;
        read_replies(&self.file)
    }
}

/// Out of the file of a generator, which goes by that.
pub(crate) fn read_replies(file: &Path) -> Result<Vec<Reply>> {
    let text = fs::read_to_string(file)?;
    fs::remove_file(file)?;
    replies(&text)
}

/// From the table that oha writes, a reply a line.
fn replies(table: &str) -> Result<Vec<Reply>> {
    let mut lines = table.lines();
    let head = lines.next().context("oha writes no table")?;
    let names: Vec<&str> = head.split(',').collect();
    let place = |name: &str| {
        let at = names.iter().position(|other| *other == name);
        at.with_context(|| format!("no `{name}` in `{head}`"))
    };
    let (at, took, status) = (
        place("request-start")?,
        place("request-duration")?,
        place("status")?,
    );
    let of_line = |line: &str| -> Option<Reply> {
        let cells: Vec<&str> = line.split(',').collect();
        Some(Reply {
            at: cells.get(at)?.parse().ok()?,
            took: cells.get(took)?.parse().ok()?,
            status: cells.get(status)?.parse().ok()?,
        })
    };
    lines
        .map(|line| of_line(line).with_context(|| format!("no reply: `{line}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::replies;

    #[test]
    fn replies_are_read_by_the_names_of_their_columns() {
        let table = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n\
                     0.5,0,0,0.01,0.02,3,200\n0.6,0,0,0.01,0.03,3,503\n";
        let read = replies(table).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].status, 503);
        assert!((read[1].at - 0.6).abs() < 1e-9 && (read[1].took - 0.03).abs() < 1e-9);
        assert!(replies("a,b\n").is_err());
        assert!(replies("request-start,request-duration,status\n1,2\n").is_err());
    }
}
