use std::{fmt, sync::Arc};

use feature_model::Timestamp;

/// A row that is in the store. A clone is cheap: it shares the values.
#[derive(Clone)]
pub struct StoredRow {
    packed: Arc<PackedRow>,
    /// Where each feature is among the packed values; without it, in their order.
    columns: Option<Arc<[u32]>>,
}

/// The values of a row in one piece of memory.
pub(crate) struct PackedRow {
    event_timestamp: Timestamp,
    damage: Option<Box<str>>,
    count: u32,
    /// For each value where it ends, 4 bytes little-endian, with the highest bit set where there is none; then the
    /// values, one after the other.
    bytes: Box<[u8]>,
}

const MISSING: u32 = 1 << 31;
const BYTES_PER_END: usize = 4;

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
    pub fn damaged(features: usize, reason: impl Into<Box<str>>) -> Self {
        let mut row = RowBuilder::new(features);
        for _ in 0..features {
            row.push(None);
        }
        row.pack(Timestamp::EPOCH, Some(reason.into()))
    }

    /// When the row's values held; whole seconds where the store keeps no more. Means nothing in a row with
    /// [`Self::damage`].
    #[must_use]
    pub fn event_timestamp(&self) -> Timestamp {
        self.packed.event_timestamp
    }

    /// Why the row can't be read, where that is so: it has no values then. Bytes of a value are not looked at.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        self.packed.damage.as_deref()
    }

    /// Number of features that were asked for.
    #[must_use]
    pub fn features(&self) -> usize {
        match &self.columns {
            Some(columns) => columns.len(),
            None => self.packed.count as usize,
        }
    }

    /// The serialized `feast.types.Value` of the feature at this place of those asked for: `None` where the row has no
    /// such feature, no bytes where the value is null.
    #[must_use]
    pub fn value(&self, feature: usize) -> Option<&[u8]> {
        let column = match &self.columns {
            Some(columns) => *columns.get(feature)? as usize,
            None => feature,
        };
        self.packed.value(column)
    }

    /// The values in the order asked for.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<&[u8]>> {
        (0..self.features()).map(|feature| self.value(feature))
    }
}

impl PackedRow {
    fn end(&self, column: usize) -> Option<u32> {
        let at = column * BYTES_PER_END;
        let bytes = self.bytes.get(at..at + BYTES_PER_END)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    fn value(&self, column: usize) -> Option<&[u8]> {
        if column >= self.count as usize {
            return None;
        }
        let end = self.end(column)?;
        if end & MISSING != 0 {
            return None;
        }
        let before = column.checked_sub(1).map_or(Some(0), |one| self.end(one))?;
        let values = self.bytes.get(self.count as usize * BYTES_PER_END..)?;
        values.get((before & !MISSING) as usize..end as usize)
    }
}

/// Packs the values of a row.
pub(crate) struct RowBuilder {
    count: u32,
    next: usize,
    bytes: Vec<u8>,
}

/// What most values need: a tag, and a number or a short text.
const BYTES_PER_VALUE: usize = 8;

impl RowBuilder {
    /// For a row of so many values.
    pub(crate) fn new(values: usize) -> Self {
        let ends = values * BYTES_PER_END;
        let mut bytes = Vec::with_capacity(ends + values * BYTES_PER_VALUE);
        bytes.resize(ends, 0);
        Self {
            // a row that doesn't fit is found at its end
            count: u32::try_from(values).unwrap_or(u32::MAX),
            next: 0,
            bytes,
        }
    }

    /// Adds the next value.
    pub(crate) fn push(&mut self, value: Option<&[u8]>) {
        self.bytes.extend_from_slice(value.unwrap_or_default());
        let packed = self.bytes.len() - self.count as usize * BYTES_PER_END;
        let missing = if value.is_none() { MISSING } else { 0 };
        // too large a row is found at its end
        let end = u32::try_from(packed).unwrap_or(0) | missing;
        let at = self.next * BYTES_PER_END;
        if let Some(slot) = self.bytes.get_mut(at..at + BYTES_PER_END) {
            slot.copy_from_slice(&end.to_le_bytes());
        }
        self.next += 1;
    }

    /// The row of the values that were added.
    pub(crate) fn finish(self, event_timestamp: Timestamp) -> StoredRow {
        if self.bytes.len() >= MISSING as usize {
            let count = self.count as usize;
            return StoredRow::damaged(count, "its values have more than 2 GiB");
        }
        self.pack(event_timestamp, None)
    }

    fn pack(self, event_timestamp: Timestamp, damage: Option<Box<str>>) -> StoredRow {
        StoredRow {
            packed: Arc::new(PackedRow {
                event_timestamp,
                damage,
                count: self.count,
                bytes: self.bytes.into_boxed_slice(),
            }),
            columns: None,
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
