//! `SALVER__ONLINE_STORE__CONNECTION_STRING=...`: every key from the environment.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use crate::{
    Problems,
    nearest::did_you_mean,
    shape::{Kind, Shape},
    yaml::{self, Entry, Kind as NodeKind, Mapping, Mark, Node, Scalar, Style},
};

const PREFIX: &str = "SALVER__";
const SEPARATOR: &str = "__";

/// Lays every `SALVER__...` variable over `root`. A variable that names no key is a problem.
pub(super) fn apply(
    root: &mut Node,
    shape: &'static Shape,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) {
    let mut variables: Vec<Override<'_>> = environment
        .iter()
        .filter_map(|(name, value)| Override::new(name, value))
        .collect();
    // `SALVER__REGISTRY` goes before `SALVER__REGISTRY__PATH`, and `.._TYPE`, which may empty its section, before
    // the section's other keys.
    variables.sort_by_key(|variable| {
        let is_type = |key: &&str| key.eq_ignore_ascii_case("type");
        (
            variable.path.len(),
            !variable.path.last().is_some_and(is_type),
        )
    });
    for variable in variables {
        match resolve(&variable.path, shape) {
            Ok((keys, kind)) => variable.lay_over(root, &keys, kind, problems),
            Err(reason) => problems.push(variable.mark.error(reason)),
        }
    }
}

struct Override<'e> {
    mark: Mark,
    path: Vec<&'e str>,
    value: &'e str,
}

impl<'e> Override<'e> {
    fn new(name: &'e str, value: &'e str) -> Option<Self> {
        let head = name.get(..PREFIX.len())?;
        let path = name.get(PREFIX.len()..)?;
        let source = format!("environment variable `{name}`");
        head.eq_ignore_ascii_case(PREFIX).then(|| Self {
            mark: Mark {
                source: Arc::from(Path::new(&source)),
                line: 0,
                column: 0,
            },
            path: path.split(SEPARATOR).collect(),
            value,
        })
    }

    fn lay_over(&self, root: &mut Node, keys: &[String], kind: &Kind, problems: &mut Problems) {
        match self.node(kind) {
            Ok(node) => {
                if keys.last().is_some_and(|key| key == "type") {
                    drop_other_type(root, keys, self.value);
                }
                set(root, keys, node, &self.mark, "type");
            }
            Err(found) => problems.extend(found),
        }
    }

    /// The value: text where a text is wanted, else YAML.
    fn node(&self, kind: &Kind) -> Result<Node, Problems> {
        let structured = matches!(
            kind,
            Kind::List(_)
                | Kind::Mapping(_)
                | Kind::TextMap
                | Kind::Object
                | Kind::Any
                | Kind::FeastKeys(_)
        );
        let opens = self.value.trim_start().starts_with('{');
        if structured || (opens && matches!(kind, Kind::Either(..) | Kind::FeastTyped(_))) {
            return yaml::parse(self.value, &self.mark.source).map(|node| self.without_lines(node));
        }
        let scalar = Scalar {
            text: self.value.to_owned(),
            style: Style::Environment,
        };
        Ok(self.at_mark(NodeKind::Scalar(scalar)))
    }

    fn at_mark(&self, kind: NodeKind) -> Node {
        Node {
            mark: self.mark.clone(),
            kind,
        }
    }

    /// A line within a variable tells nobody anything.
    fn without_lines(&self, node: Node) -> Node {
        let kind = match node.kind {
            NodeKind::List(items) => NodeKind::List(
                items
                    .into_iter()
                    .map(|item| self.without_lines(item))
                    .collect(),
            ),
            NodeKind::Mapping(entries) => {
                let entries = entries.into_iter().map(|(key, entry)| {
                    let value = self.without_lines(entry.value);
                    (
                        key,
                        Entry {
                            mark: self.mark.clone(),
                            value,
                        },
                    )
                });
                NodeKind::Mapping(entries.collect())
            }
            scalar @ NodeKind::Scalar(_) => scalar,
        };
        self.at_mark(kind)
    }
}

/// The keys as the table writes them, and the kind of the last.
fn resolve(path: &[&str], shape: &'static Shape) -> Result<(Vec<String>, &'static Kind), String> {
    let mut keys = Vec::new();
    let mut here = Place::Shape(shape);
    for segment in path {
        let (key, next) = here
            .step(segment)
            .ok_or_else(|| unknown(path, keys.len(), &here, shape))?;
        keys.push(key);
        here = next;
    }
    match here {
        Place::Value(kind) => Ok((keys, kind)),
        _ => Ok((keys, &Kind::Any)),
    }
}

