use std::{fmt, sync::Arc};

use feature_model::Timestamp;

/// A row that is in the store. A clone is cheap: it shares the values.
#[derive(Clone)]
pub struct StoredRow {
    packed: PackedRow,
    columns: Columns,
}

/// Which of the packed values a row shows.
#[derive(Clone, Debug)]
pub(crate) enum Columns {
    /// So many of the first, in their order.
    First(u32),
    /// Those at these places.
    At(Arc<[u32]>),
}

/// A row in one piece of memory: its event time (8 bytes of seconds, 4 of nanoseconds), the number of its values (4
/// bytes), for each value where it ends (4 bytes, with the highest bit set where there is none), then the values, one
/// after the other. In a row that can't be read the number has the highest bit set, and the reason follows. All numbers
/// are little-endian.
#[derive(Clone, Debug)]
pub(crate) struct PackedRow(Arc<[u8]>);

const BYTES_OF_HEAD: usize = 16;
const BYTES_PER_END: usize = 4;
/// Marks an end without a value, and the number of values of a row that can't be read.
const MARK: u32 = 1 << 31;

impl StoredRow {
    /// A row of these serialized `feast.types.Value`s: `None` where the row has no such feature, no bytes where the
    /// value is null.
    pub fn new<V: AsRef<[u8]>>(
        event_timestamp: Timestamp,
        values: impl IntoIterator<Item = Option<V>, IntoIter: ExactSizeIterator>,
    ) -> Self {
        let values = values.into_iter();
        let mut row = RowBuilder::new(values.len());
        for value in values {
            row.push(value.as_ref().map(V::as_ref));
        }
        row.finish(event_timestamp)
    }

    /// A row of so many features that is there and can't be read.
    #[must_use]
    pub fn damaged(features: usize, reason: &str) -> Self {
        let count = u32::try_from(features).unwrap_or(u32::MAX) | MARK;
        let mut bytes = head(Timestamp::EPOCH, count).to_vec();
        bytes.extend_from_slice(reason.as_bytes());
        Self {
            packed: PackedRow(bytes.into()),
            columns: Columns::First(count & !MARK),
        }
    }

    /// When the row's values held; whole seconds where the store keeps no more. Means nothing in a row with
    /// [`Self::damage`].
    #[must_use]
    pub fn event_timestamp(&self) -> Timestamp {
        self.packed.event_timestamp()
    }

    /// Why the row can't be read, where that is so: it has no values then. Bytes of a value are not looked at.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        self.packed.damage()
    }

    /// Number of features that were asked for.
    #[must_use]
    pub fn features(&self) -> usize {
        match &self.columns {
            Columns::First(count) => *count as usize,
            Columns::At(places) => places.len(),
        }
    }

    /// Its values, to look at many of them.
    #[must_use]
    pub fn look(&self) -> RowValues<'_> {
        let (ends, values) = self.packed.parts().unwrap_or_default();
        let (ends, places) = match &self.columns {
            Columns::First(count) => (ends.get(..*count as usize).unwrap_or(ends), None),
            Columns::At(places) => (ends, Some(places.as_ref())),
        };
        RowValues {
            ends,
            values,
            places,
        }
    }

    /// The serialized `feast.types.Value` of the feature at this place of those asked for: `None` where the row has no
    /// such feature, no bytes where the value is null.
    #[must_use]
    pub fn value(&self, feature: usize) -> Option<&[u8]> {
        self.look().value(feature)
    }

    /// What is kept of a row, whoever asks for what of it.
    pub(crate) fn into_packed(self) -> PackedRow {
        match (&self.columns, self.damage()) {
            (Columns::At(_), None) => Self::new(self.event_timestamp(), self.values()).packed,
            _ => self.packed,
        }
    }

    /// A row that shows some of these values.
    pub(crate) fn of_packed(packed: PackedRow, columns: Columns) -> Self {
        Self { packed, columns }
    }

    /// The values in the order asked for.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<&[u8]>> {
        let values = self.look();
        (0..self.features()).map(move |feature| values.value(feature))
    }
}

/// The values of a row. What is the same for all of them was looked up once.
#[derive(Clone, Copy, Debug)]
pub struct RowValues<'a> {
    ends: &'a [End],
    values: &'a [u8],
    /// Which of the packed values are shown; the first, where nothing is said.
    places: Option<&'a [u32]>,
}

/// Where a value ends, as it is packed.
type End = [u8; BYTES_PER_END];

impl<'a> RowValues<'a> {
    /// As [`StoredRow::value`].
    #[must_use]
    #[inline]
    pub fn value(&self, feature: usize) -> Option<&'a [u8]> {
        let column = match self.places {
            None => feature,
            Some(places) => *places.get(feature)? as usize,
        };
        let end = u32::from_le_bytes(*self.ends.get(column)?);
        if end & MARK != 0 {
            return None;
        }
        let before = match column.checked_sub(1) {
            None => 0,
            Some(before) => u32::from_le_bytes(*self.ends.get(before)?) & !MARK,
        };
        self.values.get(before as usize..end as usize)
    }
}

