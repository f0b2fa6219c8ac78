use std::sync::Arc;

use feature_model::Timestamp;

use super::{Held, StoredRow};

/// A row in one piece of memory, which other rows may share: its event time (8 bytes of seconds, 4 of nanoseconds), the
/// number of its values (4 bytes), how long all of it is (4 bytes), the values (4 bytes each), and what of them is longer.
///
/// The two highest bits of a value say what it is: a short integer of 32 or of 64 bits, which are the others; or nothing;
/// or bytes, and then the others say where they begin: from the end of the values on, with their length before them (a
/// byte; or 255 and 4 bytes).
///
/// In a row that can't be read the number of values has the highest bit set, and the reason follows in their place. All
/// numbers are little-endian.
#[derive(Clone, Debug)]
pub(crate) struct PackedRow {
    memory: Arc<[u8]>,
    /// Where the row begins.
    start: usize,
}

/// A value, as it is packed.
pub(super) type Word = [u8; 4];

const BYTES_OF_HEAD: usize = 20;
/// Marks the number of values of a row that can't be read.
const MARK: u32 = 1 << 31;

const KIND: u32 = 0b11 << 30;
const BYTES: u32 = 0b00 << 30;
const NOTHING: u32 = 0b01 << 30;
const INT32: u32 = 0b10 << 30;
const INT64: u32 = 0b11 << 30;
/// The bytes of longer ones begin before that.
const MOST_BYTES: usize = 1 << 30;
/// Says that the length is in the next four bytes.
const LONG: u8 = u8::MAX;

impl PackedRow {
    /// The row that begins there in `memory`.
    pub(crate) fn at(memory: Arc<[u8]>, start: usize) -> Self {
        Self { memory, start }
    }

    pub(super) fn damaged(features: usize, reason: &str) -> Self {
        let count = u32::try_from(features).unwrap_or(u32::MAX) | MARK;
        let reason = reason.get(..MOST_BYTES).unwrap_or(reason);
        let mut bytes = vec![0; BYTES_OF_HEAD];
        bytes.extend_from_slice(reason.as_bytes());
        write_head(&mut bytes, Timestamp::EPOCH, count);
        Self::at(bytes.into(), 0)
    }

    /// The row, as it may be copied to another place.
    pub(crate) fn bytes(&self) -> &[u8] {
        let bytes = self.row();
        let length = number(bytes, 16).unwrap_or_default();
        bytes.get(..length as usize).unwrap_or(bytes)
    }

    #[inline]
    pub(super) fn event_timestamp(&self) -> Timestamp {
        let Some(head) = self.row().first_chunk::<12>() else {
            return Timestamp::EPOCH;
        };
        let [seconds @ .., n0, n1, n2, n3] = *head;
        let nanos = u32::from_le_bytes([n0, n1, n2, n3]);
        Timestamp::new(i64::from_le_bytes(seconds), nanos)
    }

    #[inline]
    pub(super) fn damage(&self) -> Option<&str> {
        if number(self.row(), 12)? & MARK == 0 {
            return None;
        }
        self.reason()
    }

    #[cold]
    fn reason(&self) -> Option<&str> {
        let reason = self.bytes().get(BYTES_OF_HEAD..)?;
        Some(std::str::from_utf8(reason).unwrap_or("damaged"))
    }

    /// Its values, and the bytes of those that are longer, with what comes after them; nothing of a row that can't be read.
    #[inline]
    pub(super) fn parts(&self) -> Option<(&[Word], &[u8])> {
        let bytes = self.row();
        let count = number(bytes, 12)?;
        if count & MARK != 0 {
            return None;
        }
        let rest = bytes.get(BYTES_OF_HEAD..)?;
        let (words, longer) = rest.split_at_checked(count as usize * size_of::<Word>())?;
        Some((words.as_chunks().0, longer))
    }

    /// The row, with what comes after it.
    #[inline]
    fn row(&self) -> &[u8] {
        self.memory.get(self.start..).unwrap_or_default()
    }
}

