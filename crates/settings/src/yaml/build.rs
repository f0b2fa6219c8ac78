use std::{collections::BTreeMap, path::Path, sync::Arc};

use indexmap::map::Entry as Slot;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};

use super::{Entry, Expanded, Kind, Mapping, Mark, Node, Scalar, Style};
use crate::{Problem, Problems};

/// Far deeper than any file that a person writes; keeps every walk over the tree off the stack's end.
const DEEPEST_NESTING: usize = 64;
const LONGEST_TEXT_BYTES: usize = 4 * 1024 * 1024;
/// What the aliases of a document may add to it.
const HEAVIEST_COPIES_BYTES: usize = 32 * 1024 * 1024;
const NODE_BYTES: usize = 128;

/// Builds a tree from the parser's events, without recursion.
pub(super) struct Builder<'t> {
    expanded: &'t Expanded,
    source: Arc<Path>,
    problems: Problems,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    weight: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    mark: Mark,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Mapping {
        entries: Mapping,
        merged: Vec<Node>,
        key: Pending,
    },
}

/// Where a mapping stands between its keys and values.
enum Pending {
    WantsKey,
    Key(String, Mark),
    Merge,
    /// The key was no text; its value is dropped.
    Unusable,
}

impl<'t> Builder<'t> {
    pub(super) fn new(expanded: &'t Expanded, source: Arc<Path>) -> Self {
        Self {
            expanded,
            source,
            problems: Problems::default(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            weight: 0,
        }
    }

    pub(super) fn run(mut self) -> (Option<Node>, Problems) {
        if let Err(fatal) = self.read() {
            self.problems.push(fatal);
            return (None, self.problems);
        }
        let beginning = self.mark(Marker::new(0, 1, 0));
        let empty = || scalar(beginning, "", Style::Plain);
        (Some(self.root.unwrap_or_else(empty)), self.problems)
    }

    fn read(&mut self) -> Result<(), Problem> {
        let text = &*self.expanded.text;
        if text.len() > LONGEST_TEXT_BYTES {
            let message = format!("the file is longer than {LONGEST_TEXT_BYTES} bytes; split it");
            return Err(Problem::error(&*self.source, 0, message));
        }
        let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| {
                self.mark(*error.marker())
                    .error(format!("this is no YAML: {}", error.info()))
            })?;
            let mark = self.mark(span.start);
            self.take(event, mark)?;
        }
        Ok(())
    }

    fn mark(&self, marker: Marker) -> Mark {
        Mark {
            source: Arc::clone(&self.source),
            line: self.expanded.original_line(marker.line()),
            column: marker.col() + 1,
        }
    }

    fn take(&mut self, event: Event<'_>, mark: Mark) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(mark.error("a file holds one document; put a second one in a file of its own"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = self.style(style, tag.as_deref(), &mark);
                self.add(scalar(mark, &text, style), anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(mark.error("this alias stands for something that isn't finished"));
                };
                let (weight, depth) = measure(&node);
                if self.open.len() + depth > DEEPEST_NESTING {
                    return Err(too_deep(&mark));
                }
                self.weigh(weight, &mark)?;
                self.add(node, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &mark);
                self.begin(mark, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &mark);
                let content = Content::Mapping {
                    entries: Mapping::new(),
                    merged: Vec::new(),
                    key: Pending::WantsKey,
                };
                self.begin(mark, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, mark: Mark, anchor: usize, content: Content) -> Result<(), Problem> {
        if self.open.len() >= DEEPEST_NESTING {
            return Err(too_deep(&mark));
        }
        self.open.push(Open {
            mark,
            anchor,
            content,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let kind = match open.content {
            Content::List(items) => Kind::List(items),
            Content::Mapping {
                mut entries,
                merged,
                ..
            } => {
                self.merge(&mut entries, merged);
                Kind::Mapping(entries)
            }
        };
        let node = Node {
            mark: open.mark,
            kind,
        };
        self.add(node, open.anchor)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        if anchor > 0 {
            self.weigh(measure(&node).0, &node.mark)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Mapping {
                entries,
                merged,
                key,
            }) => {
                let problem = add_to_mapping(entries, merged, key, node);
                self.problems.0.extend(problem);
            }
        }
        Ok(())
    }

    /// Counts what is copied; what stands in the text itself is bounded by the text's length.
    fn weigh(&mut self, weight: usize, mark: &Mark) -> Result<(), Problem> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > HEAVIEST_COPIES_BYTES {
            return Err(mark.error("with its aliases put in, this file is too large"));
        }
        Ok(())
    }

    /// `<<`: keys of other mappings, where the mapping itself doesn't have them.
    fn merge(&mut self, entries: &mut Mapping, merged: Vec<Node>) {
        for node in merged {
            match node.kind {
                Kind::Mapping(others) => {
                    for (key, entry) in others {
                        entries.entry(key).or_insert(entry);
                    }
                }
                Kind::List(items) if items.iter().all(|item| item.mapping().is_some()) => {
                    self.merge(entries, items);
                }
                _ => self.problems.push(
                    node.mark
                        .error("`<<` takes a mapping, or a list of mappings"),
                ),
            }
        }
    }

    fn style(&mut self, style: ScalarStyle, tag: Option<&Tag>, mark: &Mark) -> Style {
        self.check_tag(tag, mark);
        let text_tag = tag.is_some_and(|tag| tag.suffix == "str" || tag.suffix.is_empty());
        if style == ScalarStyle::Plain && !text_tag {
            Style::Plain
        } else {
            Style::Quoted
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, mark: &Mark) {
        let Some(tag) = tag else {
            return;
        };
        let core = ["str", "int", "float", "bool", "null", "seq", "map"];
        let of_yaml = tag.is_yaml_core_schema() && core.contains(&&*tag.suffix);
        let known = of_yaml || (tag.handle == "!" && tag.suffix.is_empty());
        if !known {
            let message = format!("the tag `{tag}` has no meaning here; leave it away");
            self.problems.push(mark.error(message));
        }
    }
}

fn add_to_mapping(
    entries: &mut Mapping,
    merged: &mut Vec<Node>,
    key: &mut Pending,
    node: Node,
) -> Option<Problem> {
    match std::mem::replace(key, Pending::WantsKey) {
        Pending::WantsKey => match node.kind {
            Kind::Scalar(scalar) if scalar.text == "<<" && scalar.style == Style::Plain => {
                *key = Pending::Merge;
                None
            }
            Kind::Scalar(scalar) => {
                *key = Pending::Key(scalar.text, node.mark);
                None
            }
            Kind::List(_) | Kind::Mapping(_) => {
                *key = Pending::Unusable;
                Some(
                    node.mark
                        .error("a key is one word, not a list or a mapping"),
                )
            }
        },
        Pending::Merge => {
            merged.push(node);
            None
        }
        Pending::Unusable => None,
        Pending::Key(name, mark) => match entries.entry(name) {
            Slot::Vacant(slot) => {
                slot.insert(Entry { mark, value: node });
                None
            }
            Slot::Occupied(slot) => {
                let first = slot.get().mark.line;
                let message = format!(
                    "the key `{}` stands here a second time; the first is in line {first}",
                    slot.key()
                );
                Some(mark.error(message))
            }
        },
    }
}

fn scalar(mark: Mark, text: &str, style: Style) -> Node {
    let scalar = Scalar {
        text: text.to_owned(),
        style,
    };
    Node {
        mark,
        kind: Kind::Scalar(scalar),
    }
}

fn too_deep(mark: &Mark) -> Problem {
    mark.error(format!(
        "lists and mappings are nested deeper than {DEEPEST_NESTING}"
    ))
}

/// Weight in bytes, and depth, of a tree of bounded depth.
fn measure(node: &Node) -> (usize, usize) {
    let (mut weight, mut depth) = (NODE_BYTES, 0);
    let mut child = |node: &Node, key_bytes: usize| {
        let (child_weight, child_depth) = measure(node);
        weight += child_weight + key_bytes;
        depth = depth.max(child_depth);
    };
    match &node.kind {
        Kind::Scalar(scalar) => return (NODE_BYTES + scalar.text.len(), 1),
        Kind::List(items) => items.iter().for_each(|item| child(item, 0)),
        Kind::Mapping(entries) => entries
            .iter()
            .for_each(|(key, entry)| child(&entry.value, key.len())),
    }
    (weight, depth + 1)
}
