use feature_model::{DataType, Value};
use proptest::{collection::vec, prelude::*};

use super::check;
use crate::{
    Array, Batch, BatchReader, Blobs, Lists, Maps, Mixed, ScalarMaps, StructMember, Structs,
    Values, ZonedTimestamps,
};

fn of(data_type: &str, values: Values, children: Vec<Values>, rows: usize) -> Result<(), String> {
    let batch = Batch {
        columns: vec![Array::of(values)],
        children: children.into_iter().map(Array::of).collect(),
    };
    let data_type: DataType = data_type.parse().unwrap();
    check(&batch, rows, [("c", &data_type)].into_iter()).map_err(|error| error.to_string())
}

fn refused(data_type: &str, values: Values, children: Vec<Values>, expected: &str) {
    let error = of(data_type, values, children, 1).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

fn map(values: u32) -> Values {
    let keys = Blobs {
        offsets: vec![0, 1],
        data: b"k".to_vec(),
    };
    Values::Map(Maps {
        offsets: vec![0, 1],
        keys,
        values,
    })
}

fn mixed(choice: u8, position: u32, alternative: u32) -> Values {
    Values::Mixed(Mixed {
        choices: vec![choice],
        positions: vec![position],
        alternatives: vec![alternative],
    })
}

fn list(length: u32, elements: u32) -> Values {
    Values::List(Lists {
        offsets: vec![0, length],
        elements,
    })
}

#[test]
fn a_map_of_one_number_is_well() {
    of(
        "Map",
        map(0),
        vec![mixed(0, 0, 1), Values::Int64(vec![7])],
        1,
    )
    .unwrap();
    of("Map", map(0), vec![Values::Int64(vec![7])], 1).unwrap();
}

#[test]
fn choices_and_positions_must_be_there() {
    let children = |mixed| vec![mixed, Values::Int64(vec![7])];
    refused(
        "Map",
        map(0),
        children(mixed(1, 0, 1)),
        "a choice is of no alternative",
    );
    refused("Map", map(0), children(mixed(0, 1, 1)), "end beyond it");
    refused("Map", map(0), children(mixed(0, 0, 0)), "isn't after it");
    refused("Map", map(0), children(mixed(0, 0, 9)), "isn't there");
    refused("Map", map(9), children(mixed(0, 0, 1)), "isn't there");
}

#[test]
fn nested_values_are_of_the_described_type() {
    let nested = "Array(Array(Int64))";
    of(
        nested,
        list(1, 0),
        vec![list(1, 1), Values::Int64(vec![7])],
        1,
    )
    .unwrap();
    let floats = vec![list(1, 1), Values::Float64(vec![7.0])];
    refused(
        nested,
        list(1, 0),
        floats,
        "has float64, where `Int64` is due",
    );
    let short = vec![list(2, 1), Values::Int64(vec![7])];
    refused(nested, list(1, 0), short, "has 1 values, where 2 are due");
    let struct_type = "Struct({a: Int64})";
    let member = |name: &str| {
        Values::Struct(Structs {
            length: 1,
            members: vec![StructMember {
                name: name.to_owned(),
                values: 0,
            }],
        })
    };
    of(struct_type, member("a"), vec![Values::Int64(vec![7])], 1).unwrap();
    let values = || vec![Values::Int64(vec![7])];
    refused(
        struct_type,
        member("b"),
        values(),
        "not the members of its type",
    );
    let empty = Values::Struct(Structs {
        length: 1,
        members: vec![],
    });
    refused(struct_type, empty, vec![], "not the members of its type");
}

#[test]
fn keys_of_scalar_maps_are_scalars() {
    let maps = || {
        Values::ScalarMap(ScalarMaps {
            offsets: vec![0, 1],
            keys: 0,
            values: 1,
        })
    };
    let one = || Values::Int64(vec![7]);
    of("ScalarMap", maps(), vec![one(), one()], 1).unwrap();
    let text = Values::Text(Blobs {
        offsets: vec![0, 0],
        data: vec![],
    });
    refused(
        "ScalarMap",
        maps(),
        vec![text, one()],
        "has text, where a key is due",
    );
    let nested = vec![mixed(0, 0, 2), one(), mixed(0, 0, 3), one()];
    refused("ScalarMap", maps(), nested, "has mixed, where a key is due");
}

#[test]
fn texts_of_other_kinds_are_such_unless_they_are_null() {
    let blobs = |text: &str| Blobs {
        offsets: vec![0, u32::try_from(text.len()).unwrap()],
        data: text.as_bytes().to_vec(),
    };
    let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    for (data_type, kind, right) in [
        ("Uuid", Values::Uuid as fn(Blobs) -> Values, uuid),
        ("TimeUuid", Values::TimeUuid, uuid),
        ("Decimal", Values::Decimal, "1.10"),
        ("Json", Values::Json, "{\"a\": 1}"),
    ] {
        of(data_type, kind(blobs(right)), vec![], 1).unwrap();
        refused(data_type, kind(blobs("banana")), vec![], "a text is no ");
        let null = Batch {
            columns: vec![Array {
                validity: Some(vec![0]),
                values: kind(blobs("")),
            }],
            children: vec![],
        };
        let parsed: DataType = data_type.parse().unwrap();
        check(&null, 1, [("c", &parsed)].into_iter()).unwrap();
    }
}

#[test]
fn structs_without_members_can_t_be_as_many_as_their_length_says() {
    let structs = Values::Struct(Structs {
        length: u32::MAX,
        members: vec![],
    });
    let children = vec![mixed(0, 0, 1), structs];
    refused("Map", map(0), children, "too many structs without members");
}

#[test]
fn nesting_has_an_end() {
    let mut children: Vec<_> = (1..1000).map(|next| list(1, next)).collect();
    children.push(Values::Int64(vec![1]));
    refused("Map", map(0), children, "nested more than 32 deep");
}

/// What was never checked, read as a column of one row.
fn read(data_type: &str, values: Values, children: Vec<Values>) -> Value {
    let columns = [("c".to_owned(), data_type.parse().unwrap())];
    let batch = Batch {
        columns: vec![Array::of(values)],
        children: children.into_iter().map(Array::of).collect(),
    };
    BatchReader::new(batch, columns.into(), 1)
        .unwrap()
        .value(0, 0)
}

/// A struct whose two members are one child.
fn twins(values: u32) -> Values {
    let member = |name: &str| StructMember {
        name: name.to_owned(),
        values,
    };
    Values::Struct(Structs {
        length: 1,
        members: vec![member("a"), member("b")],
    })
}

#[test]
fn reading_follows_no_reference_backwards() {
    let itself = Values::List(Lists {
        offsets: vec![0, 2, 4],
        elements: 0,
    });
    let expected = Value::ValueList(vec![Value::Null; 2]);
    let unused = Values::Int64(vec![7; 100]);
    let children = vec![itself, unused];
    assert_eq!(read("Array(Array(Int64))", list(2, 0), children), expected);
}

#[test]
fn reading_ends_where_one_value_is_referred_to_again_and_again() {
    let mut children: Vec<_> = (1..31).map(twins).collect();
    children.push(Values::Int64(vec![7]));
    let Value::Struct(read) = read("Struct({a: Map, b: Map})", twins(0), children) else {
        panic!("not a struct");
    };
    assert_eq!(read.len(), 2);
}

#[test]
fn reading_believes_no_length_that_is_only_said() {
    let structs = Values::Struct(Structs {
        length: u32::MAX,
        members: vec![],
    });
    let many = list(u32::MAX, 0);
    assert_eq!(
        read("Array(Struct({a: Map}))", many, vec![structs]),
        Value::Null
    );
}

fn blobs() -> impl Strategy<Value = Blobs> {
    (
        vec(0..6_u32, 0..5),
        vec(prop_oneof![Just(b'a'), any::<u8>()], 0..6),
    )
        .prop_map(|(offsets, data)| Blobs { offsets, data })
}

fn offsets() -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![
        vec(0..4_u32, 0..5),
        (1..5_u32).prop_map(|count| (0..count).collect()),
    ]
}

