//! Compiles the registry's `.proto` files without protoc: once into typed messages for the fast read
//! path, once into descriptors for the messages that keep unknown fields.

use std::{env, error::Error, fs, path::PathBuf};

use prost_build::Config;
use prost_types::{
    FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};

/// Messages that are bytes in the typed messages, which look the same on the wire.
///
/// Those that say who may do what: a field in them that this release doesn't know must be seen, because it could take
/// back what the others give, and prost passes it over. And those of which there are thousands: each is decoded when it
/// is its turn, instead of all being in memory in two forms.
const AS_BYTES: [(&str, &str); 3] = [
    ("PermissionSpec", "policy"),
    ("ProjectExtension", "role_bindings"),
    ("Registry", "feature_views"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true);
    compiler.open_files(["feast/core/registry.proto"])?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(
        out_dir.join("registry.descriptors"),
        compiler.encode_file_descriptor_set(),
    )?;
    let mut typed = compiler.file_descriptor_set();
    for (message, field) in AS_BYTES {
        if !to_bytes(&mut typed, message, field) {
            return Err(format!("there is no field `{field}` in `{message}`").into());
        }
    }
    Config::new().btree_map(["."]).compile_fds(typed)?;
    Ok(())
}

/// Makes a field one of any number of byte strings. Tells whether it is there.
fn to_bytes(files: &mut FileDescriptorSet, message: &str, field: &str) -> bool {
    let messages = files
        .file
        .iter_mut()
        .flat_map(|file| &mut file.message_type);
    let mut found = false;
    for message in messages.filter(|one| one.name() == message) {
        for field in message.field.iter_mut().filter(|one| one.name() == field) {
            field.set_type(Type::Bytes);
            field.set_label(Label::Repeated);
            field.type_name = None;
            found = true;
        }
    }
    found
}
