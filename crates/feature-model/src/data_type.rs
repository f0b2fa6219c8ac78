use std::{fmt, str::FromStr};

/// The declared type of a feature, join key or request field, as in `feast.types`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the cases are Feast's own type names")]
pub enum DataType {
    Bytes,
    PdfBytes,
    ImageBytes,
    String,
    Int32,
    Int64,
    Float32,
    Float64,
    Bool,
    UnixTimestamp,
    Json,
    Uuid,
    TimeUuid,
    Decimal,
    Map,
    ScalarMap,
    ZonedTimestamp,
    /// Fields in the order in which they were declared; empty where the registry tells none.
    Struct(Vec<(String, DataType)>),
    /// A list of scalars, maps or structs, or (nested) of arrays and sets.
    Array(Box<DataType>),
    /// A set of scalars, or (nested) of arrays and sets.
    Set(Box<DataType>),
    /// A list whose element type the registry does not tell (`VALUE_LIST` without its tag).
    ValueList,
    /// A set whose element type the registry does not tell (`VALUE_SET` without its tag).
    ValueSet,
    /// An id of `feast.types.ValueType.Enum` that this release does not know; 0 is Feast's "unknown".
    Unknown(i32),
}

/// Feast's name, and the `ValueType` name, id, list id and set id (0 where Feast has none).
type Scalar = (DataType, &'static str, &'static str, i32, i32, i32);

/// Ids from `feast/value_type.py` and `feast/types/Value.proto` of Feast 0.67. Feast has no list or set
/// of PdfBytes and ImageBytes.
const SCALARS: [Scalar; 17] = [
    (DataType::Bytes, "Bytes", "BYTES", 1, 11, 22),
    (DataType::String, "String", "STRING", 2, 12, 23),
    (DataType::Int32, "Int32", "INT32", 3, 13, 24),
    (DataType::Int64, "Int64", "INT64", 4, 14, 25),
    (DataType::Float64, "Float64", "DOUBLE", 5, 15, 26),
    (DataType::Float32, "Float32", "FLOAT", 6, 16, 27),
    (DataType::Bool, "Bool", "BOOL", 7, 17, 28),
    (
        DataType::UnixTimestamp,
        "UnixTimestamp",
        "UNIX_TIMESTAMP",
        8,
        18,
        29,
    ),
    (DataType::Map, "Map", "MAP", 20, 21, 0),
    (DataType::PdfBytes, "PdfBytes", "PDF_BYTES", 30, 0, 0),
    (DataType::ImageBytes, "ImageBytes", "IMAGE_BYTES", 31, 0, 0),
    (DataType::Json, "Json", "JSON", 32, 33, 0),
    (DataType::Uuid, "Uuid", "UUID", 36, 38, 40),
    (DataType::TimeUuid, "TimeUuid", "TIME_UUID", 37, 39, 41),
    (DataType::Decimal, "Decimal", "DECIMAL", 44, 45, 46),
    (DataType::ScalarMap, "ScalarMap", "SCALAR_MAP", 47, 0, 0),
    (
        DataType::ZonedTimestamp,
        "ZonedTimestamp",
        "ZONED_TIMESTAMP",
        48,
        0,
        0,
    ),
];
const STRUCT: i32 = 34;
const STRUCT_LIST: i32 = 35;
const VALUE_LIST: i32 = 42;
const VALUE_SET: i32 = 43;

impl DataType {
    /// The id in `feast.types.ValueType.Enum`; 0 where Feast has none for this combination.
    #[must_use]
    pub fn value_type_id(&self) -> i32 {
        match self {
            Self::Struct(_) => STRUCT,
            Self::ValueList => VALUE_LIST,
            Self::ValueSet => VALUE_SET,
            Self::Unknown(id) => *id,
            Self::Array(element) => match element.as_ref() {
                Self::Struct(_) => STRUCT_LIST,
                Self::Array(_) | Self::Set(_) | Self::ValueList | Self::ValueSet => VALUE_LIST,
                scalar => scalar_row(scalar).map_or(0, |row| row.4),
            },
            Self::Set(element) => match element.as_ref() {
                Self::Array(_) | Self::Set(_) | Self::ValueList | Self::ValueSet => VALUE_SET,
                scalar => scalar_row(scalar).map_or(0, |row| row.5),
            },
            scalar => scalar_row(scalar).map_or(0, |row| row.3),
        }
    }

    /// The type of an id of `feast.types.ValueType.Enum`. Struct fields and the elements of nested
    /// lists are not in the id: those come out empty, as [`Self::ValueList`] or [`Self::ValueSet`].
    #[must_use]
    pub fn from_value_type_id(id: i32) -> Self {
        match id {
            STRUCT => return Self::Struct(Vec::new()),
            STRUCT_LIST => return Self::Array(Box::new(Self::Struct(Vec::new()))),
            VALUE_LIST => return Self::ValueList,
            VALUE_SET => return Self::ValueSet,
            id if id <= 0 => return Self::Unknown(id),
            _ => {}
        }
        for (scalar, _, _, scalar_id, list_id, set_id) in SCALARS {
            if id == scalar_id {
                return scalar;
            } else if id == list_id {
                return Self::Array(Box::new(scalar));
            } else if id == set_id {
                return Self::Set(Box::new(scalar));
            }
        }
        Self::Unknown(id)
    }
}

fn scalar_row(data_type: &DataType) -> Option<&'static Scalar> {
    SCALARS.iter().find(|row| row.0 == *data_type)
}

