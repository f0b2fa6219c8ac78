//! The columns that a plugin returns: whatever they are, checking and reading them ends, and what passes the check has
//! a value wherever it says so.
#![no_main]

use std::sync::LazyLock;

use feature_model::DataType;
use libfuzzer_sys::{
    arbitrary::{Arbitrary, Result, Unstructured},
    fuzz_target,
};
use plugin_host::{
    Array, Batch, BatchReader, Blobs, Lists, Maps, Mixed, ScalarMaps, StructMember, Structs,
    Values, ZonedTimestamps,
};

static TYPES: LazyLock<Vec<DataType>> = LazyLock::new(|| {
    let names = [
        "Bool",
        "Int32",
        "Int64",
        "Float32",
        "Float64",
        "UnixTimestamp",
        "ZonedTimestamp",
        "Bytes",
        "String",
        "Json",
        "Uuid",
        "TimeUuid",
        "Decimal",
        "Array(Int64)",
        "Set(String)",
        "Array(Array(Int64))",
        "Set(Array(String))",
        "Map",
        "ScalarMap",
        "Array(Map)",
        "Struct({a: Int64, b: Map})",
        "Array(Struct({a: String}))",
    ];
    let known = names.iter().filter_map(|name| name.parse().ok());
    known
        .chain([DataType::ValueList, DataType::ValueSet])
        .collect()
});

const MOST_CHILDREN: usize = 12;
const MOST_ROWS: usize = 8;

#[derive(Debug)]
struct Returned {
    batch: Batch,
    columns: Vec<(String, DataType)>,
    rows: usize,
}

impl<'a> Arbitrary<'a> for Returned {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let mut columns = Vec::new();
        let mut described = Vec::new();
        for index in 0..bytes.int_in_range(1..=3)? {
            described.push((format!("c{index}"), bytes.choose(&TYPES)?.clone()));
            columns.push(array(bytes)?);
        }
        let count = bytes.int_in_range(0..=MOST_CHILDREN)?;
        let children = (0..count).map(|_| array(bytes)).collect::<Result<_>>()?;
        Ok(Self {
            batch: Batch { columns, children },
            columns: described,
            rows: bytes.int_in_range(0..=MOST_ROWS)?,
        })
    }
}

fn array(bytes: &mut Unstructured<'_>) -> Result<Array> {
    let validity = match bytes.int_in_range(0..=3)? {
        0 => Some(bytes.arbitrary()?),
        1 => Some(flags(bytes)?),
        _ => None,
    };
    Ok(Array {
        validity,
        values: values(bytes)?,
    })
}

fn values(bytes: &mut Unstructured<'_>) -> Result<Values> {
    Ok(match bytes.int_in_range(0..=18)? {
        0 => Values::Boolean(flags(bytes)?),
        1 => Values::Int32(bytes.arbitrary()?),
        2 => Values::Int64(bytes.arbitrary()?),
        3 => Values::Float32(bytes.arbitrary()?),
        4 => Values::Float64(bytes.arbitrary()?),
        5 => Values::UnixTimestamp(bytes.arbitrary()?),
        6 => Values::ZonedTimestamp(ZonedTimestamps {
            seconds: bytes.arbitrary()?,
            zones: blobs(bytes)?,
        }),
        7 => Values::Bytes(blobs(bytes)?),
        8 => Values::Text(blobs(bytes)?),
        9 => Values::Json(blobs(bytes)?),
        10 => Values::Uuid(blobs(bytes)?),
        11 => Values::TimeUuid(blobs(bytes)?),
        12 => Values::Decimal(blobs(bytes)?),
        13 => Values::List(lists(bytes)?),
        14 => Values::Set(lists(bytes)?),
        15 => Values::Map(Maps {
            offsets: offsets(bytes)?,
            keys: blobs(bytes)?,
            values: child(bytes)?,
        }),
        16 => Values::ScalarMap(ScalarMaps {
            offsets: offsets(bytes)?,
            keys: child(bytes)?,
            values: child(bytes)?,
        }),
        17 => Values::Struct(structs(bytes)?),
        _ => Values::Mixed(Mixed {
            choices: bytes.arbitrary()?,
            positions: offsets(bytes)?,
            alternatives: (0..bytes.int_in_range(0..=3)?)
                .map(|_| child(bytes))
                .collect::<Result<_>>()?,
        }),
    })
}

fn flags(bytes: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let flags: Vec<bool> = bytes.arbitrary()?;
    Ok(flags.into_iter().map(u8::from).collect())
}

fn child(bytes: &mut Unstructured<'_>) -> Result<u32> {
    match bytes.ratio(1, 32)? {
        true => bytes.arbitrary(),
        false => bytes.int_in_range(0..=MOST_CHILDREN as u32),
    }
}

/// Mostly as they should be: ascending from 0.
fn offsets(bytes: &mut Unstructured<'_>) -> Result<Vec<u32>> {
    if bytes.ratio(1, 4)? {
        return bytes.arbitrary();
    }
    let steps: Vec<u8> = bytes.arbitrary()?;
    let mut sum = 0_u32;
    let ascending = steps.into_iter().map(|step| {
        sum += u32::from(step % 4);
        sum
    });
    Ok([0].into_iter().chain(ascending).collect())
}

fn blobs(bytes: &mut Unstructured<'_>) -> Result<Blobs> {
    let offsets = offsets(bytes)?;
    let length = offsets.last().copied().unwrap_or_default() as usize;
    let data = match bytes.ratio(1, 4)? {
        true => bytes.arbitrary()?,
        false => vec![b'a'; length.min(1 << 12)],
    };
    Ok(Blobs { offsets, data })
}

fn lists(bytes: &mut Unstructured<'_>) -> Result<Lists> {
    Ok(Lists {
        offsets: offsets(bytes)?,
        elements: child(bytes)?,
    })
}

fn structs(bytes: &mut Unstructured<'_>) -> Result<Structs> {
    let length = match bytes.ratio(1, 8)? {
        true => bytes.arbitrary()?,
        false => bytes.int_in_range(0..=MOST_ROWS as u32)?,
    };
    let mut members = Vec::new();
    for name in ["a", "b", "c"].iter().take(bytes.int_in_range(0..=3)?) {
        members.push(StructMember {
            name: (*name).to_owned(),
            values: child(bytes)?,
        });
    }
    Ok(Structs { length, members })
}

fuzz_target!(|returned: Returned| {
    let Returned {
        batch,
        columns,
        rows,
    } = returned;
    let passed = batch.check(&columns, rows).is_ok();
    let arrays = batch.columns.iter();
    let valid: Vec<Vec<bool>> = arrays
        .map(|array| (0..rows).map(|row| array.is_valid(row)).collect())
        .collect();
    let Ok(reader) = BatchReader::new(batch, columns.as_slice().into(), rows) else {
        assert!(!passed);
        return;
    };
    for (column, valid) in valid.into_iter().enumerate() {
        for (row, valid) in valid.into_iter().enumerate() {
            let is_null = reader.value(column, row).is_null();
            assert!(!passed || is_null != valid);
        }
    }
});
