//! The interface that this crate is built with is the project's.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

/// A copy, so that this folder builds wherever it is put.
#[test]
fn the_copy_of_the_interface_is_that_of_the_project() {
    // of this run: a target folder may be shared by several checkouts
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let here = Path::new(&here);
    let copy = fs::read_to_string(here.join("wit/transform.wit")).unwrap();
    let project = fs::read_to_string(here.join("../wit/v1/transform.wit")).unwrap();
    assert_eq!(
        copy, project,
        "copy `wit/v1/transform.wit` to `plugin-sdk/wit/`"
    );
}
