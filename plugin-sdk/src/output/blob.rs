use super::{Children, Nulls, Output, check_length, clamped};
use crate::{
    Decimal, Json, TimeUuid, TransformError, Uuid, ZonedTimestamp,
    bindings::salver::transform::columns::{Array, Blobs, Values, ZonedTimestamps},
};

/// Texts or bytes that are being collected.
#[derive(Debug)]
pub struct BlobWriter {
    offsets: Vec<u32>,
    data: Vec<u8>,
    nulls: Nulls,
}

impl BlobWriter {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        let mut offsets = Vec::with_capacity(capacity + 1);
        offsets.push(0);
        Self {
            offsets,
            data: Vec::new(),
            nulls: Nulls::default(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.nulls.push_valid();
        self.data.extend_from_slice(bytes);
        self.offsets.push(clamped(self.data.len()));
    }

    pub(super) fn push_null(&mut self) {
        self.nulls.push_null(self.offsets.len() - 1);
        self.offsets.push(clamped(self.data.len()));
    }

    pub(super) fn blobs(self) -> Result<(Blobs, Nulls), TransformError> {
        check_length(self.data.len())?;
        let Self {
            offsets,
            data,
            nulls,
        } = self;
        Ok((Blobs { offsets, data }, nulls))
    }

    pub(super) fn finish(self, case: fn(Blobs) -> Values) -> Result<Array, TransformError> {
        let (blobs, nulls) = self.blobs()?;
        Ok(nulls.array(case(blobs)))
    }
}

macro_rules! blobs {
    ($($type:ty, $case:ident, $name:literal, |$value:ident| $bytes:expr;)*) => {$(
        impl Output for $type {
            type Writer = BlobWriter;

            fn data_type() -> String {
                $name.to_owned()
            }

            fn writer(capacity: usize) -> Self::Writer {
                BlobWriter::with_capacity(capacity)
            }

            #[inline]
            fn write(self, writer: &mut Self::Writer) {
                let $value = self;
                writer.push($bytes);
            }

            fn write_null(writer: &mut Self::Writer) {
                writer.push_null();
            }

            fn finish(writer: Self::Writer, _: &mut Children) -> Result<Array, TransformError> {
                writer.finish(Values::$case)
            }
        }
    )*};
}

blobs! {
    &str, Text, "String", |text| text.as_bytes();
    String, Text, "String", |text| text.as_bytes();
    std::borrow::Cow<'_, str>, Text, "String", |text| text.as_bytes();
    &[u8], Bytes, "Bytes", |bytes| bytes;
    Vec<u8>, Bytes, "Bytes", |bytes| &bytes;
    Json<&str>, Json, "Json", |json| json.0.as_bytes();
    Json, Json, "Json", |json| json.0.as_bytes();
    Uuid<&str>, Uuid, "Uuid", |uuid| uuid.0.as_bytes();
    Uuid, Uuid, "Uuid", |uuid| uuid.0.as_bytes();
    TimeUuid<&str>, TimeUuid, "TimeUuid", |uuid| uuid.0.as_bytes();
    TimeUuid, TimeUuid, "TimeUuid", |uuid| uuid.0.as_bytes();
    Decimal<&str>, Decimal, "Decimal", |decimal| decimal.0.as_bytes();
    Decimal, Decimal, "Decimal", |decimal| decimal.0.as_bytes();
}

/// Times with zones that are being collected.
#[derive(Debug)]
pub struct ZonedWriter {
    seconds: Vec<i64>,
    zones: BlobWriter,
}

impl<Z: AsRef<str>> Output for ZonedTimestamp<Z> {
    type Writer = ZonedWriter;

    fn data_type() -> String {
        "ZonedTimestamp".to_owned()
    }

    fn writer(capacity: usize) -> Self::Writer {
        ZonedWriter {
            seconds: Vec::with_capacity(capacity),
            zones: BlobWriter::with_capacity(capacity),
        }
    }

    fn write(self, writer: &mut Self::Writer) {
        writer.seconds.push(self.seconds);
        writer.zones.push(self.zone.as_ref().as_bytes());
    }

    fn write_null(writer: &mut Self::Writer) {
        writer.seconds.push(0);
        writer.zones.push_null();
    }

    fn finish(writer: Self::Writer, _: &mut Children) -> Result<Array, TransformError> {
        let (zones, nulls) = writer.zones.blobs()?;
        let seconds = writer.seconds;
        Ok(nulls.array(Values::ZonedTimestamp(ZonedTimestamps { seconds, zones })))
    }
}
