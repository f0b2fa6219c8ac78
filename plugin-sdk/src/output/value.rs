//! Arrays of values whose kinds only the values tell.

use std::mem::discriminant;

use super::{Children, Nulls, Output, clamped, offset};
use crate::{
    ScalarMap, TransformError, Value,
    bindings::salver::transform::columns::{Array, Lists, Mixed, StructMember, Structs, Values},
};

/// An array of kind `mixed`, with an alternative for each kind among the values.
pub(super) fn mixed(values: Vec<Value>, children: &mut Children) -> Result<Array, TransformError> {
    let mut alternatives: Vec<Vec<Value>> = Vec::new();
    let mut mixed = Mixed {
        choices: Vec::with_capacity(values.len()),
        positions: Vec::with_capacity(values.len()),
        alternatives: Vec::new(),
    };
    let mut nulls = Nulls::default();
    for value in values {
        if value == Value::Null {
            nulls.push_null(mixed.choices.len());
            mixed.choices.push(0);
            mixed.positions.push(0);
            continue;
        }
        nulls.push_valid();
        let choice = choose(&mut alternatives, &value)?;
        let alternative = &mut alternatives[choice as usize];
        mixed.choices.push(choice);
        mixed.positions.push(clamped(alternative.len()));
        alternative.push(value);
    }
    for alternative in alternatives {
        let place = children.add(|children| uniform(alternative, children))?;
        mixed.alternatives.push(place);
    }
    Ok(nulls.array(Values::Mixed(mixed)))
}

/// The alternative that takes such a value, a new one where none does.
fn choose(alternatives: &mut Vec<Vec<Value>>, value: &Value) -> Result<u8, TransformError> {
    let known = alternatives
        .iter()
        .position(|values| values.first().is_some_and(|first| same_kind(first, value)));
    let choice = known.unwrap_or(alternatives.len());
    if known.is_none() {
        alternatives.push(Vec::new());
    }
    u8::try_from(choice).map_err(|_| {
        TransformError::failed(
            "its values are of more than 256 kinds; structs of other members are other kinds",
        )
    })
}

/// Whether one array can hold both.
fn same_kind(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) | (Value::Set(left), Value::Set(right)) => {
            match (element(left), element(right)) {
                (Some(left), Some(right)) => same_kind(left, right),
                (left, right) => left.is_none() && right.is_none(),
            }
        }
        (Value::Struct(left), Value::Struct(right)) => {
            let names = left.iter().map(|(name, _)| name);
            names.eq(right.iter().map(|(name, _)| name))
        }
        (left, right) => discriminant(left) == discriminant(right),
    }
}

/// An example of a list's elements, where they are scalars of one kind that there are lists of.
fn element(list: &[Value]) -> Option<&Value> {
    let first = list.first()?;
    let scalar = !matches!(
        first,
        Value::Null
            | Value::ZonedTimestamp(_)
            | Value::List(_)
            | Value::Set(_)
            | Value::Map(_)
            | Value::ScalarMap(_)
            | Value::Struct(_)
    );
    let uniform = scalar && list.iter().all(|value| same_kind(first, value));
    uniform.then_some(first)
}

/// An array of the values' kind where they have one, else a mixed one.
pub(super) fn uniform_or_mixed(
    values: Vec<Value>,
    children: &mut Children,
) -> Result<Array, TransformError> {
    match element(&values) {
        Some(_) => uniform(values, children),
        None => mixed(values, children),
    }
}

macro_rules! collected {
    ($values:expr, $case:ident) => {{
        let inner = $values.into_iter().filter_map(|value| match value {
            Value::$case(value) => Some(value),
            _ => None,
        });
        inner.collect::<Vec<_>>()
    }};
}

/// An array of values that are all of the first one's kind.
fn uniform(values: Vec<Value>, children: &mut Children) -> Result<Array, TransformError> {
    match values.first() {
        None | Some(Value::Null) => mixed(values, children),
        Some(Value::Bool(_)) => bool::array(collected!(values, Bool), children),
        Some(Value::Int32(_)) => i32::array(collected!(values, Int32), children),
        Some(Value::Int64(_)) => i64::array(collected!(values, Int64), children),
        Some(Value::Float32(_)) => f32::array(collected!(values, Float32), children),
        Some(Value::Float64(_)) => f64::array(collected!(values, Float64), children),
        Some(Value::Timestamp(_)) => Output::array(collected!(values, Timestamp), children),
        Some(Value::ZonedTimestamp(_)) => {
            Output::array(collected!(values, ZonedTimestamp), children)
        }
        Some(Value::Bytes(_)) => Vec::<u8>::array(collected!(values, Bytes), children),
        Some(Value::String(_)) => String::array(collected!(values, String), children),
        Some(Value::Json(_)) => Output::array(collected!(values, Json), children),
        Some(Value::Uuid(_)) => Output::array(collected!(values, Uuid), children),
        Some(Value::TimeUuid(_)) => Output::array(collected!(values, TimeUuid), children),
        Some(Value::Decimal(_)) => Output::array(collected!(values, Decimal), children),
        Some(Value::List(_)) => lists(collected!(values, List), children, Values::List),
        Some(Value::Set(_)) => lists(collected!(values, Set), children, Values::Set),
        Some(Value::Map(_)) => Output::array(collected!(values, Map), children),
        Some(Value::ScalarMap(_)) => {
            let maps = collected!(values, ScalarMap).into_iter().map(ScalarMap);
            Output::array(maps.collect(), children)
        }
        Some(Value::Struct(_)) => structs(collected!(values, Struct), children),
    }
}

fn lists(
    lists: Vec<Vec<Value>>,
    children: &mut Children,
    case: fn(Lists) -> Values,
) -> Result<Array, TransformError> {
    let mut offsets = Vec::with_capacity(lists.len() + 1);
    offsets.push(0);
    let mut elements = Vec::new();
    let typed = lists.first().is_some_and(|list| element(list).is_some());
    for list in lists {
        elements.extend(list);
        offsets.push(offset(elements.len())?);
    }
    let elements = children.add(|children| match typed {
        true => uniform(elements, children),
        false => mixed(elements, children),
    })?;
    Ok(Nulls::default().array(case(Lists { offsets, elements })))
}

fn structs(
    structs: Vec<Vec<(String, Value)>>,
    children: &mut Children,
) -> Result<Array, TransformError> {
    let length = offset(structs.len())?;
    let mut members: Vec<(String, Vec<Value>)> = Vec::new();
    for values in structs {
        for (index, (name, value)) in values.into_iter().enumerate() {
            match members.get_mut(index) {
                Some((_, values)) => values.push(value),
                None => members.push((name, vec![value])),
            }
        }
    }
    let members = members.into_iter().map(|(name, values)| {
        let values = children.add(|children| mixed(values, children))?;
        Ok(StructMember { name, values })
    });
    let members = members.collect::<Result<_, TransformError>>()?;
    Ok(Nulls::default().array(Values::Struct(Structs { length, members })))
}
