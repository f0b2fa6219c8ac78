//! Large replies are compressed where the client asks for it.
//!
//! Compressing takes longer than everything else that is done for a reply (a reply of 190 kB: some 1.4 ms by gzip), so
//! only whoever asks gets it, and only where it shortens the way: less than [`LEAST_BYTES`] arrive in one go anyhow, in the ten
//! segments that TCP sends before it waits. The fastest levels are used: the next ones take three times as long and save
//! a sixth more.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, header};

use super::weighted;

/// Shorter replies aren't compressed.
pub(super) const LEAST_BYTES: usize = 16 * 1024;

/// Longer ones are compressed off the reactor: it takes some 400 us.
pub(super) const LARGE_BYTES: usize = 64 * 1024;

/// zstd's own default is 3.
const ZSTD_LEVEL: i32 = 1;

/// How a reply is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Zstd,
}

impl Coding {
    /// What `Accept-Encoding` asks for: the one of more weight, of equal ones zstd, which is faster and saves more. `None`
    /// where it asks for none, or rather for none.
    pub(super) fn wanted(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT_ENCODING) {
            return None;
        }
        let (mut gzip, mut zstd, mut other, mut identity) = (None, None, None, None);
        for (name, weight) in weighted::items(headers, header::ACCEPT_ENCODING) {
            let place = match name.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => &mut gzip,
                "zstd" => &mut zstd,
                "*" => &mut other,
                "identity" => &mut identity,
                _ => continue,
            };
            *place = Some(weight);
        }
        let weight = |named: Option<u16>| named.or(other).unwrap_or(0);
        let (coding, best) = if weight(gzip) > weight(zstd) {
            (Self::Gzip, weight(gzip))
        } else {
            (Self::Zstd, weight(zstd))
        };
        (best > 0 && best >= identity.unwrap_or(0)).then_some(coding)
    }

    /// Its name in `Content-Encoding`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The body, compressed.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub(super) fn compress(self, body: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let out = Vec::with_capacity(body.len() / 4);
                let mut encoder = GzEncoder::new(out, Compression::fast());
                encoder.write_all(body)?;
                encoder.finish()
            }
            Self::Zstd => zstd::bulk::compress(body, ZSTD_LEVEL),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use http::{HeaderMap, HeaderValue, header};

    use super::Coding;

    fn wanted(accept: &str) -> Option<Coding> {
        let mut headers = HeaderMap::new();
        let accept = HeaderValue::from_str(accept).unwrap();
        headers.insert(header::ACCEPT_ENCODING, accept);
        Coding::wanted(&headers)
    }

    #[test]
    fn the_client_decides() {
        assert_eq!(Coding::wanted(&HeaderMap::new()), None);
        for (accept, expected) in [
            ("", None),
            ("identity", None),
            ("br, deflate", None),
            ("gzip;q=0, zstd;q=0", None),
            ("*;q=0", None),
            ("identity, gzip;q=0.5", None),
            ("gzip", Some(Coding::Gzip)),
            ("GZip, deflate", Some(Coding::Gzip)),
            ("x-gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("zstd;q=0.5, gzip;q=0.8", Some(Coding::Gzip)),
            ("zstd;q=0, *", Some(Coding::Gzip)),
            ("*", Some(Coding::Zstd)),
            ("identity;q=0.5, gzip", Some(Coding::Gzip)),
        ] {
            assert_eq!(wanted(accept), expected, "{accept}");
        }
    }

    #[test]
    fn what_was_compressed_can_be_read() {
        let body = "{\"values\":[1,2,3]}".repeat(10_000);
        let gzip = Coding::Gzip.compress(body.as_bytes()).unwrap();
        let mut text = String::new();
        let mut reader = flate2::read::GzDecoder::new(gzip.as_slice());
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, body);
        let zstd = Coding::Zstd.compress(body.as_bytes()).unwrap();
        let read = zstd::bulk::decompress(&zstd, body.len()).unwrap();
        assert_eq!(read, body.as_bytes());
        assert!(gzip.len() < body.len() / 10 && zstd.len() < body.len() / 10);
    }
}
