//! The body's grammar as serde visitors: one pass, borrowing from the body.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    AskError, FeatureList, Given, Metadata,
    metadata::MetadataSeed,
    repeated::repeated_key,
    trail::{Place, Trail, told},
};
use crate::nearest::shown;

/// The known keys of a body, as far as they were given.
#[derive(Default)]
pub(super) struct Body<'b> {
    pub(super) features: Option<FeatureList<'b>>,
    pub(super) feature_service: Option<Cow<'b, str>>,
    pub(super) columns: Vec<Cow<'b, str>>,
    pub(super) values: Option<Vec<Values<'b>>>,
    pub(super) full_feature_names: bool,
    pub(super) include_feature_view_version_metadata: bool,
    pub(super) metadata: Metadata,
}

/// A list of `entities`: its length, and its values as far as they are within the limit.
pub(super) struct Values<'b> {
    pub(super) len: usize,
    pub(super) kept: Vec<Given<'b>>,
}

/// Reads the text; lists of more than `max_kept` values are counted, and cut there. A list of features that `is_known`
/// isn't checked.
pub(super) fn read<'b>(
    text: &'b str,
    max_kept: usize,
    is_known: &dyn Fn(&str) -> bool,
) -> Result<Body<'b>, AskError> {
    let mut trail = Trail {
        place: Place::Body,
        problem: None,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = BodySeed {
        trail: &mut trail,
        max_kept,
        is_known,
    };
    let read = seed
        .deserialize(&mut deserializer)
        .and_then(|body| deserializer.end().map(|()| body));
    read.map_err(|error| trail.problem.take().unwrap_or_else(|| told(&error, &trail)))
}

/// A string of the body, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(super) struct Text<'b>(#[serde(borrow)] pub(super) Cow<'b, str>);

/// The keys of one object, each of which may come once.
#[derive(Default)]
pub(super) struct Keys<'b> {
    /// The first ones, which are all there are in most bodies: comparing with them takes less than hashing.
    few: Vec<Cow<'b, str>>,
    more: HashSet<Cow<'b, str>>,
}

impl<'b> Keys<'b> {
    const FEW: usize = 8;

    /// Whether the key is new.
    pub(super) fn add(&mut self, key: Cow<'b, str>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(key);
            return true;
        }
        self.more.insert(key)
    }
}

struct BodySeed<'t, 'b> {
    trail: &'t mut Trail<'b>,
    max_kept: usize,
    is_known: &'t dyn Fn(&str) -> bool,
}

impl<'b> DeserializeSeed<'b> for BodySeed<'_, 'b> {
    type Value = Body<'b>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Body<'b>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'b> Visitor<'b> for BodySeed<'_, 'b> {
    type Value = Body<'b>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `entities` and `features` or `feature_service`")
    }

    fn visit_map<A: MapAccess<'b>>(mut self, mut map: A) -> Result<Body<'b>, A::Error> {
        let mut body = Body::default();
        let mut keys = Keys::default();
        while let Some(Text(key)) = map.next_key()? {
            self.trail.place = Place::Key(key.clone());
            if !keys.add(key.clone()) {
                return Err(self.trail.refuse_twice());
            }
            self.read_field(&key, &mut map, &mut body)?;
            self.trail.place = Place::Body;
        }
        Ok(body)
    }
}

impl<'b> BodySeed<'_, 'b> {
    fn read_field<A: MapAccess<'b>>(
        &mut self,
        key: &str,
        map: &mut A,
        body: &mut Body<'b>,
    ) -> Result<(), A::Error> {
        match key {
            "features" => body.features = self.features(map.next_value::<&RawValue>()?.get())?,
            "feature_service" => {
                body.feature_service = map.next_value::<Option<Text<'b>>>()?.map(|text| text.0);
            }
            "entities" => map.next_value_seed(EntitiesSeed {
                trail: self.trail,
                body,
                max_kept: self.max_kept,
            })?,
            "full_feature_names" => body.full_feature_names = flag(map.next_value()?)?,
            "include_feature_view_version_metadata" => {
                body.include_feature_view_version_metadata = flag(map.next_value()?)?;
            }
            "metadata" => {
                body.metadata = map.next_value_seed(MetadataSeed { trail: self.trail })?;
            }
            _ => {
                let ignored = map.next_value::<&RawValue>()?.get();
                check_keys(self.trail, ignored)?;
            }
        }
        Ok(())
    }

    fn features<E: serde::de::Error>(
        &mut self,
        text: &'b str,
    ) -> Result<Option<FeatureList<'b>>, E> {
        if text == "null" {
            return Ok(None);
        }
        if !(self.is_known)(text) {
            let check = FeatureCheck { trail: self.trail };
            let checked = check.deserialize(&mut serde_json::Deserializer::from_str(text));
            // where it is in the list says nothing of where it is in the body
            checked.map_err(|error| E::custom(without_position(&error.to_string())))?;
        }
        Ok(Some(FeatureList::checked(text)))
    }
}

