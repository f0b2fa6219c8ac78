use feature_codec::{decode_value, encode_entity_key, redis_key, timestamp_field, value_field};
use feature_model::{EntityKeyVersion, ProjectName, Value};

use crate::Failure;

/// The fields of a hash that a request wants.
pub(crate) struct Layout {
    project: ProjectName,
    fields: Vec<Field>,
}

enum Field {
    EventTime(Vec<u8>),
    Value([u8; 4]),
}

impl Field {
    fn name(&self) -> &[u8] {
        match self {
            Self::EventTime(name) => name,
            Self::Value(name) => name,
        }
    }
}

impl Layout {
    pub(crate) fn new(views: usize, features: usize) -> Result<Self, Failure> {
        let mut fields = Vec::new();
        for index in 0..views {
            let view = format!("fv_{index}");
            fields.push(Field::EventTime(timestamp_field(&view)));
            let of_view = index * features..(index + 1) * features;
            fields.extend(
                of_view.map(|feature| Field::Value(value_field(&view, &format!("i{feature}")))),
            );
        }
        Ok(Self {
            project: "bench".parse()?,
            fields,
        })
    }

    /// How many fields there are.
    pub(crate) fn fields(&self) -> usize {
        self.fields.len()
    }

    /// `HMGET` of all fields of an entity, as bytes.
    pub(crate) fn command(&self, entity: usize) -> Result<Vec<u8>, Failure> {
        let value = Value::Int64(i64::try_from(entity)?);
        let key = encode_entity_key(EntityKeyVersion::V3, &[("entity_id", &value)])?;
        let key = redis_key(&key, &self.project);
        let mut command = format!("*{}\r\n", self.fields.len() + 2).into_bytes();
        put(&mut command, b"HMGET");
        put(&mut command, &key);
        for field in &self.fields {
            put(&mut command, field.name());
        }
        Ok(command)
    }

    /// The feature values in the reply to a command.
    pub(crate) fn values(
        &self,
        reply: &[Option<Vec<u8>>],
    ) -> Result<Vec<serde_json::Value>, Failure> {
        let features = self.fields.iter().zip(reply);
        let features = features.filter(|(field, _)| matches!(field, Field::Value(_)));
        features
            .map(
                |(_, bytes)| match bytes.as_deref().map(decode_value).transpose()? {
                    Some(Value::Int64(number)) => Ok(number.into()),
                    other => Err(format!("a feature is {other:?}, and should be an int64").into()),
                },
            )
            .collect()
    }
}

fn put(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(format!("${}\r\n", text.len()).as_bytes());
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}
