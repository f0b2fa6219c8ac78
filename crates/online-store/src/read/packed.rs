use feature_model::Timestamp;

use super::Held;

/// A row, with what comes after it in the memory that it shares with others: its event time (8 bytes of seconds, 4 of
/// nanoseconds), the number of its values (4 bytes), how long all of it is (4 bytes), the values (4 bytes each), and what of
/// them is longer.
///
/// The two highest bits of a value say what it is: a short integer of 32 or of 64 bits, which are the others; or nothing;
/// or bytes, and then the others say where they begin: from the end of the values on, with their length before them (a
/// byte; or 255 and 4 bytes).
///
/// In a row that can't be read the number of values has the highest bit set, and the reason follows in their place. All
/// numbers are little-endian.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedRow<'a>(pub(super) &'a [u8]);

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

impl<'a> PackedRow<'a> {
    /// The row alone.
    pub(super) fn bytes(self) -> &'a [u8] {
        let length = self.number(16).unwrap_or_default();
        self.0.get(..length as usize).unwrap_or(self.0)
    }

    #[inline]
    pub(super) fn event_timestamp(self) -> Timestamp {
        let Some(head) = self.0.first_chunk::<12>() else {
            return Timestamp::EPOCH;
        };
        let [seconds @ .., n0, n1, n2, n3] = *head;
        let nanos = u32::from_le_bytes([n0, n1, n2, n3]);
        Timestamp::new(i64::from_le_bytes(seconds), nanos)
    }

    #[inline]
    pub(super) fn damage(self) -> Option<&'a str> {
        if self.number(12)? & MARK == 0 {
            return None;
        }
        self.reason()
    }

    #[cold]
    fn reason(self) -> Option<&'a str> {
        let reason = self.bytes().get(BYTES_OF_HEAD..)?;
        Some(std::str::from_utf8(reason).unwrap_or("damaged"))
    }

    /// How many values it has, or would have if it could be read.
    pub(super) fn count(self) -> usize {
        self.number(12).map_or(0, |count| count & !MARK) as usize
    }

    /// Its values, and the bytes of those that are longer, with what comes after them; nothing of a row that can't be read.
    #[inline]
    pub(super) fn parts(self) -> Option<(&'a [Word], &'a [u8])> {
        let count = self.number(12)?;
        if count & MARK != 0 {
            return None;
        }
        let rest = self.0.get(BYTES_OF_HEAD..)?;
        let (words, longer) = rest.split_at_checked(count as usize * size_of::<Word>())?;
        Some((words.as_chunks().0, longer))
    }

    #[inline]
    fn number(self, at: usize) -> Option<u32> {
        let bytes = self.0.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }
}

/// The row that `memory` begins with, without what comes after it.
pub(crate) fn one_packed(memory: &[u8]) -> &[u8] {
    PackedRow(memory).bytes()
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

/// Packs a row at the end of memory that it shares with others.
pub(crate) struct RowBuilder<'m> {
    memory: &'m mut Vec<u8>,
    /// Where the row begins.
    start: usize,
    count: usize,
    next: usize,
}

/// Room for what is longer, as most features of most rows are numbers.
const MORE_PER_VALUE: usize = 4;

impl<'m> RowBuilder<'m> {
    /// About how much memory so many rows take that have so many values together.
    pub(crate) fn about_bytes(rows: usize, values: usize) -> usize {
        rows * BYTES_OF_HEAD + values * (size_of::<Word>() + MORE_PER_VALUE)
    }

    /// For a row of so many values.
    pub(crate) fn new(memory: &'m mut Vec<u8>, count: usize) -> Self {
        let start = memory.len();
        memory.resize(start + BYTES_OF_HEAD + count * size_of::<Word>(), 0);
        Self {
            memory,
            start,
            count,
            next: 0,
        }
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
        let at = self.start + BYTES_OF_HEAD + self.next * size_of::<Word>();
        if let Some(place) = self.memory.get_mut(at..at + size_of::<Word>()) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        self.next += 1;
    }

    /// Where it begins. Too large a row is found at its end.
    fn push_longer(&mut self, bytes: &[u8]) -> u32 {
        let words = self.start + BYTES_OF_HEAD + self.count * size_of::<Word>();
        let start = self.memory.len() - words;
        match u8::try_from(bytes.len()) {
            Ok(length) if length != LONG => self.memory.push(length),
            _ => {
                let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.memory.push(LONG);
                self.memory.extend_from_slice(&length.to_le_bytes());
            }
        }
        self.memory.extend_from_slice(bytes);
        u32::try_from(start).unwrap_or_default() & !KIND
    }

    /// Ends the row of the values that were added, and says where it begins.
    pub(crate) fn finish(self, event_timestamp: Timestamp) -> usize {
        let count = u32::try_from(self.count).unwrap_or(MARK);
        let row = self.memory.get_mut(self.start..).unwrap_or_default();
        if count >= MARK || row.len() >= MOST_BYTES {
            return self.damaged("its values have more than 1 GiB");
        }
        write_head(row, event_timestamp, count);
        self.start
    }

    /// Ends the row as one that can't be read, and says where it begins.
    pub(crate) fn damaged(self, reason: &str) -> usize {
        let count = u32::try_from(self.count).unwrap_or(u32::MAX) | MARK;
        let reason = reason.get(..MOST_BYTES).unwrap_or(reason);
        self.memory.truncate(self.start);
        self.memory.resize(self.start + BYTES_OF_HEAD, 0);
        self.memory.extend_from_slice(reason.as_bytes());
        if let Some(row) = self.memory.get_mut(self.start..) {
            write_head(row, Timestamp::EPOCH, count);
        }
        self.start
    }

    /// Takes back what was added: there is no row.
    pub(crate) fn discard(self) {
        self.memory.truncate(self.start);
    }
}
