//! Bytes that are never served.

use feature_model::Wasi;
use plugin_host::{Host, LoadError, Plugin};

use crate::fixture::{HOSTILE, host, options};

fn refused(bytes: &[u8], wasi: Wasi) -> String {
    host().compile(bytes, wasi).err().unwrap().to_string()
}

#[test]
fn garbage_a_cut_component_and_a_core_module_are_told_apart() {
    assert!(refused(b"garbage", Wasi::None).contains("something else"));
    let half = &HOSTILE[..HOSTILE.len() / 2];
    assert!(refused(half, Wasi::None).contains("not valid"));
    let core = wat::parse_str("(module)").unwrap();
    assert!(refused(&core, Wasi::None).contains("a core module"));
    assert!(matches!(
        Host::inspect(&core),
        Err(LoadError::NotAComponent { .. })
    ));
}

/// Exports the right interface name, and imports what it likes.
fn component(imports: &str) -> Vec<u8> {
    let text = format!(
        r#"(component {imports}
            (instance $i)
            (export "salver:transform/transforms@1.0.0" (instance $i)))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn files_sockets_and_everything_else_can_t_be_imported() {
    let bytes = component(
        r#"(import "wasi:filesystem/preopens@0.2.6" (instance))
           (import "wasi:sockets/tcp@0.2.6" (instance))"#,
    );
    let error = refused(&bytes, Wasi::None);
    assert!(error.contains("`wasi:filesystem/preopens@0.2.6`, `wasi:sockets/tcp@0.2.6`"));
    assert!(error.contains("wasi: empty"), "{error}");
    let other = component(r#"(import "wasi-not:http/outgoing@1.0.0" (instance))"#);
    assert!(refused(&other, Wasi::Empty).contains("`wasi-not:http/outgoing@1.0.0`"));
}

#[test]
fn an_interface_with_other_functions_is_refused() {
    let error = refused(&component(""), Wasi::None);
    assert!(error.contains("exports no `names`"), "{error}");
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $c (instantiate $m))
        (func $f (canon lift (core func $c "f")))
        (instance $i
            (export "names" (func $f)) (export "describe" (func $f)) (export "transform" (func $f)))
        (export "salver:transform/transforms@1.0.0" (instance $i)))"#;
    let error = refused(&wat::parse_str(text).unwrap(), Wasi::None);
    assert!(error.contains("`names` hasn't the type"), "{error}");
}

#[test]
fn a_component_of_another_world_is_refused() {
    let bytes = wat::parse_str(r#"(component (instance $i) (export "a:b/c@2.0.0" (instance $i)))"#);
    let error = refused(&bytes.unwrap(), Wasi::None);
    assert!(error.contains("it exports `a:b/c@2.0.0`"), "{error}");
}

#[test]
fn a_view_that_names_no_transform_of_the_component_is_refused() {
    let component = crate::fixture::hostile();
    let error = Plugin::new(component, options("absent")).err().unwrap();
    assert!(error.to_string().contains("no `absent` here"), "{error}");
}