fn head(event_timestamp: Timestamp, count: u32) -> [u8; BYTES_OF_HEAD] {
    let mut head = [0; BYTES_OF_HEAD];
    let (seconds, rest) = head.split_at_mut(8);
    seconds.copy_from_slice(&event_timestamp.seconds().to_le_bytes());
    let (nanos, number) = rest.split_at_mut(4);
    nanos.copy_from_slice(&event_timestamp.subsecond_nanos().to_le_bytes());
    number.copy_from_slice(&count.to_le_bytes());
    head
}

impl PackedRow {
    /// The memory it takes, without what the allocator adds.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() + 2 * size_of::<usize>()
    }

    fn event_timestamp(&self) -> Timestamp {
        let seconds = self
            .0
            .first_chunk()
            .map_or(0, |bytes| i64::from_le_bytes(*bytes));
        Timestamp::new(seconds, self.number(8).unwrap_or_default())
    }

    fn damage(&self) -> Option<&str> {
        if self.number(12)? & MARK == 0 {
            return None;
        }
        let reason = self.0.get(BYTES_OF_HEAD..)?;
        Some(std::str::from_utf8(reason).unwrap_or("damaged"))
    }

    fn number(&self, at: usize) -> Option<u32> {
        let bytes = self.0.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// The ends of its values, and the values; `None` of a row that can't be read.
    fn parts(&self) -> Option<(&[End], &[u8])> {
        let count = self.number(12)?;
        if count & MARK != 0 {
            return None;
        }
        let rest = self.0.get(BYTES_OF_HEAD..)?;
        let (ends, values) = rest.split_at_checked(count as usize * BYTES_PER_END)?;
        Some((ends.as_chunks().0, values))
    }
}

/// Packs the values of a row.
pub(crate) struct RowBuilder {
    count: usize,
    next: usize,
    bytes: Vec<u8>,
}

/// What most values need: a tag, and a number or a short text.
const BYTES_PER_VALUE: usize = 8;

impl RowBuilder {
    /// For a row of so many values.
    pub(crate) fn new(count: usize) -> Self {
        let ends = BYTES_OF_HEAD + count * BYTES_PER_END;
        let mut bytes = Vec::with_capacity(ends + count * BYTES_PER_VALUE);
        bytes.resize(ends, 0);
        let next = 0;
        Self { count, next, bytes }
    }

    /// Of how many values the row is.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds the next value.
    pub(crate) fn push(&mut self, value: Option<&[u8]>) {
        self.bytes.extend_from_slice(value.unwrap_or_default());
        let packed = self.bytes.len() - BYTES_OF_HEAD - self.count * BYTES_PER_END;
        let mark = if value.is_none() { MARK } else { 0 };
        // too large a row is found at its end
        let end = u32::try_from(packed).unwrap_or_default() | mark;
        let at = BYTES_OF_HEAD + self.next * BYTES_PER_END;
        if let Some(place) = self.bytes.get_mut(at..at + BYTES_PER_END) {
            place.copy_from_slice(&end.to_le_bytes());
        }
        self.next += 1;
    }

    /// The row of the values that were added.
    pub(crate) fn finish(mut self, event_timestamp: Timestamp) -> StoredRow {
        let count = u32::try_from(self.count).unwrap_or(MARK);
        if count >= MARK || self.bytes.len() >= MARK as usize {
            return StoredRow::damaged(self.count, "its values have more than 2 GiB");
        }
        if let Some(place) = self.bytes.first_chunk_mut() {
            *place = head(event_timestamp, count);
        }
        StoredRow {
            packed: PackedRow(self.bytes.into()),
            columns: Columns::First(count),
        }
    }
}

impl PartialEq for StoredRow {
    fn eq(&self, other: &Self) -> bool {
        self.event_timestamp() == other.event_timestamp()
            && self.damage() == other.damage()
            && self.values().eq(other.values())
    }
}

impl Eq for StoredRow {}

impl fmt::Debug for StoredRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRow")
            .field("event_timestamp", &self.event_timestamp())
            .field("values", &self.values().collect::<Vec<_>>())
            .field("damage", &self.damage())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_comes_back(
            values in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..40)), 0..40),
        ) {
            let row = StoredRow::new(Timestamp::from_seconds(5), values.iter().map(Option::as_ref));
            prop_assert_eq!(row.features(), values.len());
            for (place, value) in values.iter().enumerate() {
                prop_assert_eq!(row.value(place), value.as_deref());
            }
            prop_assert_eq!(row.value(values.len()), None);
            prop_assert_eq!(row.event_timestamp(), Timestamp::from_seconds(5));
        }
    }

    #[test]
    fn a_damaged_row_has_no_values() {
        let row = StoredRow::damaged(2, "no hash");
        assert_eq!(row.damage(), Some("no hash"));
        assert_eq!(row.values().collect::<Vec<_>>(), [None, None]);
    }
}
