//! The request header `Accept`, as far as it decides between JSON and Arrow (RFC 9110, 12.5.1).

use http::{HeaderMap, header};

use super::super::weighted;
use crate::encode::arrow::MEDIA_TYPE;

/// What a list of media ranges says of the two; `None` where it doesn't name them.
#[derive(Default)]
struct Wanted {
    arrow: Option<u16>,
    json: Option<u16>,
    /// What `application/*` says of both, or else `*/*`.
    application: Option<u16>,
    anything: Option<u16>,
}

/// Whether a client would rather have Arrow than JSON: it names Arrow, and gives it more weight than it gives JSON by name,
/// or no less than it gives JSON by a wildcard. Whoever accepts neither gets JSON, and so does whoever only says `*/*`.
pub(super) fn prefers_arrow(headers: &HeaderMap) -> bool {
    let mut wanted = Wanted::default();
    for (range, weight) in weighted::items(headers, header::ACCEPT) {
        wanted.add(range, weight);
    }
    let Some(arrow) = wanted.arrow.filter(|weight| *weight > 0) else {
        return false;
    };
    match wanted.json {
        Some(json) => arrow > json,
        None => arrow >= wanted.application.or(wanted.anything).unwrap_or(0),
    }
}

impl Wanted {
    fn add(&mut self, name: &str, weight: u16) {
        let place = if name.eq_ignore_ascii_case(MEDIA_TYPE) {
            &mut self.arrow
        } else if name.eq_ignore_ascii_case("application/json") {
            &mut self.json
        } else if name.eq_ignore_ascii_case("application/*") {
            &mut self.application
        } else if name == "*/*" {
            &mut self.anything
        } else {
            return;
        };
        *place = Some(weight);
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::prefers_arrow;

    fn prefers(accept: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        prefers_arrow(&headers)
    }

    #[test]
    fn json_is_told_unless_arrow_is_named_and_preferred() {
        for accept in [
            &[][..],
            &["*/*"],
            &["application/*"],
            &["application/json"],
            &["text/html"],
            &["application/json, application/vnd.apache.arrow.stream"],
            &["application/vnd.apache.arrow.stream;q=0.5, application/json"],
            &["application/vnd.apache.arrow.stream;q=0.5, */*"],
            &["application/vnd.apache.arrow.stream;q=0"],
            &["application/vnd.apache.arrow.stream;q=much"],
            &["application/vnd.apache.arrow.file"],
            &[""],
        ] {
            assert!(!prefers(accept), "{accept:?}");
        }
        for accept in [
            &["application/vnd.apache.arrow.stream"][..],
            &["Application/Vnd.Apache.Arrow.Stream"],
            &["application/vnd.apache.arrow.stream, */*"],
            &["*/*;q=0.1, application/vnd.apache.arrow.stream; q=0.2"],
            &["application/json;q=0.9, application/vnd.apache.arrow.stream"],
            &[
                "application/json; q=0.8",
                "application/vnd.apache.arrow.stream; q=0.9",
            ],
            &["*/*, application/json;q=0, application/vnd.apache.arrow.stream;q=0.1"],
            &["text/html, application/vnd.apache.arrow.stream;q=0.001"],
        ] {
            assert!(prefers(accept), "{accept:?}");
        }
    }
}
