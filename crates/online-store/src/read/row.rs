use std::{borrow::Cow, fmt, sync::Arc};

use feature_model::Timestamp;

use super::{
    Held,
    packed::{PackedRow, RowBuilder, Word, held, short_integer},
};

/// A row with memory of its own. A clone is cheap: it shares the memory.
#[derive(Clone)]
pub struct StoredRow(Arc<[u8]>);

/// A row that was read.
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    packed: PackedRow<'a>,
    columns: &'a Columns,
}

/// Which of the packed values a row shows.
#[derive(Clone, Debug)]
pub(crate) enum Columns {
    /// All of them.
    All,
    /// So many of the first, in their order.
    First(u32),
    /// Those at these places.
    At(Arc<[u32]>),
}

impl StoredRow {
    /// A row of these serialized `feast.types.Value`s: `None` where the row has no such feature, no bytes where the
    /// value is null.
    pub fn new<V: AsRef<[u8]>>(
        event_timestamp: Timestamp,
        values: impl IntoIterator<Item = Option<V>, IntoIter: ExactSizeIterator>,
    ) -> Self {
        let values = values.into_iter();
        let mut memory = Vec::with_capacity(RowBuilder::about_bytes(1, values.len()));
        let mut row = RowBuilder::new(&mut memory, values.len());
        for value in values {
            row.push(value.as_ref().map(V::as_ref));
        }
        row.finish(event_timestamp);
        Self(memory.into())
    }

    /// A row of so many features that is there and can't be read.
    #[must_use]
    pub fn damaged(features: usize, reason: &str) -> Self {
        let mut memory = Vec::new();
        RowBuilder::new(&mut memory, features).damaged(reason);
        Self(memory.into())
    }

    /// The row, to look at.
    #[must_use]
    pub fn as_ref(&self) -> RowRef<'_> {
        RowRef::new(&self.0, &Columns::All)
    }

    pub(super) fn into_memory(self) -> Arc<[u8]> {
        self.0
    }
}

impl<'a> RowRef<'a> {
    /// The row that `memory` begins with.
    pub(super) fn new(memory: &'a [u8], columns: &'a Columns) -> Self {
        Self {
            packed: PackedRow(memory),
            columns,
        }
    }

    /// When the row's values held; whole seconds where the store keeps no more. Means nothing in a row with
    /// [`Self::damage`].
    #[must_use]
    #[inline]
    pub fn event_timestamp(&self) -> Timestamp {
        self.packed.event_timestamp()
    }

    /// Why the row can't be read, where that is so: it has no values then. Bytes of a value are not looked at.
    #[must_use]
    #[inline]
    pub fn damage(&self) -> Option<&'a str> {
        self.packed.damage()
    }

    /// Number of features that were asked for.
    #[must_use]
    pub fn features(&self) -> usize {
        let columns = self.columns.shown();
        columns.unwrap_or_else(|| self.packed.count())
    }

    /// Its values, to look at many of them.
    #[must_use]
    #[inline]
    pub fn look(&self) -> RowValues<'a> {
        let (words, longer) = self.packed.parts().unwrap_or_default();
        let (words, places) = match self.columns {
            Columns::All => (words, None),
            Columns::First(count) => (words.get(..*count as usize).unwrap_or(words), None),
            Columns::At(places) => (words, Some(places.as_ref())),
        };
        RowValues {
            words,
            longer,
            places,
        }
    }

    /// What the row holds for the feature at this place of those asked for; `None` where the row has no such feature.
    #[must_use]
    pub fn value(&self, feature: usize) -> Option<Held<'a>> {
        self.look().value(feature)
    }

    /// The values in the order asked for.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<Held<'a>>> + use<'a> {
        let values = self.look();
        (0..self.features()).map(move |feature| values.value(feature))
    }

    /// The row as it is packed, of the values that it shows alone.
    pub(crate) fn packed(&self) -> Cow<'a, [u8]> {
        let first = match self.columns {
            Columns::All => true,
            Columns::First(count) => self.packed.count() == *count as usize,
            Columns::At(_) => false,
        };
        if first || self.damage().is_some() {
            return Cow::Borrowed(self.packed.bytes());
        }
        let values = self.values();
        let mut memory = Vec::new();
        let mut row = RowBuilder::new(&mut memory, values.len());
        values.for_each(|value| row.push_held(value));
        row.finish(self.event_timestamp());
        Cow::Owned(memory)
    }
}

impl Columns {
    /// How many are shown, where every row shows as many.
    pub(super) fn shown(&self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::First(count) => Some(*count as usize),
            Self::At(places) => Some(places.len()),
        }
    }
}

/// The values of a row. What is the same for all of them was looked up once.
#[derive(Clone, Copy, Debug)]
pub struct RowValues<'a> {
    words: &'a [Word],
    longer: &'a [u8],
    /// Which of the packed values are shown; the first, where nothing is said.
    places: Option<&'a [u32]>,
}