fn without_position(told: &str) -> &str {
    told.rsplit_once(" at line ").map_or(told, |(told, _)| told)
}

/// Feast also takes `1`, `"yes"` and the like; its SDK sends booleans.
fn flag<E: serde::de::Error>(raw: &RawValue) -> Result<bool, E> {
    match raw.get() {
        "true" => Ok(true),
        "false" | "null" => Ok(false),
        other => Err(no_flag(other)),
    }
}

pub(super) fn no_flag<E: serde::de::Error>(text: &str) -> E {
    E::custom(format!("`{}` is no flag; write true or false", shown(text)))
}

fn check_keys<E: serde::de::Error>(trail: &mut Trail<'_>, text: &str) -> Result<(), E> {
    let problem = match repeated_key(text) {
        Ok(None) => return Ok(()),
        Ok(Some(key)) => AskError::DuplicateKeyWithin {
            field: trail.field(),
            key: shown(&key).into_owned(),
        },
        Err(problem) => problem,
    };
    Err(trail.refuse(problem))
}

/// Whether a value is a list of strings.
struct FeatureCheck<'t, 'b> {
    trail: &'t mut Trail<'b>,
}

impl<'b> DeserializeSeed<'b> for FeatureCheck<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'b> Visitor<'b> for FeatureCheck<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of feature references, such as [\"driver_hourly_stats:conv_rate\"]")
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(raw) = seq.next_element::<&'b RawValue>()? {
            match given(raw.get()) {
                Ok(Given::Text(_)) => index += 1,
                Ok(_) => {
                    self.trail.place = Place::Reference(index);
                    return Err(A::Error::custom(format!(
                        "`{}` is no string; write a feature reference, such as \"driver_hourly_stats:conv_rate\"",
                        shown(raw.get())
                    )));
                }
                Err(problem) => return Err(self.trail.refuse(problem)),
            }
        }
        Ok(())
    }
}

struct EntitiesSeed<'t, 'b> {
    trail: &'t mut Trail<'b>,
    body: &'t mut Body<'b>,
    max_kept: usize,
}

impl<'b> DeserializeSeed<'b> for EntitiesSeed<'_, 'b> {
    type Value = ();

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'b> Visitor<'b> for EntitiesSeed<'_, 'b> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an object of join keys and lists of values, such as {\"driver_id\": [1001, 1002]}",
        )
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        let mut lists = Vec::new();
        while let Some(Text(key)) = map.next_key()? {
            self.trail.place = Place::Column(key.clone());
            if !keys.add(key.clone()) {
                return Err(self.trail.refuse_twice());
            }
            lists.push(map.next_value_seed(ValuesSeed {
                trail: self.trail,
                max_kept: self.max_kept,
            })?);
            self.body.columns.push(key);
            self.trail.place = Place::Entities;
        }
        self.body.values = Some(lists);
        Ok(())
    }
}

struct ValuesSeed<'t, 'b> {
    trail: &'t mut Trail<'b>,
    max_kept: usize,
}

impl<'b> DeserializeSeed<'b> for ValuesSeed<'_, 'b> {
    type Value = Values<'b>;

    fn deserialize<D: Deserializer<'b>>(self, deserializer: D) -> Result<Values<'b>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'b> Visitor<'b> for ValuesSeed<'_, 'b> {
    type Value = Values<'b>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list with one value for each entity, such as [1001, 1002]")
    }

    fn visit_seq<A: SeqAccess<'b>>(self, mut seq: A) -> Result<Values<'b>, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < self.max_kept {
            let Some(raw) = seq.next_element::<&'b RawValue>()? else {
                let len = kept.len();
                return Ok(Values { len, kept });
            };
            let value = given(raw.get());
            if let Ok(Given::Nested(text)) = value {
                check_keys(self.trail, text)?;
            }
            kept.push(value.map_err(|problem| self.trail.refuse(problem))?);
        }
        let mut len = kept.len();
        while seq.next_element::<IgnoredAny>()?.is_some() {
            len += 1;
        }
        Ok(Values { len, kept })
    }
}

/// Sorts a value by its first character. Its syntax was checked when it became a [`RawValue`].
pub(crate) fn given(text: &str) -> Result<Given<'_>, AskError> {
    Ok(match text.as_bytes().first() {
        Some(b'"') => Given::Text(string(text)?),
        Some(b'n') => Given::Null,
        Some(b't') => Given::Bool(true),
        Some(b'f') => Given::Bool(false),
        Some(b'[' | b'{') => Given::Nested(text),
        _ => Given::Number(text),
    })
}

pub(super) fn string(text: &str) -> Result<Cow<'_, str>, AskError> {
    let plain = text
        .get(1..text.len() - 1)
        .filter(|inside| !inside.contains('\\'));
    if let Some(inside) = plain {
        return Ok(Cow::Borrowed(inside));
    }
    match serde_json::from_str::<Text<'_>>(text) {
        Ok(Text(string)) => Ok(string),
        Err(error) => Err(AskError::Malformed {
            message: format!("the string {}: {error}", shown(text)),
        }),
    }
}
