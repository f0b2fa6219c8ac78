//! Wraps a core module that wit-bindgen has made into a component: `componentize CORE.wasm COMPONENT.wasm`.

use std::{env, error::Error, fs};

use wit_component::ComponentEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<_> = env::args_os().skip(1).collect();
    let [core, component] = &paths[..] else {
        return Err("usage: componentize CORE.wasm COMPONENT.wasm".into());
    };
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(&fs::read(core)?)?;
    fs::write(component, encoder.encode()?)?;
    Ok(())
}
