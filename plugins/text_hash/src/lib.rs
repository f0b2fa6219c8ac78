//! Texts as numbers: a bucket of a whole text, or counts of its parts in a vector.

use plugin_sdk::transform;
use serde::Deserialize;

mod murmur3;

/// Parameters of [`murmur3_bucket`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawBuckets")]
pub struct Buckets {
    buckets: u32,
    seed: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBuckets {
    buckets: u32,
    #[serde(default)]
    seed: u32,
}

impl TryFrom<RawBuckets> for Buckets {
    type Error = &'static str;

    fn try_from(RawBuckets { buckets, seed }: RawBuckets) -> Result<Self, Self::Error> {
        match buckets {
            0 => Err("`buckets` is 1 or more"),
            _ => Ok(Self { buckets, seed }),
        }
    }
}

/// The bucket that a text is in: the remainder of its murmur3 hash (x86, 32 bits, of its UTF-8 bytes) by `buckets`.
#[transform(outputs("bucket"))]
pub fn murmur3_bucket(text: &str, #[parameters] options: &Buckets) -> i64 {
    let hash = murmur3::hash(text.as_bytes(), options.seed);
    i64::from(hash % options.buckets)
}

/// Parameters of [`ngram_counts`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawNgrams")]
pub struct Ngrams {
    length: usize,
    buckets: u32,
    seed: u32,
    lowercase: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNgrams {
    #[serde(default = "three")]
    length: usize,
    buckets: u32,
    #[serde(default)]
    seed: u32,
    #[serde(default)]
    lowercase: bool,
}

fn three() -> usize {
    3
}

/// A vector is made for each row: this many numbers are 256 KiB.
const MOST_BUCKETS: u32 = 65_536;

impl TryFrom<RawNgrams> for Ngrams {
    type Error = &'static str;

    fn try_from(raw: RawNgrams) -> Result<Self, Self::Error> {
        if !(1..=MOST_BUCKETS).contains(&raw.buckets) {
            return Err("`buckets` is from 1 to 65536");
        }
        if raw.length == 0 {
            return Err("`length` is 1 or more");
        }
        let RawNgrams {
            length,
            buckets,
            seed,
            lowercase,
        } = raw;
        Ok(Self {
            length,
            buckets,
            seed,
            lowercase,
        })
    }
}

/// How many of a text's runs of `length` characters are in each of `buckets` buckets of their murmur3 hash. A text that is
/// shorter has none.
#[transform(outputs("counts"))]
pub fn ngram_counts(text: &str, #[parameters] options: &Ngrams) -> Vec<f32> {
    let lowered = options.lowercase.then(|| text.to_lowercase());
    let text = lowered.as_deref().unwrap_or(text);
    let mut counts = vec![0.0; options.buckets as usize];
    for ngram in ngrams(text, options.length) {
        let hash = murmur3::hash(ngram.as_bytes(), options.seed);
        counts[(hash % options.buckets) as usize] += 1.0;
    }
    counts
}

plugin_sdk::export!(murmur3_bucket, ngram_counts);

/// All runs of `length` characters.
fn ngrams(text: &str, length: usize) -> impl Iterator<Item = &str> {
    let starts = text.char_indices().map(|(start, _)| start);
    let ends = text.char_indices().map(|(start, c)| start + c.len_utf8());
    starts
        .zip(ends.skip(length - 1))
        .map(|(start, end)| &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Ngrams, RawBuckets, RawNgrams, murmur3_bucket, ngram_counts, ngrams};

    fn raw(length: usize, buckets: u32) -> RawNgrams {
        RawNgrams {
            length,
            buckets,
            seed: 0,
            lowercase: true,
        }
    }

    #[test]
    fn a_bucket_is_the_remainder_of_the_hash() {
        let bucket = |buckets, seed| {
            murmur3_bucket(
                "hello",
                &Buckets::try_from(RawBuckets { buckets, seed }).unwrap(),
            )
        };
        assert_eq!(bucket(u32::MAX, 0), 0x248b_fa47);
        assert_eq!(bucket(100, 0), 0x248b_fa47 % 100);
        assert_ne!(bucket(u32::MAX, 1), bucket(u32::MAX, 0));
        assert_eq!(bucket(1, 5), 0);
    }

    #[test]
    fn ngrams_are_runs_of_characters() {
        let all = |text, length| ngrams(text, length).collect::<Vec<_>>();
        assert_eq!(all("äbcd", 3), ["äbc", "bcd"]);
        assert_eq!(all("ab", 2), ["ab"]);
        assert_eq!(all("a", 2), Vec::<&str>::new());
        assert_eq!(all("", 1), Vec::<&str>::new());
    }

    #[test]
    fn every_ngram_counts_once() {
        let options = Ngrams::try_from(raw(2, 8)).unwrap();
        let counts = ngram_counts("AbabaB", &options);
        assert_eq!(counts.len(), 8);
        assert_eq!(counts.iter().sum::<f32>(), 5.0);
        assert!(counts.contains(&3.0) || counts.contains(&5.0));
        assert_eq!(ngram_counts("a", &options), [0.0; 8]);
    }

    #[test]
    fn parameters_without_sense_are_refused() {
        assert!(
            Buckets::try_from(RawBuckets {
                buckets: 0,
                seed: 0
            })
            .is_err()
        );
        for (length, buckets, fits) in [
            (0, 1, false),
            (1, 0, false),
            (1, 65_537, false),
            (1, 65_536, true),
        ] {
            assert_eq!(Ngrams::try_from(raw(length, buckets)).is_ok(), fits);
        }
    }
}