/// Arrays as nobody should send them, but somebody may.
fn values() -> impl Strategy<Value = Values> {
    let child = || 0..6_u32;
    prop_oneof![
        vec(0..3_u8, 0..5).prop_map(Values::Boolean),
        vec(any::<i64>(), 0..5).prop_map(Values::Int64),
        vec(any::<f32>(), 0..5).prop_map(Values::Float32),
        blobs().prop_map(Values::Text),
        blobs().prop_map(Values::Bytes),
        (vec(any::<i64>(), 0..5), blobs()).prop_map(|(seconds, zones)| Values::ZonedTimestamp(
            ZonedTimestamps { seconds, zones }
        )),
        (offsets(), child())
            .prop_map(|(offsets, elements)| Values::List(Lists { offsets, elements })),
        (offsets(), child())
            .prop_map(|(offsets, elements)| Values::Set(Lists { offsets, elements })),
        (offsets(), blobs(), child()).prop_map(|(offsets, keys, values)| Values::Map(Maps {
            offsets,
            keys,
            values
        })),
        (offsets(), child(), child()).prop_map(|(offsets, keys, values)| {
            Values::ScalarMap(ScalarMaps {
                offsets,
                keys,
                values,
            })
        }),
        (0..5_u32, vec((0..3_u8, child()), 0..3)).prop_map(|(length, members)| {
            let member = |(name, values): (u8, u32)| StructMember {
                name: name.to_string(),
                values,
            };
            let members = members.into_iter().map(member).collect();
            Values::Struct(Structs { length, members })
        }),
        (vec(0..3_u8, 0..4), vec(0..4_u32, 0..4), vec(child(), 0..3)).prop_map(
            |(choices, positions, alternatives)| Values::Mixed(Mixed {
                choices,
                positions,
                alternatives
            })
        ),
    ]
}

