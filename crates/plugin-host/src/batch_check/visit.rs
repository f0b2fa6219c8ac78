use feature_model::{DataType, is_decimal, is_uuid};

use super::{
    DEEPEST_NESTING, MOST_EMPTY_STRUCTS,
    kind::{Kind, check_kind},
    rules::{
        Wrong, check_each, check_offsets, check_positions, check_texts, check_validity, is_json,
        last,
    },
};
use crate::{Array, Lists, Maps, Mixed, ScalarMaps, Structs, Values};

/// What an array should be.
#[derive(Clone, Copy)]
pub(super) struct Expected<'t> {
    /// None where the array alone says it: an alternative of a mixed array.
    pub(super) length: Option<usize>,
    pub(super) kind: Kind<'t>,
    pub(super) may_be_null: bool,
    pub(super) depth: usize,
    /// Whose child it is, for the error.
    pub(super) column: usize,
}

pub(super) struct Visit<'t, 'b> {
    children: &'b [Array],
    expected: Vec<Option<Expected<'t>>>,
    empty_structs: usize,
}

impl<'t, 'b> Visit<'t, 'b> {
    pub(super) fn new(children: &'b [Array]) -> Self {
        Self {
            children,
            expected: vec![None; children.len()],
            empty_structs: 0,
        }
    }

    /// The column that a child belongs to, once all arrays before it were visited.
    pub(super) fn column_of(&self, child: usize) -> Option<usize> {
        self.expected[child].map(|expected| expected.column)
    }

    pub(super) fn child(&mut self, index: usize) -> Result<(), Wrong> {
        match self.expected[index] {
            Some(expected) => self.array(Some(index), &self.children[index], expected),
            None => Ok(()),
        }
    }

    pub(super) fn array(
        &mut self,
        index: Option<usize>,
        array: &Array,
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        if expected.depth > DEEPEST_NESTING {
            return Err(Wrong::Rule("arrays are nested more than 32 deep"));
        }
        check_kind(expected.kind, &array.values)?;
        let length = array.values.len();
        if let Some(expected) = expected.length.filter(|expected| *expected != length) {
            return Err(Wrong::Length {
                expected,
                found: length,
            });
        }
        let validity = array.validity.as_deref();
        check_validity(validity, length, expected.may_be_null)?;
        self.values(index, &array.values, validity.unwrap_or_default(), expected)
    }

    fn values(
        &mut self,
        index: Option<usize>,
        values: &Values,
        validity: &[u8],
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        match values {
            Values::Boolean(bytes) if bytes.iter().any(|byte| *byte > 1) => {
                Err(Wrong::Rule("a boolean is neither 0 nor 1"))
            }
            Values::Boolean(_)
            | Values::Int32(_)
            | Values::Int64(_)
            | Values::Float32(_)
            | Values::Float64(_)
            | Values::UnixTimestamp(_) => Ok(()),
            Values::ZonedTimestamp(zoned) => {
                if zoned.zones.offsets.len().checked_sub(1) != Some(zoned.seconds.len()) {
                    return Err(Wrong::Rule("there are not as many zones as times"));
                }
                check_texts(&zoned.zones)
            }
            Values::Bytes(blobs) => check_offsets(&blobs.offsets, blobs.data.len()),
            Values::Text(blobs) => check_texts(blobs),
            Values::Json(blobs) => {
                check_each(blobs, validity, is_json, "a text is no JSON document")
            }
            Values::Uuid(blobs) | Values::TimeUuid(blobs) => {
                check_each(blobs, validity, is_uuid, "a text is no UUID")
            }
            Values::Decimal(blobs) => {
                check_each(blobs, validity, is_decimal, "a text is no decimal number")
            }
            Values::List(lists) | Values::Set(lists) => self.lists(index, lists, expected),
            Values::Map(maps) => self.maps(index, maps, expected),
            Values::ScalarMap(maps) => self.scalar_maps(index, maps, expected),
            Values::Struct(structs) => self.structs(index, structs, expected),
            Values::Mixed(mixed) => self.mixed(index, mixed, validity, expected),
        }
    }

