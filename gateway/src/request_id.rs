//! The name under which a client, the log and a trace speak of one request.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use http::{HeaderMap, HeaderName, HeaderValue};

/// Where a client gives an id, and where it finds the one that was used.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a client.
const MAX_LEN: usize = 128;

/// Sets the ids of this process apart from those of another.
static PROCESS: LazyLock<u64> = LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A request's id: visible ASCII, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The client's `x-request-id` where it is sane (1 to 128 letters, digits and `-_.:/+=@`: nothing that
    /// could forge a log line), else a fresh one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .get(HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_sane(id))
            .map_or_else(Self::fresh, |id| Self(Arc::from(id)))
    }

    /// An id that no other request has. A counter, as random numbers for each would cost a system call.
    #[must_use]
    pub fn fresh() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{:016x}-{number:x}", *PROCESS).into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the value of a header.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("an id is visible ASCII")
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
