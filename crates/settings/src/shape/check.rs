use feature_model::{ByteSize, DataType, Ttl, check_name};

use super::{FeastTyped, Key, Kind, Shape, Usage, Variants};
use crate::{
    Problems,
    nearest::did_you_mean,
    yaml::{Mapping, Node, Scalar},
};

/// Reports everything in `node` that doesn't fit `shape`, and each key that only Feast uses.
pub fn check(node: &Node, shape: &Shape, problems: &mut Problems) {
    let Some(mapping) = node.mapping() else {
        let keys = list_of(shape.keys.iter().map(|key| key.name));
        let message = format!("{} is a mapping with the keys {keys}", shape.name);
        return problems.push(node.mark.error(message));
    };
    for (name, entry) in mapping {
        match shape.key(name) {
            Some(key) => check_key(key, &entry.value, shape, problems),
            None => problems.push(entry.mark.error(unknown_key(name, shape))),
        }
    }
    let missing = shape
        .keys
        .iter()
        .filter(|key| key.required && is_absent(mapping, key.name));
    for key in missing {
        let doc = lowercase_clause(key.doc);
        let message = format!("{} needs the key `{}`: {doc}", shape.name, key.name);
        problems.push(node.mark.error(message));
    }
}

/// A sentence of the documentation as the end of a message.
fn lowercase_clause(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn is_absent(mapping: &Mapping, key: &str) -> bool {
    mapping.get(key).is_none_or(|entry| entry.value.is_null())
}

fn unknown_key(name: &str, shape: &Shape) -> String {
    let known = || shape.keys.iter().map(|key| key.name);
    let mut hint = did_you_mean(name, known());
    if hint.is_empty() {
        hint = format!("; it has {}", list_of(known()));
    }
    format!("`{name}` is no key of {}{hint}", shape.name)
}

fn list_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn check_key(key: &Key, value: &Node, shape: &Shape, problems: &mut Problems) {
    if value.is_null() {
        return;
    }
    let place = format!("`{}` of {}", key.name, shape.name);
    let before = problems.0.len();
    check_kind(&key.kind, value, &place, problems);
    let Usage::Feast(same) = key.usage else {
        return;
    };
    let told = value.text().or_else(|| value.text_at("type"));
    let makes_no_difference = told.is_some_and(|text| same.contains(&text));
    if problems.0.len() == before && !makes_no_difference {
        let message = format!("{place} is for Feast; Salver does not use it");
        problems.push(value.mark.warning(message));
    }
}

fn check_kind(kind: &Kind, node: &Node, place: &str, problems: &mut Problems) {
    match kind {
        Kind::Any => {}
        Kind::Object if node.mapping().is_some() => {}
        Kind::Object => problems.push(node.mark.error(format!("{place} is a mapping"))),
        Kind::List(item) => check_list(item, node, place, problems),
        Kind::Mapping(shape) => check(node, shape, problems),
        Kind::Either(scalar, _) if node.scalar().is_some() => {
            check_kind(scalar, node, place, problems);
        }
        Kind::Either(_, other) => check_kind(other, node, place, problems),
        Kind::Variants(variants) => check_variants(variants, node, problems),
        Kind::TextMap => check_text_map(node, place, problems),
        Kind::FeastKeys(keys) => check_feast_keys(keys, node, place, problems),
        Kind::FeastTyped(typed) => check_feast_typed(typed, node, place, problems),
        scalar_kind => match node.scalar() {
            Some(scalar) if !scalar.is_null() => {
                if let Err(reason) = check_scalar(scalar_kind, scalar) {
                    problems.push(node.mark.error(format!("{place}: {reason}")));
                }
            }
            _ => problems.push(
                node.mark
                    .error(format!("{place} is {}", wanted(scalar_kind))),
            ),
        },
    }
}

fn wanted(kind: &Kind) -> String {
    match kind {
        Kind::Name => "a name".to_owned(),
        Kind::Integer { min } => format!("an integer of at least {min}"),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Duration => "a duration above zero, such as `100ms`, `5s` or `1d`".to_owned(),
        Kind::Ttl => "a duration such as `90m` or `1d`, or `0`".to_owned(),
        Kind::Size => "a size above zero, such as `64MiB` or `512KiB`".to_owned(),
        Kind::DataType => "a type such as `Int64`, `Float32` or `Array(String)`".to_owned(),
        Kind::OneOf(words) => format!("one of {}", list_of(words.iter().copied())),
        _ => "a text".to_owned(),
    }
}

fn check_scalar(kind: &Kind, scalar: &Scalar) -> Result<(), String> {
    let text = &*scalar.text;
    let unfit = || format!("`{text}` is not {}", wanted(kind));
    let fits = |fit: bool| if fit { Ok(()) } else { Err(unfit()) };
    match kind {
        Kind::FeastText if !scalar.is_text_for_feast() => Err(format!(
            "Feast takes `{text}` for a number or a truth, and refuses it; write it in quotes"
        )),
        Kind::QuotedText if !scalar.is_text_for_feast() => Err(format!(
            "`{text}` is a number or a truth; write it in quotes, if it is meant"
        )),
        Kind::Name => check_name(text).map_err(|error| error.to_string()),
        Kind::Integer { min } => fits(scalar.integer().is_some_and(|value| value >= *min)),
        Kind::Bool => fits(scalar.bool().is_some()),
        Kind::Duration => fits(Ttl::parse(text).is_ok_and(|ttl| ttl.is_some())),
        Kind::Ttl => Ttl::parse(text)
            .map(|_| ())
            .map_err(|error| error.to_string()),
        Kind::Size => match text.parse::<ByteSize>() {
            Ok(size) => fits(size.bytes() > 0),
            Err(error) => Err(error.to_string()),
        },
        Kind::DataType => text
            .parse::<DataType>()
            .map(|_| ())
            .map_err(|error| error.to_string()),
        Kind::OneOf(words) if !words.contains(&text) => {
            Err(unfit() + &did_you_mean(text, words.iter().copied()))
        }
        _ => Ok(()),
    }
}

fn check_list(item: &Kind, node: &Node, place: &str, problems: &mut Problems) {
    let Some(items) = node.list() else {
        let message = format!("{place} is a list: begin each item with `- `");
        return problems.push(node.mark.error(message));
    };
    let place = format!("an item of {place}");
    for node in items {
        check_kind(item, node, &place, problems);
    }
}

fn check_text_map(node: &Node, place: &str, problems: &mut Problems) {
    let Some(mapping) = node.mapping() else {
        return problems.push(
            node.mark
                .error(format!("{place} is a mapping of words to texts")),
        );
    };
    for (name, entry) in mapping {
        if entry.value.scalar().is_none() {
            let message = format!("`{name}` in {place} is a text");
            problems.push(entry.value.mark.error(message));
        }
    }
}

fn check_variants(variants: &Variants, node: &Node, problems: &mut Problems) {
    let types = || variants.shapes.iter().map(|(name, _)| *name);
    let Some(mapping) = node.mapping() else {
        let message = format!("{} is a mapping with the key `type`", variants.name);
        return problems.push(node.mark.error(message));
    };
    let told = node.text_at("type").or(variants.default);
    let Some(told) = told.filter(|_| {
        mapping
            .get("type")
            .is_none_or(|e| e.value.scalar().is_some())
    }) else {
        let types = list_of(types());
        let message = format!("{} needs the key `type`: one of {types}", variants.name);
        return problems.push(node.mark.error(message));
    };
    match variants.shapes.iter().find(|(name, _)| *name == told) {
        Some((_, shape)) => check(node, shape, problems),
        None => {
            let hint = did_you_mean(told, types());
            let message = format!(
                "`{told}` is no type of {}; it is one of {}{hint}",
                variants.name,
                list_of(types())
            );
            let mark = mapping
                .get("type")
                .map_or(&node.mark, |entry| &entry.value.mark);
            problems.push(mark.error(message));
        }
    }
}

fn check_feast_keys(keys: &[&str], node: &Node, place: &str, problems: &mut Problems) {
    let Some(mapping) = node.mapping() else {
        return problems.push(node.mark.error(format!("{place} is a mapping")));
    };
    for (name, entry) in mapping
        .iter()
        .filter(|(name, _)| !keys.contains(&name.as_str()))
    {
        let hint = did_you_mean(name, keys.iter().copied());
        let message = format!("`{name}` is no key that Feast knows in {place}{hint}");
        problems.push(entry.mark.error(message));
    }
}

fn check_feast_typed(typed: &FeastTyped, node: &Node, place: &str, problems: &mut Problems) {
    let told = node.text().or_else(|| node.text_at("type"));
    let known = told.and_then(|told| typed.types.iter().find(|(name, _)| *name == told));
    let Some(told) = told else {
        // Without a type Feast has a default, whose keys it shares with none of the others.
        return check_feast_keys(&["type"], node, place, problems);
    };
    match known {
        Some((_, keys)) if !keys.is_empty() && node.mapping().is_some() => {
            check_feast_keys(keys, node, place, problems);
        }
        Some(_) => {}
        None if told.ends_with(typed.class_ending) => {}
        None => {
            let hint = did_you_mean(told, typed.types.iter().map(|(name, _)| *name));
            let mark = node.get("type").map_or(&node.mark, |value| &value.mark);
            let message = format!("`{told}` is no type that Feast knows in {place}{hint}");
            problems.push(mark.error(message));
        }
    }
}
