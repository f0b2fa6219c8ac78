//! The name under which a client, the log and a trace speak of one request.

use std::{
    fmt::Write as _,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Where a client gives an id, and where it finds the one that was used.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a client.
const MAX_LEN: usize = 128;

/// Longest id that is made here: two numbers of 64 bits.
const LEN: usize = 16 + 1 + 16;

/// Sets the ids of this process apart from those of another.
static PROCESS: LazyLock<u64> = LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A request's id: visible ASCII, never empty. Kept as the header that tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The client's `x-request-id` where it is sane (1 to 128 letters, digits and `-_.:/+=@`: nothing that
    /// could forge a log line), else a fresh one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER);
        let sane = given.filter(|id| id.to_str().is_ok_and(is_sane));
        sane.map_or_else(Self::fresh, |id| Self(id.clone()))
    }

    /// An id that no other request has. A counter, as random numbers for each would cost a system call.
    #[must_use]
    pub fn fresh() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut id = BytesMut::with_capacity(LEN);
        // memory is never too full to be written to
        let _ = write!(id, "{:016x}-{number:x}", *PROCESS);
        let id = HeaderValue::from_maybe_shared(id.freeze());
        Self(id.expect("an id is visible ASCII"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As the value of a header.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_sane(id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/+=@".contains(c);
    (1..=MAX_LEN).contains(&id.len()) && id.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(given: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(given).unwrap());
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_sane_id_of_the_client_is_kept() {
        let uuid = "0b8c9d1e-55aa-4c1e-9f00-3d6f6d3b2a11";
        assert_eq!(id_for(uuid), uuid);
        assert_eq!(id_for("Root=1-67891233-abcdef"), "Root=1-67891233-abcdef");
    }

    #[test]
    fn an_id_that_could_garble_a_log_line_is_replaced() {
        for bad in ["", "a b", "a\"b", "{}", "x".repeat(129).as_str()] {
            assert_ne!(id_for(bad), bad);
        }
    }

    #[test]
    fn fresh_ids_differ() {
        assert_ne!(RequestId::fresh(), RequestId::fresh());
    }
}