enum Place {
    Shape(&'static Shape),
    Value(&'static Kind),
    /// Within a section of Feast, or a map of texts: any name is a key.
    Free,
}

impl Place {
    fn step(&self, segment: &str) -> Option<(String, Self)> {
        match self {
            Self::Shape(shape) => {
                let key = shape
                    .keys
                    .iter()
                    .find(|key| key.name.eq_ignore_ascii_case(segment))?;
                Some((key.name.to_owned(), Self::Value(&key.kind)))
            }
            Self::Value(kind) => Self::step_into(kind, segment),
            Self::Free => None,
        }
    }

    fn step_into(kind: &'static Kind, segment: &str) -> Option<(String, Self)> {
        match kind {
            Kind::Mapping(shape) => Self::Shape(shape).step(segment),
            Kind::Either(_, other) => Self::step_into(other, segment),
            Kind::Variants(variants) => {
                let mut shapes = variants.shapes.iter();
                shapes.find_map(|(_, shape)| Self::Shape(shape).step(segment))
            }
            Kind::TextMap => Some((segment.to_owned(), Self::Value(&Kind::Text))),
            Kind::FeastKeys(_) | Kind::FeastTyped(_) => {
                Some((segment.to_ascii_lowercase(), Self::Free))
            }
            _ => None,
        }
    }

    fn names(&self) -> Vec<&'static str> {
        fn of(kind: &'static Kind) -> Vec<&'static str> {
            match kind {
                Kind::Mapping(shape) => shape.keys.iter().map(|key| key.name).collect(),
                Kind::Either(_, other) => of(other),
                Kind::Variants(variants) => {
                    let keys = variants.shapes.iter().flat_map(|(_, shape)| shape.keys);
                    keys.map(|key| key.name).collect()
                }
                _ => Vec::new(),
            }
        }
        match self {
            Self::Shape(shape) => shape.keys.iter().map(|key| key.name).collect(),
            Self::Value(kind) => of(kind),
            Self::Free => Vec::new(),
        }
    }
}

fn unknown(path: &[&str], depth: usize, here: &Place, shape: &'static Shape) -> String {
    let segment = path[depth].to_lowercase();
    let names = here.names();
    let in_salver = depth == 0
        && shape
            .key("salver")
            .is_some_and(|key| Place::Value(&key.kind).names().contains(&segment.as_str()));
    if in_salver {
        let right = format!("{PREFIX}SALVER{SEPARATOR}{}", path.join(SEPARATOR));
        return format!("`{segment}` is a key of `salver`; write `{right}`");
    }
    if names.is_empty() {
        let parent = path.get(..depth).unwrap_or_default().join(SEPARATOR);
        return format!("`{PREFIX}{parent}` has no keys of its own");
    }
    let hint = did_you_mean(&segment, names);
    format!("`{segment}` names no key of feature_store.yaml{hint}")
}

/// Empties the section whose type becomes another one: its keys in the file belong to the old type.
fn drop_other_type(root: &mut Node, keys: &[String], new: &str) {
    let Some((_, section)) = keys.split_last() else {
        return;
    };
    let mut node = root;
    for key in section {
        let NodeKind::Mapping(entries) = &mut node.kind else {
            return;
        };
        let Some(entry) = entries.get_mut(key) else {
            return;
        };
        node = &mut entry.value;
    }
    let old = node.get("type").and_then(Node::text);
    if old.is_some_and(|old| old != new)
        && let NodeKind::Mapping(entries) = &mut node.kind
    {
        entries.clear();
    }
}

/// Sets a key, making mappings on the way. A section given as a word (`online_store: redis`) becomes a mapping
/// with that word under `word_key`.
fn set(node: &mut Node, keys: &[String], value: Node, mark: &Mark, word_key: &str) {
    let Some((key, rest)) = keys.split_first() else {
        *node = value;
        return;
    };
    if node.scalar().is_some() {
        *node = section(node.clone(), word_key);
    }
    if let NodeKind::Mapping(entries) = &mut node.kind {
        let entry = entries.entry(key.clone()).or_insert_with(|| absent(mark));
        if rest.is_empty() {
            entry.mark = mark.clone();
        }
        let word_key = if key == "registry" { "path" } else { "type" };
        set(&mut entry.value, rest, value, mark, word_key);
    }
}

/// A section given as one word (`registry: data/registry.db`) as the mapping it stands for; a mapping as it is.
pub(super) fn section(node: Node, word_key: &str) -> Node {
    if node.scalar().is_none() {
        return node;
    }
    let mark = node.mark.clone();
    let mut entries = Mapping::new();
    if !node.is_null() {
        let entry = Entry {
            mark: mark.clone(),
            value: node,
        };
        entries.insert(word_key.to_owned(), entry);
    }
    Node {
        mark,
        kind: NodeKind::Mapping(entries),
    }
}

fn absent(mark: &Mark) -> Entry {
    let null = Scalar {
        text: String::new(),
        style: Style::Plain,
    };
    Entry {
        mark: mark.clone(),
        value: Node {
            mark: mark.clone(),
            kind: NodeKind::Scalar(null),
        },
    }
}
