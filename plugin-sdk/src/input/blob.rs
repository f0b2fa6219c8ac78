use super::{Input, Source};
use crate::{
    Decimal, Json, TimeUuid, TransformError, Uuid, ZonedTimestamp,
    bindings::salver::transform::columns::{Blobs, Values, ZonedTimestamps},
};

/// Texts one after the other, and where each ends.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    text: &'a str,
    offsets: &'a [u32],
}

impl<'a> Texts<'a> {
    /// The whole is checked once; each text then only for not ending within a character.
    pub(super) fn new(blobs: &'a Blobs) -> Result<Self, TransformError> {
        let text = std::str::from_utf8(&blobs.data)
            .map_err(|_| TransformError::failed("its texts are no UTF-8"))?;
        let offsets = &blobs.offsets;
        Ok(Self { text, offsets })
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> &'a str {
        &self.text[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }
}

macro_rules! texts {
    ($($type:ty, $case:ident, $name:literal, $from:expr;)*) => {$(
        impl<'a> Input<'a> for $type {
            type Reader = Texts<'a>;

            fn data_type() -> String {
                $name.to_owned()
            }

            fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
                match source.values() {
                    Values::$case(blobs) => Texts::new(blobs),
                    _ => Err(source.mismatch($name)),
                }
            }

            #[inline]
            fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
                Ok($from(reader.get(index)))
            }
        }
    )*};
}

texts! {
    &'a str, Text, "String", std::convert::identity;
    String, Text, "String", str::to_owned;
    Json<&'a str>, Json, "Json", Json;
    Json, Json, "Json", |text: &str| Json(text.to_owned());
    Uuid<&'a str>, Uuid, "Uuid", Uuid;
    Uuid, Uuid, "Uuid", |text: &str| Uuid(text.to_owned());
    TimeUuid<&'a str>, TimeUuid, "TimeUuid", TimeUuid;
    TimeUuid, TimeUuid, "TimeUuid", |text: &str| TimeUuid(text.to_owned());
    Decimal<&'a str>, Decimal, "Decimal", Decimal;
    Decimal, Decimal, "Decimal", |text: &str| Decimal(text.to_owned());
}

impl<'a> Input<'a> for &'a [u8] {
    type Reader = &'a Blobs;

    fn data_type() -> String {
        "Bytes".to_owned()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        match source.values() {
            Values::Bytes(blobs) => Ok(blobs),
            _ => Err(source.mismatch("Bytes")),
        }
    }

    #[inline]
    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
        Ok(&reader.data[reader.offsets[index] as usize..reader.offsets[index + 1] as usize])
    }
}

impl<'a> Input<'a> for Vec<u8> {
    type Reader = &'a Blobs;

    fn data_type() -> String {
        "Bytes".to_owned()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        <&[u8]>::reader(source)
    }

    #[inline]
    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
        <&[u8]>::read(reader, index).map(<[u8]>::to_vec)
    }
}

impl<'a> Input<'a> for ZonedTimestamp<&'a str> {
    type Reader = (&'a ZonedTimestamps, Texts<'a>);

    fn data_type() -> String {
        "ZonedTimestamp".to_owned()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        match source.values() {
            Values::ZonedTimestamp(times) => Ok((times, Texts::new(&times.zones)?)),
            _ => Err(source.mismatch("ZonedTimestamp")),
        }
    }

    #[inline]
    fn read((times, zones): &Self::Reader, index: usize) -> Result<Self, TransformError> {
        Ok(Self {
            seconds: times.seconds[index],
            zone: zones.get(index),
        })
    }
}

impl<'a> Input<'a> for ZonedTimestamp {
    type Reader = (&'a ZonedTimestamps, Texts<'a>);

    fn data_type() -> String {
        "ZonedTimestamp".to_owned()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        ZonedTimestamp::<&str>::reader(source)
    }

    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
        let ZonedTimestamp { seconds, zone } = ZonedTimestamp::<&str>::read(reader, index)?;
        Ok(Self {
            seconds,
            zone: zone.to_owned(),
        })
    }
}
