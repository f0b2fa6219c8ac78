//! The object `metadata` of a body: what the reply tells beside its values. Feast's requests have no such key.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    AskError, Metadata,
    body::{Keys, Text, no_flag},
    trail::{Place, Trail},
};
use crate::nearest::shown;

pub(super) struct MetadataSeed<'t, 'b> {
    pub(super) trail: &'t mut Trail<'b>,
}

impl<'b> DeserializeSeed<'b> for MetadataSeed<'_, 'b> {
    type Value = Metadata;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Metadata, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for MetadataSeed<'_, 'b> {
    type Value = Metadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object such as {\"statuses\": false, \"event_timestamps\": false}")
    }

    /// `null` counts as absent.
    fn visit_unit<E: serde::de::Error>(self) -> Result<Metadata, E> {
        Ok(Metadata::default())
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Metadata, A::Error> {
        let mut metadata = Metadata::default();
        let mut keys = Keys::default();
        while let Some(Text(key)) = map.next_key::<Text<'b>>()? {
            self.trail.place = Place::Metadata(key.clone());
            if !keys.add(key.clone()) {
                return Err(self.trail.refuse_twice());
            }
            let switch = match metadata.switch(&key) {
                Some(switch) => switch,
                None => return Err(self.trail.refuse(unknown(&key))),
            };
            *switch = on_or_off(map.next_value()?)?;
        }
        Ok(metadata)
    }
}

impl Metadata {
    fn switch(&mut self, key: &str) -> Option<&mut Option<bool>> {
        match key {
            "statuses" => Some(&mut self.statuses),
            "event_timestamps" => Some(&mut self.event_timestamps),
            _ => None,
        }
    }
}

fn unknown(key: &str) -> AskError {
    AskError::UnknownSwitch {
        field: format!("metadata.{}", shown(key)),
    }
}

fn on_or_off<E: serde::de::Error>(raw: &RawValue) -> Result<Option<bool>, E> {
    match raw.get() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        "null" => Ok(None),
        other => Err(no_flag(other)),
    }
}
