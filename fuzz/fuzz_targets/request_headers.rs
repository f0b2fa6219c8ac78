//! Whatever a request's headers ask of the reply: it is understood or refused, and lists mean the same in one line as in
//! several (RFC 9110, 5.3).
#![no_main]

use gateway::online_features::{LAYOUT_HEADER, Wanted};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use settings::ResponseLayout;

const LISTS: [HeaderName; 3] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CACHE_CONTROL,
];

fuzz_target!(|bytes: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        add(&mut headers, line);
    }
    for configured in [ResponseLayout::Columns, ResponseLayout::Rows] {
        let wanted = Wanted::by(&headers, configured).ok();
        if headers.values().all(|value| value.to_str().is_ok()) {
            let again = Wanted::by(&cut(&headers), configured).ok();
            assert_eq!(wanted, again, "{headers:?}");
        }
    }
});

/// A line is the number of a header and its value.
fn add(headers: &mut HeaderMap, line: &[u8]) -> Option<()> {
    let (number, value) = line.split_first()?;
    let value = HeaderValue::from_bytes(value).ok()?;
    let name = LISTS.get(usize::from(*number % 4)).cloned();
    headers.append(name.unwrap_or(LAYOUT_HEADER), value);
    Some(())
}

/// The same, with each item of a list in a line of its own.
fn cut(headers: &HeaderMap) -> HeaderMap {
    let mut cut = HeaderMap::new();
    for (name, value) in headers {
        if !LISTS.contains(name) {
            cut.append(name, value.clone());
            continue;
        }
        for item in value.as_bytes().split(|byte| *byte == b',') {
            let item = HeaderValue::from_bytes(item).expect("a part of a value");
            cut.append(name, item);
        }
    }
    cut
}