fn arrays() -> impl Strategy<Value = Array> {
    let validity = proptest::option::weighted(0.25, vec(0..3_u8, 0..5));
    (validity, values()).prop_map(|(validity, values)| Array { validity, values })
}

fn types() -> impl Strategy<Value = DataType> {
    let names = [
        "Bool",
        "Int64",
        "Float32",
        "String",
        "Bytes",
        "ZonedTimestamp",
        "Array(Int64)",
        "Set(String)",
        "Array(Array(Int64))",
        "Map",
        "ScalarMap",
        "Array(Map)",
        "Struct({0: Int64, 1: Map})",
        "Array(Struct({0: Int64}))",
    ];
    let parsed: Vec<DataType> = names.iter().map(|name| name.parse().unwrap()).collect();
    let mut all = parsed;
    all.extend([DataType::ValueList, DataType::ValueSet]);
    proptest::sample::select(all)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// No batch makes the check or the reader panic, and what passes has a value in every place.
    #[test]
    fn whatever_passes_can_be_read(
        data_type in types(),
        array in arrays(),
        children in vec(arrays(), 0..6),
        rows in 0..5_usize,
    ) {
        let valid: Vec<_> = (0..rows).map(|row| array.is_valid(row)).collect();
        let columns = [("c".to_owned(), data_type.clone())];
        let batch = Batch { columns: vec![array], children };
        let passed = check(&batch, rows, [("c", &data_type)].into_iter()).is_ok();
        let reader = BatchReader::new(batch, columns.as_slice().into(), rows);
        prop_assert!(!passed || reader.is_ok());
        if let Ok(reader) = reader {
            for (row, valid) in valid.into_iter().enumerate() {
                let is_null = reader.value(0, row).is_null();
                prop_assert!(!passed || is_null != valid);
            }
        }
    }
}
