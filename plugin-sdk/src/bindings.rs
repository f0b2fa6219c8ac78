//! What wit-bindgen makes of `wit/transform.wit`.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the WIT says what each item is"
)]
#![allow(
    unsafe_code,
    reason = "the canonical ABI is raw pointers; wit-bindgen writes all of it"
)]

wit_bindgen::generate!({
    path: "wit",
    world: "plugin",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "plugin_sdk::bindings",
    runtime_path: "plugin_sdk::__private::wit_bindgen::rt",
});