/// As Feast prints it: `Int64`, `Array(Float32)`, `Struct({name: String, age: Int64})`.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(element) => write!(f, "Array({element})"),
            Self::Set(element) => write!(f, "Set({element})"),
            Self::ValueList => f.write_str("ValueList"),
            Self::ValueSet => f.write_str("ValueSet"),
            Self::Unknown(id) => write!(f, "Unknown({id})"),
            Self::Struct(fields) => {
                f.write_str("Struct({")?;
                for (index, (name, data_type)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}: {data_type}")?;
                }
                f.write_str("})")
            }
            scalar => f.write_str(scalar_row(scalar).map_or("Invalid", |row| row.1)),
        }
    }
}

/// The text names no type of Feast.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no type; write one of Feast's, such as Int64, Float32, String, Bool, Bytes, UnixTimestamp, \
     Json, Map, Array(Float32), Set(String), Struct({{name: String}})"
)]
pub struct ParseDataTypeError {
    text: String,
}

/// Feast's type names in any case (`Float32`, `float32`), its `ValueType` names (`DOUBLE`, `INT64_LIST`),
/// `Array(..)`, `Set(..)`, `Struct({name: Type, ..})` of them, and `ValueList` and `ValueSet`.
impl FromStr for DataType {
    type Err = ParseDataTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseDataTypeError {
            text: text.to_owned(),
        };
        let parsed = parse(text.trim(), 0).ok_or_else(error)?;
        if parsed.value_type_id() == 0 {
            Err(error())
        } else {
            Ok(parsed)
        }
    }
}

const DEEPEST_NESTING: usize = 16;

fn parse(text: &str, depth: usize) -> Option<DataType> {
    if depth > DEEPEST_NESTING {
        return None;
    }
    if let Some(inner) = inside(text, "array", "(", ")") {
        return Some(DataType::Array(Box::new(parse(inner, depth + 1)?)));
    }
    if let Some(inner) = inside(text, "set", "(", ")") {
        return Some(DataType::Set(Box::new(parse(inner, depth + 1)?)));
    }
    if let Some(inner) = inside(text, "struct", "({", "})") {
        return parse_struct_fields(inner, depth).map(DataType::Struct);
    }
    parse_scalar(text)
}

fn parse_scalar(text: &str) -> Option<DataType> {
    let upper = text.to_ascii_uppercase();
    match upper.as_str() {
        "VALUELIST" | "VALUE_LIST" => return Some(DataType::ValueList),
        "VALUESET" | "VALUE_SET" => return Some(DataType::ValueSet),
        _ => {}
    }
    for (scalar, feast_name, value_type_name, _, list_id, set_id) in SCALARS {
        if feast_name.eq_ignore_ascii_case(text) || value_type_name == upper {
            return Some(scalar);
        }
        match upper.strip_prefix(value_type_name) {
            Some("_LIST") if list_id != 0 => return Some(DataType::Array(Box::new(scalar))),
            Some("_SET") if set_id != 0 => return Some(DataType::Set(Box::new(scalar))),
            _ => {}
        }
    }
    None
}

fn inside<'t>(text: &'t str, word: &str, open: &str, close: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    let tail = text.get(word.len()..)?.trim_start();
    if !head.eq_ignore_ascii_case(word) {
        return None;
    }
    Some(tail.strip_prefix(open)?.strip_suffix(close)?.trim())
}

fn parse_struct_fields(text: &str, depth: usize) -> Option<Vec<(String, DataType)>> {
    let mut fields = Vec::new();
    for field in split_at_top_level(text)? {
        let (name, data_type) = field.split_once(':')?;
        let name = name.trim().trim_matches('"').trim_matches('\'');
        if name.is_empty() || fields.iter().any(|(known, _)| known == name) {
            return None;
        }
        fields.push((name.to_owned(), parse(data_type.trim(), depth + 1)?));
    }
    (!fields.is_empty()).then_some(fields)
}

fn split_at_top_level(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut open, mut start) = (0_usize, 0_usize);
    for (index, c) in text.char_indices() {
        match c {
            '(' | '{' => open += 1,
            ')' | '}' => open = open.checked_sub(1)?,
            ',' if open == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::DataType;

    #[test]
    fn every_id_of_feast_comes_back() {
        let known = (1..=8).chain(11..=18).chain(20..=48).filter(|id| *id != 19);
        for id in known {
            let data_type = DataType::from_value_type_id(id);
            assert!(!matches!(data_type, DataType::Unknown(_)), "{id}");
            assert_eq!(data_type.value_type_id(), id);
        }
        assert_eq!(DataType::from_value_type_id(99), DataType::Unknown(99));
        assert_eq!(DataType::from_value_type_id(0), DataType::Unknown(0));
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "Int64",
            "Array(Float32)",
            "Set(String)",
            "Array(Array(Set(Int64)))",
            "Struct({name: String, at: UnixTimestamp, tags: Array(String)})",
            "Array(Struct({a: Struct({b: Bool})}))",
            "ValueList",
            "Array(ValueSet)",
        ] {
            assert_eq!(text.parse::<DataType>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_spellings_are_understood() {
        for (text, printed) in [
            ("float32", "Float32"),
            ("DOUBLE", "Float64"),
            ("INT64_LIST", "Array(Int64)"),
            ("UNIX_TIMESTAMP", "UnixTimestamp"),
            ("time_uuid_set", "Set(TimeUuid)"),
            ("VALUE_LIST", "ValueList"),
            (" array( int64 ) ", "Array(Int64)"),
        ] {
            assert_eq!(text.parse::<DataType>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_feast_has_no_id_for_is_refused() {
        let deep = format!("{}Int64{}", "Array(".repeat(40), ")".repeat(40));
        for text in [
            "",
            "int",
            "Array()",
            "Array(ZonedTimestamp)",
            "Set(Map)",
            "Struct({})",
            "Struct({a})",
            &deep,
        ] {
            assert!(text.parse::<DataType>().is_err(), "{text}");
        }
    }
}
