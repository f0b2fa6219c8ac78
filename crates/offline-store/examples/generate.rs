//! Makes a Parquet file to measure materialization with, in constant memory.
//!
//! `generate PATH [--rows N] [--entities N] [--features N] [--integers N] [--texts N] [--dimensions N] [--seed N]`
//! writes the columns `entity_id` (int64), `event_timestamp` and `created` (microseconds, UTC), `f0`, `f1`, ..
//! (float64, as many as there are features), `i0`, .. (int64, in [1, 10000)), `s0`, .. (texts of 8 to 24 letters) and
//! `embedding` (a list of so many float32), in order of event time over the 30 days before 2026-01-01, each row
//! of a random entity. Equal arguments make equal files. Every entity has a row where there are rows enough.

use std::error::Error;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float32Builder, Float64Array, Int64Array, ListBuilder, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// 2025-12-02T00:00:00Z and 30 days, in microseconds.
const FIRST: i64 = 1_764_633_600_000_000;
const SPAN: u64 = 30 * 86_400_000_000;
const BATCH_ROWS: u64 = 8192;

struct Arguments {
    path: String,
    rows: u64,
    entities: u64,
    features: u64,
    integers: u64,
    texts: u64,
    dimensions: u64,
    seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let mut random = Random(arguments.seed);
    let file = std::fs::File::create(&arguments.path)?;
    // What pandas and pyarrow write by default: snappy, and up to a million rows in a row group.
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(1024 * 1024))
        .build();
    let first = batch(&arguments, 0, &mut random)?;
    let mut writer = ArrowWriter::try_new(file, first.schema(), Some(properties))?;
    writer.write(&first)?;
    for begin in (BATCH_ROWS..arguments.rows).step_by(usize::try_from(BATCH_ROWS)?) {
        writer.write(&batch(&arguments, begin, &mut random)?)?;
    }
    writer.close()?;
    Ok(())
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let path = words.next().filter(|word| !word.starts_with('-'));
        let mut arguments = Self {
            path: path.ok_or("the first argument is the path of the file to make")?,
            rows: 1_000_000,
            entities: 100_000,
            features: 50,
            integers: 0,
            texts: 0,
            dimensions: 0,
            seed: 1,
        };
        while let Some(name) = words.next() {
            let count = words
                .next()
                .ok_or_else(|| format!("{name} needs a number"))?
                .parse()?;
            match name.as_str() {
                "--rows" => arguments.rows = count,
                "--entities" => arguments.entities = count,
                "--features" => arguments.features = count,
                "--integers" => arguments.integers = count,
                "--texts" => arguments.texts = count,
                "--dimensions" => arguments.dimensions = count,
                "--seed" => arguments.seed = count,
                _ => {
                    return Err(format!(
                        "{name} is unknown; there are --rows, --entities, --features, --integers, --texts, \
                         --dimensions, --seed"
                    )
                    .into());
                }
            }
        }
        if arguments.rows == 0 || arguments.entities == 0 {
            return Err("there must be a row and an entity at least".into());
        }
        Ok(arguments)
    }
}

fn batch(
    arguments: &Arguments,
    begin: u64,
    random: &mut Random,
) -> Result<RecordBatch, Box<dyn Error>> {
    let rows = begin..arguments.rows.min(begin + BATCH_ROWS);
    let count = rows.clone().count();
    let at: Vec<i64> = rows.clone().map(|row| event_time(arguments, row)).collect();
    let entities: Vec<i64> = rows
        .map(|row| {
            if row < arguments.entities {
                row
            } else {
                random.below(arguments.entities)
            }
        })
        .map(|entity| i64::try_from(entity).unwrap_or(i64::MAX))
        .collect();
    let created = at.iter().map(|at| at + 1_000_000);
    let utc =
        |times: TimestampMicrosecondArray| -> ArrayRef { Arc::new(times.with_timezone("UTC")) };
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("entity_id".to_owned(), Arc::new(Int64Array::from(entities))),
        (
            "event_timestamp".to_owned(),
            utc(TimestampMicrosecondArray::from(at.clone())),
        ),
        (
            "created".to_owned(),
            utc(TimestampMicrosecondArray::from_iter_values(created)),
        ),
    ];
    for feature in 0..arguments.features {
        let values: Vec<f64> = (0..count).map(|_| random.unit()).collect();
        columns.push((format!("f{feature}"), Arc::new(Float64Array::from(values))));
    }
    for integer in 0..arguments.integers {
        columns.push((format!("i{integer}"), integers(count, random)));
    }
    for text in 0..arguments.texts {
        columns.push((format!("s{text}"), texts(count, random)));
    }
    if arguments.dimensions > 0 {
        let embeddings = embeddings(count, arguments.dimensions, random);
        columns.push(("embedding".to_owned(), embeddings));
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// As in feast-benchmarks: uniform in [1, 10000).
fn integers(count: usize, random: &mut Random) -> ArrayRef {
    let values = (0..count).map(|_| 1 + i64::try_from(random.below(9_999)).unwrap_or_default());
    Arc::new(Int64Array::from_iter_values(values))
}

fn texts(count: usize, random: &mut Random) -> ArrayRef {
    let letter = |random: &mut Random| {
        let offset = u8::try_from(random.below(26)).unwrap_or_default();
        char::from(b'a' + offset)
    };
    let text = |random: &mut Random| -> String {
        (0..8 + random.below(17)).map(|_| letter(random)).collect()
    };
    Arc::new(StringArray::from_iter_values(
        (0..count).map(|_| text(random)),
    ))
}

fn embeddings(count: usize, dimensions: u64, random: &mut Random) -> ArrayRef {
    let mut lists = ListBuilder::new(Float32Builder::new());
    for _ in 0..count {
        for _ in 0..dimensions {
            lists.values().append_value(random.narrow_unit());
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// Rows are spread evenly over the span, in their order.
fn event_time(arguments: &Arguments, row: u64) -> i64 {
    let offset = u128::from(row) * u128::from(SPAN) / u128::from(arguments.rows);
    FIRST + i64::try_from(offset).unwrap_or_default()
}

/// splitmix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// In [0, 1), of all 53 bits.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact in a float64")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// In [0, 1), of 24 bits.
    #[allow(clippy::cast_precision_loss, reason = "24 bits are exact in a float32")]
    fn narrow_unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u32 << 24) as f32
    }
}
