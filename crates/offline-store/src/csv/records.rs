use csv_core::{ReadRecordResult, Reader};

/// A longer record is taken for what follows a quote that was left open.
const MOST_BYTES: usize = 16 * 1024 * 1024;
const MOST_FIELDS: usize = 1024 * 1024;

/// Cuts the bytes of a file into records (RFC 4180; an empty line is none), of which it holds one at a time.
pub(super) struct Records {
    reader: Reader,
    /// The fields that are known of the next record, one after the other and without their quotes.
    text: Vec<u8>,
    text_len: usize,
    /// Where each of them ends.
    ends: Vec<usize>,
    fields: usize,
    overlong: bool,
}

/// What is between two line ends.
pub(super) enum Record<'a> {
    Fields {
        text: &'a [u8],
        ends: &'a [usize],
    },
    /// It was too long to be held.
    Overlong,
}

impl Records {
    pub(super) fn new() -> Self {
        Self {
            reader: Reader::new(),
            text: vec![0; 4096],
            text_len: 0,
            ends: vec![0; 64],
            fields: 0,
            overlong: false,
        }
    }

    /// Calls `take` with each record that ends in `chunk`, the next bytes of the file; without bytes it
    /// is the end of the file, and the end of a last line that has none.
    pub(super) fn each(&mut self, mut chunk: &[u8], mut take: impl FnMut(&Record<'_>)) {
        loop {
            match self.read(&mut chunk) {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return,
                ReadRecordResult::OutputFull => self.make_room_for_text(),
                ReadRecordResult::OutputEndsFull => self.make_room_for_ends(),
                ReadRecordResult::Record => {
                    take(&self.record());
                    self.clear();
                    if chunk.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    fn read(&mut self, chunk: &mut &[u8]) -> ReadRecordResult {
        let (result, read, written, ended) = self.reader.read_record(
            chunk,
            &mut self.text[self.text_len..],
            &mut self.ends[self.fields..],
        );
        *chunk = &chunk[read..];
        self.text_len += written;
        self.fields += ended;
        result
    }

    fn make_room_for_text(&mut self) {
        if self.text.len() < MOST_BYTES {
            self.text.resize(self.text.len() * 2, 0);
        } else {
            self.overlong = true;
            self.text_len = 0;
        }
    }

    fn make_room_for_ends(&mut self) {
        if self.ends.len() < MOST_FIELDS {
            self.ends.resize(self.ends.len() * 2, 0);
        } else {
            self.overlong = true;
            self.fields = 0;
        }
    }

    fn record(&self) -> Record<'_> {
        if self.overlong {
            return Record::Overlong;
        }
        Record::Fields {
            text: &self.text[..self.text_len],
            ends: &self.ends[..self.fields],
        }
    }

    fn clear(&mut self) {
        self.text_len = 0;
        self.fields = 0;
        self.overlong = false;
    }
}

impl<'a> Record<'a> {
    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Fields { ends, .. } => ends.len(),
            Self::Overlong => 0,
        }
    }

    /// The fields in their order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a, '_> {
        (0..self.len()).map_while(|index| self.field(index))
    }

    pub(super) fn field(&self, index: usize) -> Option<&'a [u8]> {
        let Self::Fields { text, ends } = self else {
            return None;
        };
        let begin = match index {
            0 => 0,
            later => *ends.get(later - 1)?,
        };
        text.get(begin..*ends.get(index)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MOST_BYTES, MOST_FIELDS, Record, Records};

    fn shown(record: &Record<'_>) -> Vec<String> {
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        record.fields().map(text).collect()
    }

    fn records(chunks: &[&[u8]]) -> Vec<Vec<String>> {
        let mut records = Records::new();
        let mut found = Vec::new();
        let chunks = chunks.iter().filter(|chunk| !chunk.is_empty());
        for chunk in chunks.chain([&[].as_slice()]) {
            records.each(chunk, |record| found.push(shown(record)));
        }
        found
    }

    #[test]
    fn quotes_line_ends_and_a_byte_order_mark_are_understood() {
        let expected = [
            vec!["id", "note"],
            vec!["1", "a, \"b\"\r\nc"],
            vec!["2", ""],
        ];
        let text = "\u{feff}\"id\",note\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n\r\n2,";
        assert_eq!(records(&[text.as_bytes()]), expected);
        let with_end = format!("{text}\r\n");
        assert_eq!(records(&[with_end.as_bytes()]), expected);
    }

    #[test]
    fn a_record_of_too_many_bytes_or_fields_is_not_held() {
        let quoted = [b"\"".as_slice(), &vec![b'x'; MOST_BYTES + 1], b"\"\n"].concat();
        let commas = vec![b','; MOST_FIELDS + 1];
        let mut records = Records::new();
        let mut found = Vec::new();
        for chunk in [&quoted, &commas, b"\na,b\n".as_slice()] {
            records.each(chunk, |record| {
                found.push((matches!(record, Record::Overlong), record.len()));
            });
        }
        assert_eq!(found, [(true, 0), (true, 0), (false, 2)]);
        assert!(records.text.len() <= MOST_BYTES && records.ends.len() <= MOST_FIELDS);
    }

    proptest! {
        #[test]
        fn chunks_may_be_cut_anywhere(text in "[ab,\"\r\né]{0,40}", cut in 0..60_usize) {
            let text = text.as_bytes();
            let (first, second) = text.split_at(cut.min(text.len()));
            prop_assert_eq!(records(&[first, second]), records(&[text]));
        }
    }
}
