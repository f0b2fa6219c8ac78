//! The headers that are about where rows come from: `Cache-Control` of a request, `Salver-Cache`, `Age` and `Salver-Replica` of
//! its reply.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use online_store::{CacheReport, Freshness};

use crate::read::Origin;

/// Reply header that tells what came out of the cache: `hits=24, misses=1`, and `stale` where the online store is away and
/// can't confirm the rows. A dictionary of RFC 9651.
pub const CACHE_HEADER: HeaderName = HeaderName::from_static("salver-cache");

/// What a request wants of the cache: `Cache-Control: no-cache` or `max-age=0` (RFC 9111, 5.2.1) have its rows read anew.
/// Other directives change nothing.
#[must_use]
pub fn wanted_freshness(headers: &HeaderMap) -> Freshness {
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    let mut directives = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let is_current = directives.any(|directive| {
        let directive = directive.trim_ascii();
        directive.eq_ignore_ascii_case(b"no-cache") || directive.eq_ignore_ascii_case(b"max-age=0")
    });
    if is_current {
        Freshness::Current
    } else {
        Freshness::Cached
    }
}

/// Reply header that is `true` where a replica told some of the rows, which may be older than what was written last.
pub const REPLICA_HEADER: HeaderName = HeaderName::from_static("salver-replica");

/// Says in a reply where its rows came from.
pub fn tell(headers: &mut HeaderMap, origin: &Origin) {
    if let Some(report) = &origin.cache {
        tell_cache(headers, report);
    }
    if origin.from_replica {
        headers.insert(REPLICA_HEADER, HeaderValue::from_static("true"));
    }
}

/// `Age` is that of the oldest row out of the cache, in whole seconds.
fn tell_cache(headers: &mut HeaderMap, report: &CacheReport) {
    let stale = if report.is_stale { ", stale" } else { "" };
    let told = format!("hits={}, misses={}{stale}", report.hits, report.misses);
    if let Ok(told) = HeaderValue::try_from(told) {
        headers.insert(CACHE_HEADER, told);
    }
    if let Some(oldest) = report.oldest {
        headers.insert(header::AGE, HeaderValue::from(oldest.as_secs()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue, header};
    use online_store::{CacheReport, Freshness};

    use super::{CACHE_HEADER, Origin, REPLICA_HEADER, tell, wanted_freshness};

    fn asked(lines: &[&'static str]) -> Freshness {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::CACHE_CONTROL, HeaderValue::from_static(line));
        }
        wanted_freshness(&headers)
    }

    #[test]
    fn no_cache_is_understood_wherever_it_stands() {
        for lines in [
            &["no-cache"][..],
            &["max-stale=1, No-Cache"],
            &["no-transform", "x=\"1\",no-cache "],
            &["max-age=0"],
        ] {
            assert_eq!(asked(lines), Freshness::Current, "{lines:?}");
        }
        for lines in [&[][..], &["max-age=10"], &["no-cached"], &["xno-cache", ""]] {
            assert_eq!(asked(lines), Freshness::Cached, "{lines:?}");
        }
    }

    #[test]
    fn a_reply_tells_that_a_replica_was_read() {
        let mut headers = HeaderMap::new();
        let origin = Origin {
            cache: None,
            from_replica: true,
        };
        tell(&mut headers, &origin);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers[REPLICA_HEADER], "true");
    }

    #[test]
    fn a_reply_tells_hits_misses_and_the_oldest_rows_age() {
        let mut headers = HeaderMap::new();
        let mut report = CacheReport {
            hits: 24,
            misses: 1,
            oldest: Some(Duration::from_millis(2900)),
            is_stale: false,
        };
        let from_cache = |report| Origin {
            cache: Some(report),
            from_replica: false,
        };
        tell(&mut headers, &from_cache(report));
        assert_eq!(headers[CACHE_HEADER], "hits=24, misses=1");
        assert_eq!(headers[header::AGE], "2");
        report.is_stale = true;
        tell(&mut headers, &from_cache(report));
        assert_eq!(headers[CACHE_HEADER], "hits=24, misses=1, stale");
        assert!(!headers.contains_key(REPLICA_HEADER));
    }
}