impl<'a> RowValues<'a> {
    /// As [`RowRef::value`].
    #[must_use]
    #[inline]
    pub fn value(&self, feature: usize) -> Option<Held<'a>> {
        held(self.word(feature)?, self.longer)
    }

    /// The same, where it is a short integer, of 32 or 64 bits.
    #[must_use]
    #[inline]
    pub fn short_integer(&self, feature: usize) -> Option<u32> {
        short_integer(self.word(feature)?)
    }

    #[inline]
    fn word(&self, feature: usize) -> Option<Word> {
        let column = match self.places {
            None => feature,
            Some(places) => *places.get(feature)? as usize,
        };
        self.words.get(column).copied()
    }
}

impl PartialEq for RowRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.event_timestamp() == other.event_timestamp()
            && self.damage() == other.damage()
            && self.values().eq(other.values())
    }
}

impl Eq for RowRef<'_> {}

impl fmt::Debug for RowRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowRef")
            .field("event_timestamp", &self.event_timestamp())
            .field("values", &self.values().collect::<Vec<_>>())
            .field("damage", &self.damage())
            .finish()
    }
}

impl PartialEq for StoredRow {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for StoredRow {}

impl fmt::Debug for StoredRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use feature_codec::encode_value;
    use feature_model::Value;
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn bytes_of(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_value(value, &mut bytes);
        bytes
    }

    /// Bytes of values, short integers among them, and some that are none.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            vec(any::<u8>(), 0..40),
            vec(any::<u8>(), 250..260),
            any::<i64>().prop_map(|number| bytes_of(&Value::Int64(number))),
            (0..3_000_000_i64).prop_map(|number| bytes_of(&Value::Int64(number))),
            (0..3_000_000_i32).prop_map(|number| bytes_of(&Value::Int32(number))),
        ]
    }

    fn check(row: RowRef<'_>, values: &[Option<Vec<u8>>]) -> Result<(), TestCaseError> {
        prop_assert_eq!(row.features(), values.len());
        prop_assert_eq!(row.event_timestamp(), Timestamp::from_seconds(5));
        prop_assert_eq!(row.damage(), None);
        for (place, value) in values.iter().enumerate() {
            let expected = value.as_deref().map(Held::of);
            prop_assert_eq!(row.value(place), expected);
            let short = match expected {
                Some(Held::Int32(number) | Held::Int64(number)) => Some(number),
                _ => None,
            };
            prop_assert_eq!(row.look().short_integer(place), short);
        }
        prop_assert_eq!(row.value(values.len()), None);
        Ok(())
    }

    proptest! {
        #[test]
        fn every_value_comes_back(values in vec(option::of(bytes()), 0..40)) {
            let row = StoredRow::new(Timestamp::from_seconds(5), values.iter().map(Option::as_ref));
            check(row.as_ref(), &values)?;
        }

        #[test]
        fn rows_side_by_side_are_not_mixed_up(rows in vec(vec(option::of(bytes()), 0..8), 1..5)) {
            let mut memory = b"before".to_vec();
            let mut starts = Vec::new();
            for values in &rows {
                let mut left = RowBuilder::new(&mut memory, values.len());
                values.iter().for_each(|value| left.push(value.as_deref()));
                left.discard();
                let mut row = RowBuilder::new(&mut memory, values.len());
                values.iter().for_each(|value| row.push(value.as_deref()));
                starts.push(row.finish(Timestamp::from_seconds(5)));
                let mut row = RowBuilder::new(&mut memory, 3);
                row.push(Some(b"of a row that turns out to be damaged"));
                starts.push(row.damaged("why"));
            }
            let row = |start: usize| RowRef::new(&memory[start..], &Columns::All);
            for (start, values) in starts.chunks(2).zip(&rows) {
                check(row(start[0]), values)?;
                let damaged = row(start[1]);
                prop_assert_eq!((damaged.damage(), damaged.features()), (Some("why"), 3));
                prop_assert_eq!(damaged.packed().len(), 23);
            }
        }

        #[test]
        fn a_choice_of_values_can_be_kept_alone(
            values in vec(option::of(bytes()), 1..10),
            places in vec(any::<u32>(), 0..10),
        ) {
            let all = StoredRow::new(Timestamp::from_seconds(5), values.iter().map(Option::as_ref));
            let all = all.into_memory();
            let places: Vec<u32> = places.iter().map(|it| it % values.len() as u32).collect();
            let chosen: Vec<_> = places.iter().map(|it| values[*it as usize].clone()).collect();
            let first = values[..places.len().min(values.len())].to_vec();
            let first_columns = Columns::First(u32::try_from(first.len()).unwrap());
            let choices = [(Columns::At(places.into()), chosen), (first_columns, first), (Columns::All, values)];
            for (columns, chosen) in choices {
                let row = RowRef::new(&all, &columns);
                check(row, &chosen)?;
                let alone = row.packed();
                check(RowRef::new(&alone, &Columns::All), &chosen)?;
            }
        }

        #[test]
        fn what_is_held_is_what_the_bytes_say(bytes in bytes()) {
            let expected = feature_codec::decode_value(&bytes).map_err(|error| error.to_string());
            prop_assert_eq!(Held::of(&bytes).decode().map_err(|error| error.to_string()), expected);
        }
    }

    #[test]
    fn a_damaged_row_has_no_values() {
        let row = StoredRow::damaged(2, "no hash");
        let row = row.as_ref();
        assert_eq!(row.damage(), Some("no hash"));
        assert_eq!(row.values().collect::<Vec<_>>(), [None, None]);
    }
}
