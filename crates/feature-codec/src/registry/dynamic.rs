//! Messages that keep every field they don't know, and the few ways in which the document touches them.

use std::{borrow::Cow, sync::LazyLock};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage, Value};
use prost_types::{DescriptorProto, FileDescriptorSet};

use crate::DecodeError;

const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/registry.descriptors"));

/// The messages as declared: for JSON.
static DECLARED: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).expect("the build wrote the descriptors"));

/// The same messages with each map declared as what it is on the wire, a list of entries. So entries keep
/// their order and their own unknown fields, which a map would lose.
static LOSSLESS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut files =
        FileDescriptorSet::decode(DESCRIPTORS).expect("the build wrote the descriptors");
    let messages = files
        .file
        .iter_mut()
        .flat_map(|file| &mut file.message_type);
    messages.for_each(maps_to_lists);
    DescriptorPool::from_file_descriptor_set(files).expect("lists of entries are valid")
});

fn maps_to_lists(message: &mut DescriptorProto) {
    if let Some(options) = &mut message.options {
        options.map_entry = None;
    }
    message.nested_type.iter_mut().for_each(maps_to_lists);
}

fn descriptor(pool: &DescriptorPool, name: &str) -> MessageDescriptor {
    pool.get_message_by_name(name)
        .expect("the name is one of the `.proto` files")
}

/// An empty message of that full name.
pub(super) fn empty(name: &str) -> DynamicMessage {
    DynamicMessage::new(descriptor(&LOSSLESS, name))
}

/// Reads a message of that full name.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<DynamicMessage, DecodeError> {
    DynamicMessage::decode(descriptor(&LOSSLESS, name), bytes)
        .map_err(|error| DecodeError::corrupt("feature registry", error.to_string()))
}

/// The same content as a message of that full name.
pub(super) fn from_typed(name: &str, message: &impl Message) -> DynamicMessage {
    decode(name, &message.encode_to_vec()).expect("both are made from the same `.proto` files")
}

/// As protobuf's JSON mapping has it, with maps as objects.
pub(super) fn to_json(message: &DynamicMessage) -> Result<serde_json::Value, DecodeError> {
    let declared = descriptor(&DECLARED, message.descriptor().full_name());
    let corrupt = |error: String| DecodeError::corrupt("feature registry", error);
    let message = DynamicMessage::decode(declared, message.encode_to_vec().as_slice())
        .map_err(|error| corrupt(error.to_string()))?;
    serde_json::to_value(&message).map_err(|error| corrupt(error.to_string()))
}

/// A text field; empty when unset.
pub(super) fn text<'m>(message: &'m DynamicMessage, field: &str) -> Cow<'m, str> {
    match message.get_field_by_name(field) {
        Some(Cow::Borrowed(Value::String(text))) => Cow::Borrowed(text),
        _ => Cow::Borrowed(""),
    }
}

/// The names in a repeated text field.
pub(super) fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    match message.get_field_by_name(field).as_deref() {
        Some(Value::List(texts)) => {
            let texts = texts.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn set_text(message: &mut DynamicMessage, field: &str, text: &str) {
    message.set_field_by_name(field, Value::String(text.to_owned()));
}

/// A message field, when it is set.
pub(super) fn child<'m>(message: &'m DynamicMessage, field: &str) -> Option<&'m DynamicMessage> {
    match message.get_field_by_name(field)? {
        Cow::Borrowed(Value::Message(child)) => Some(child),
        _ => None,
    }
}

/// A message field, set to an empty message when it wasn't set.
pub(super) fn child_mut<'m>(
    message: &'m mut DynamicMessage,
    field: &str,
) -> &'m mut DynamicMessage {
    message
        .get_field_by_name_mut(field)
        .and_then(Value::as_message_mut)
        .expect("the `.proto` files have this message field")
}

/// A message field, when it is set.
pub(super) fn set_child_mut<'m>(
    message: &'m mut DynamicMessage,
    field: &str,
) -> Option<&'m mut DynamicMessage> {
    if message.has_field_by_name(field) {
        Some(child_mut(message, field))
    } else {
        None
    }
}

/// The messages of a repeated field.
pub(super) fn items<'m>(
    message: &'m DynamicMessage,
    field: &str,
) -> impl Iterator<Item = &'m DynamicMessage> {
    let list = match message.get_field_by_name(field) {
        Some(Cow::Borrowed(Value::List(list))) => list.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(Value::as_message)
}

/// The values of a repeated field, to be changed.
pub(super) fn list_mut<'m>(message: &'m mut DynamicMessage, field: &str) -> &'m mut Vec<Value> {
    message
        .get_field_by_name_mut(field)
        .and_then(Value::as_list_mut)
        .expect("the `.proto` files have this repeated field")
}

/// The messages of a repeated field, to be changed.
pub(super) fn items_mut<'m>(
    message: &'m mut DynamicMessage,
    field: &str,
) -> impl Iterator<Item = &'m mut DynamicMessage> {
    list_mut(message, field)
        .iter_mut()
        .filter_map(Value::as_message_mut)
}
