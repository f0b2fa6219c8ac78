//! Compiles the registry's `.proto` files without protoc: once into typed messages for the fast read
//! path, once into descriptors for the messages that keep unknown fields.

use std::{env, error::Error, fs, path::PathBuf};

use prost_build::Config;

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
    Config::new()
        .btree_map(["."])
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