/// A packed value.
#[inline]
pub(super) fn held(word: Word, longer: &[u8]) -> Option<Held<'_>> {
    let word = u32::from_le_bytes(word);
    let rest = word & !KIND;
    match word & KIND {
        INT64 => Some(Held::Int64(rest)),
        INT32 => Some(Held::Int32(rest)),
        BYTES => longer_one(longer, rest as usize).map(Held::Serialized),
        _ => None,
    }
}

/// A packed value, where it is a short integer.
#[inline]
pub(super) fn short_integer(word: Word) -> Option<u32> {
    let word = u32::from_le_bytes(word);
    (word & KIND >= INT32).then_some(word & !KIND)
}

fn longer_one(longer: &[u8], start: usize) -> Option<&[u8]> {
    let (length, rest) = longer.get(start..)?.split_first()?;
    if *length != LONG {
        return rest.get(..usize::from(*length));
    }
    let (length, rest) = rest.split_first_chunk()?;
    rest.get(..u32::from_le_bytes(*length) as usize)
}

#[inline]
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// Writes what comes first of a row that is whole but for it.
fn write_head(row: &mut [u8], event_timestamp: Timestamp, count: u32) {
    let length = u32::try_from(row.len()).unwrap_or_default();
    if let Some(head) = row.first_chunk_mut::<BYTES_OF_HEAD>() {
        let (seconds, rest) = head.split_at_mut(8);
        seconds.copy_from_slice(&event_timestamp.seconds().to_le_bytes());
        let numbers = [event_timestamp.subsecond_nanos(), count, length];
        for (place, number) in rest.as_chunks_mut().0.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
    }
}

/// Packs the values of a row.
pub(crate) struct RowBuilder {
    count: usize,
    next: usize,
    bytes: Vec<u8>,
}

/// Room for what is longer, as most features of most rows are numbers.
const MORE_PER_VALUE: usize = 4;

impl RowBuilder {
    /// For a row of so many values.
    pub(crate) fn new(count: usize) -> Self {
        let longer = BYTES_OF_HEAD + count * size_of::<Word>();
        let mut bytes = Vec::with_capacity(longer + count * MORE_PER_VALUE);
        bytes.resize(longer, 0);
        let next = 0;
        Self { count, next, bytes }
    }

    /// Of how many values the row is.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds the next value: a serialized `feast.types.Value`.
    pub(crate) fn push(&mut self, value: Option<&[u8]>) {
        self.push_held(value.map(Held::of));
    }

    pub(super) fn push_held(&mut self, value: Option<Held<'_>>) {
        let word = match value {
            None => NOTHING,
            Some(Held::Int32(number)) => INT32 | number,
            Some(Held::Int64(number)) => INT64 | number,
            Some(Held::Serialized(bytes)) => BYTES | self.push_longer(bytes),
        };
        let at = BYTES_OF_HEAD + self.next * size_of::<Word>();
        if let Some(place) = self.bytes.get_mut(at..at + size_of::<Word>()) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        self.next += 1;
    }

    /// Where it begins. Too large a row is found at its end.
    fn push_longer(&mut self, bytes: &[u8]) -> u32 {
        let start = self.bytes.len() - BYTES_OF_HEAD - self.count * size_of::<Word>();
        match u8::try_from(bytes.len()) {
            Ok(length) if length != LONG => self.bytes.push(length),
            _ => {
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.bytes.push(LONG);
                self.bytes.extend_from_slice(&length.to_le_bytes());
            }
        }
        self.bytes.extend_from_slice(bytes);
        u32::try_from(start).unwrap_or_default() & !KIND
    }

    /// The row of the values that were added.
    pub(crate) fn finish(mut self, event_timestamp: Timestamp) -> StoredRow {
        let count = u32::try_from(self.count).unwrap_or(MARK);
        if count >= MARK || self.bytes.len() >= MOST_BYTES {
            return StoredRow::damaged(self.count, "its values have more than 1 GiB");
        }
        write_head(&mut self.bytes, event_timestamp, count);
        StoredRow::whole(PackedRow::at(self.bytes.into(), 0), count)
    }
}