    fn lists(
        &mut self,
        index: Option<usize>,
        lists: &Lists,
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        let length = last(&lists.offsets);
        check_offsets(&lists.offsets, length)?;
        let kind = match expected.kind {
            Kind::Typed(DataType::Array(element) | DataType::Set(element)) => Kind::Typed(element),
            _ => Kind::Any,
        };
        let elements = self.refer(index, lists.elements)?;
        // Lists of scalars, maps and structs have no nulls in `feast.types`.
        let may_be_null = matches!(
            elements.values,
            Values::List(_) | Values::Set(_) | Values::Mixed(_)
        );
        self.expect(lists.elements, Some(length), kind, may_be_null, expected);
        Ok(())
    }

    fn maps(
        &mut self,
        index: Option<usize>,
        maps: &Maps,
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        let length = last(&maps.offsets);
        check_offsets(&maps.offsets, length)?;
        if maps.keys.offsets.len().checked_sub(1) != Some(length) {
            return Err(Wrong::Rule("a map has not as many keys as entries"));
        }
        check_texts(&maps.keys)?;
        self.refer(index, maps.values)?;
        self.expect(maps.values, Some(length), Kind::Any, true, expected);
        Ok(())
    }

    fn scalar_maps(
        &mut self,
        index: Option<usize>,
        maps: &ScalarMaps,
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        let length = last(&maps.offsets);
        check_offsets(&maps.offsets, length)?;
        self.refer(index, maps.keys)?;
        self.expect(maps.keys, Some(length), Kind::Key, true, expected);
        self.refer(index, maps.values)?;
        self.expect(maps.values, Some(length), Kind::Any, true, expected);
        Ok(())
    }

    fn structs(
        &mut self,
        index: Option<usize>,
        structs: &Structs,
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        let length = structs.length as usize;
        if structs.members.is_empty() {
            self.empty_structs = self.empty_structs.saturating_add(length);
            if self.empty_structs > MOST_EMPTY_STRUCTS {
                return Err(Wrong::Rule("there are too many structs without members"));
            }
        }
        let fields = match expected.kind {
            Kind::Typed(DataType::Struct(fields)) => Some(fields),
            _ => None,
        };
        if fields.is_some_and(|fields| fields.len() != structs.members.len()) {
            return Err(Wrong::Rule("a struct has not the members of its type"));
        }
        let mut names = std::collections::HashSet::new();
        for (position, member) in structs.members.iter().enumerate() {
            let field = fields.and_then(|fields| fields.get(position));
            if field.is_some_and(|(name, _)| *name != member.name) {
                return Err(Wrong::Rule("a struct has not the members of its type"));
            }
            if !names.insert(&member.name) {
                return Err(Wrong::Rule("a struct has two members of one name"));
            }
            let kind = field.map_or(Kind::Any, |(_, data_type)| Kind::Typed(data_type));
            self.refer(index, member.values)?;
            self.expect(member.values, Some(length), kind, true, expected);
        }
        Ok(())
    }

    fn mixed(
        &mut self,
        index: Option<usize>,
        mixed: &Mixed,
        validity: &[u8],
        expected: Expected<'t>,
    ) -> Result<(), Wrong> {
        if mixed.positions.len() != mixed.choices.len() {
            return Err(Wrong::Rule("there are not as many positions as choices"));
        }
        let mut alternatives = Vec::with_capacity(mixed.alternatives.len());
        let kind = match expected.kind {
            Kind::Key => Kind::PlainKey,
            _ => Kind::Any,
        };
        for alternative in &mixed.alternatives {
            let array = self.refer(index, *alternative)?;
            alternatives.push((0, array.values.len()));
            self.expect(*alternative, None, kind, true, expected);
        }
        check_positions(mixed, validity, &mut alternatives)
    }

    /// The array at an index, if a reference from `from` may point there.
    fn refer(&self, from: Option<usize>, to: u32) -> Result<&'b Array, Wrong> {
        let to = to as usize;
        if from.is_some_and(|from| from >= to) {
            return Err(Wrong::Rule("a child refers to one that isn't after it"));
        }
        match self.expected.get(to) {
            None => Err(Wrong::Rule("a child is referred to that isn't there")),
            Some(Some(_)) => Err(Wrong::Rule("a child is referred to twice")),
            Some(None) => Ok(&self.children[to]),
        }
    }

    fn expect(
        &mut self,
        child: u32,
        length: Option<usize>,
        kind: Kind<'t>,
        may_be_null: bool,
        parent: Expected<'t>,
    ) {
        self.expected[child as usize] = Some(Expected {
            length,
            kind,
            may_be_null,
            depth: parent.depth + 1,
            column: parent.column,
        });
    }
}
