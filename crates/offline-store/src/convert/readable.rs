use arrow::datatypes::DataType as ArrowType;
use feature_model::DataType;

/// Whether the values of a column can be read as a declared type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// By the types, every value can; a single one may still be out of range, or have a fraction.
    Yes,
    /// Only values that happen to be written in the right way, such as digits in text.
    Perhaps,
    /// No value ever can.
    No,
}

/// What matters of an arrow type here.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Null,
    Bool,
    Int,
    Float,
    Decimal,
    Text,
    Binary,
    Uuid,
    Time,
    TimeOfDay,
    List(&'a ArrowType),
    Struct,
    TextMap,
    ScalarMap,
    Other,
}

fn kind(arrow: &ArrowType) -> Kind<'_> {
    match arrow {
        ArrowType::Null => Kind::Null,
        ArrowType::Boolean => Kind::Bool,
        ArrowType::Float16 | ArrowType::Float32 | ArrowType::Float64 => Kind::Float,
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => Kind::Text,
        ArrowType::FixedSizeBinary(16) => Kind::Uuid,
        ArrowType::FixedSizeBinary(_)
        | ArrowType::Binary
        | ArrowType::LargeBinary
        | ArrowType::BinaryView => Kind::Binary,
        ArrowType::Timestamp(..) | ArrowType::Date32 | ArrowType::Date64 => Kind::Time,
        ArrowType::Time32(_) | ArrowType::Time64(_) => Kind::TimeOfDay,
        ArrowType::List(element)
        | ArrowType::LargeList(element)
        | ArrowType::ListView(element)
        | ArrowType::LargeListView(element)
        | ArrowType::FixedSizeList(element, _) => Kind::List(element.data_type()),
        ArrowType::Struct(_) => Kind::Struct,
        ArrowType::Map(entries, _) => match entries.data_type() {
            ArrowType::Struct(fields)
                if fields.first().is_some_and(|key| is_text(key.data_type())) =>
            {
                Kind::TextMap
            }
            _ => Kind::ScalarMap,
        },
        ArrowType::Dictionary(_, values) => kind(values),
        ArrowType::RunEndEncoded(_, values) => kind(values.data_type()),
        other if other.is_integer() => Kind::Int,
        other if other.is_decimal() => Kind::Decimal,
        _ => Kind::Other,
    }
}

fn is_text(arrow: &ArrowType) -> bool {
    matches!(kind(arrow), Kind::Text)
}

/// Whether a column of a typed file (Parquet) can be read as `declared`.
pub(crate) fn fit(arrow: &ArrowType, declared: &DataType) -> Fit {
    let kind = kind(arrow);
    if matches!(kind, Kind::Null) {
        return Fit::Yes;
    }
    match declared {
        DataType::Unknown(_) if matches!(kind, Kind::Other) => Fit::No,
        DataType::Unknown(_) => Fit::Yes,
        DataType::Int32 | DataType::Int64 => number(kind),
        DataType::Float32 | DataType::Float64 => match kind {
            Kind::Bool => Fit::Perhaps,
            other => number(other),
        },
        DataType::Bool => match kind {
            Kind::Bool | Kind::Int => Fit::Yes,
            Kind::Text => Fit::Perhaps,
            _ => Fit::No,
        },
        DataType::String => match kind {
            Kind::List(_) | Kind::Struct | Kind::TextMap | Kind::ScalarMap | Kind::Other => Fit::No,
            Kind::Binary | Kind::Uuid => Fit::Perhaps,
            _ => Fit::Yes,
        },
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => match kind {
            Kind::Binary | Kind::Uuid => Fit::Yes,
            Kind::Text => Fit::Perhaps,
            _ => Fit::No,
        },
        DataType::UnixTimestamp => match kind {
            Kind::Time | Kind::Int => Fit::Yes,
            Kind::Float | Kind::Text => Fit::Perhaps,
            _ => Fit::No,
        },
        DataType::ZonedTimestamp => match kind {
            Kind::Time => Fit::Yes,
            Kind::Text => Fit::Perhaps,
            _ => Fit::No,
        },
        other => by_structure(kind, other),
    }
}

fn number(kind: Kind<'_>) -> Fit {
    match kind {
        Kind::Int | Kind::Float | Kind::Decimal | Kind::Bool => Fit::Yes,
        Kind::Text => Fit::Perhaps,
        _ => Fit::No,
    }
}

fn by_structure(kind: Kind<'_>, declared: &DataType) -> Fit {
    match declared {
        DataType::Uuid | DataType::TimeUuid => match kind {
            Kind::Text | Kind::Uuid => Fit::Yes,
            Kind::Binary => Fit::Perhaps,
            _ => Fit::No,
        },
        DataType::Decimal => match kind {
            Kind::Decimal | Kind::Text | Kind::Int | Kind::Float => Fit::Yes,
            _ => Fit::No,
        },
        DataType::Json => match kind {
            Kind::Other => Fit::No,
            Kind::Binary | Kind::Uuid => Fit::Perhaps,
            _ => Fit::Yes,
        },
        DataType::Map | DataType::Struct(_) => match kind {
            Kind::Struct | Kind::TextMap | Kind::Text => Fit::Yes,
            Kind::Binary => Fit::Perhaps,
            _ => Fit::No,
        },
        DataType::ScalarMap if matches!(kind, Kind::ScalarMap) => Fit::Yes,
        DataType::Array(element) | DataType::Set(element) => list(kind, element),
        DataType::ValueList | DataType::ValueSet => nested(kind),
        _ => Fit::No,
    }
}

fn list(kind: Kind<'_>, element: &DataType) -> Fit {
    let maps = matches!(element, DataType::Map | DataType::Struct(_));
    match (kind, element) {
        (_, DataType::Array(_) | DataType::Set(_) | DataType::ValueList | DataType::ValueSet) => {
            nested(kind)
        }
        (Kind::List(found), element) => fit(found, element),
        (Kind::Text, _) if maps => Fit::Yes,
        (Kind::Text | Kind::Binary, _) => Fit::Perhaps,
        _ => Fit::No,
    }
}

fn nested(found: Kind<'_>) -> Fit {
    match found {
        Kind::List(element) if matches!(kind(element), Kind::List(_) | Kind::Null) => Fit::Yes,
        Kind::Text | Kind::Binary => Fit::Perhaps,
        _ => Fit::No,
    }
}

/// Whether a column of a CSV file, whose type was inferred from its first rows, can be read as
/// `declared`. All values are text there, so structured types are read from JSON in a cell; and a column
/// is taken for text, integers for floats, because of a single odd value, which spoils just its row.
pub(crate) fn csv_fit(inferred: &ArrowType, declared: &DataType) -> Fit {
    let found = kind(inferred);
    let fits = match declared {
        _ if matches!(found, Kind::Null) => true,
        DataType::ScalarMap => false,
        _ if matches!(found, Kind::Text) => true,
        DataType::Int32 | DataType::Int64 | DataType::Float32 | DataType::Float64 => {
            matches!(found, Kind::Int | Kind::Float)
        }
        DataType::Bool => matches!(found, Kind::Bool | Kind::Int | Kind::Float),
        DataType::UnixTimestamp => matches!(found, Kind::Time | Kind::Int | Kind::Float),
        DataType::ZonedTimestamp => matches!(found, Kind::Time),
        DataType::Map
        | DataType::Struct(_)
        | DataType::Array(_)
        | DataType::Set(_)
        | DataType::ValueList
        | DataType::ValueSet => false,
        _ => true,
    };
    if fits { Fit::Yes } else { Fit::No }
}
