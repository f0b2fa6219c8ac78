//! What a plugin's folder needs of the SDKs: their files, with their paths within the SDK. A new plugin gets a copy, so that
//! nothing has to be published; a folder without one is built with these.

/// A file of an SDK: its path, and what is in it.
pub type File = (&'static str, &'static str);

/// `wit/v1/transform.wit`: what every plugin exports.
pub const WIT: &str = include_str!("../../../wit/v1/transform.wit");

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../plugin-sdk/", $folder, "/", $path)))),*]
    };
}

/// The Python module `salver_transform`.
pub const PYTHON: &[File] = files!("python/salver_transform":
    "__init__.py",
    "_bound.py",
    "_declare.py",
    "_decorator.py",
    "_errors.py",
    "_guest.py",
    "_hints.py",
    "_log.py",
    "_markers.py",
    "_mixed.py",
    "_nested.py",
    "_parameters.py",
    "_preload.py",
    "_scalars.py",
    "_sealed.py",
    "_wire.py",
    "feast.py",
    "testing.py",
);

/// What installs the toolchain of Python.
pub const PYTHON_REQUIREMENTS: &str = include_str!("../../../plugin-sdk/python/requirements.txt");

/// The JavaScript module `salver-transform`.
pub const JAVASCRIPT: &[File] = files!("javascript/salver-transform":
    "declare.js",
    "errors.js",
    "index.d.ts",
    "index.js",
    "log.js",
    "nested.js",
    "run.js",
    "scalars.js",
    "sealed.js",
    "testing.d.ts",
    "testing.js",
    "types.js",
);

/// What makes a component of a plugin in JavaScript.
pub(crate) const JAVASCRIPT_BUILD: &[File] = files!("javascript/build": "bindings.js", "build.mjs");

/// The crate `plugin-sdk`, which macro expansion and wit-bindgen need whole.
pub const RUST: &[File] = files!(".":
    "Cargo.toml",
    "macros/Cargo.toml",
    "macros/src/attribute.rs",
    "macros/src/columns.rs",
    "macros/src/documentation.rs",
    "macros/src/fields.rs",
    "macros/src/function.rs",
    "macros/src/lib.rs",
    "macros/src/outputs.rs",
    "macros/src/returned.rs",
    "macros/src/rows.rs",
    "macros/src/structs.rs",
    "macros/src/transform.rs",
    "macros/src/types.rs",
    "src/allocator.rs",
    "src/allocator/tests.rs",
    "src/bindings.rs",
    "src/column.rs",
    "src/element.rs",
    "src/error.rs",
    "src/input.rs",
    "src/input/blob.rs",
    "src/input/list.rs",
    "src/input/map.rs",
    "src/input/number.rs",
    "src/input/structs.rs",
    "src/input/value.rs",
    "src/lib.rs",
    "src/log.rs",
    "src/output.rs",
    "src/output/blob.rs",
    "src/output/list.rs",
    "src/output/map.rs",
    "src/output/number.rs",
    "src/output/structs.rs",
    "src/output/value.rs",
    "src/output_column.rs",
    "src/outputs.rs",
    "src/parameters.rs",
    "src/row.rs",
    "src/scalar.rs",
    "src/transform.rs",
    "src/value.rs",
    "wit/transform.wit",
);

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::{File, JAVASCRIPT, PYTHON, RUST};

    #[test]
    fn every_file_of_an_sdk_is_among_them() {
        let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin-sdk");
        check(&sdk.join("python/salver_transform"), "", PYTHON);
        check(&sdk.join("javascript/salver-transform"), "", JAVASCRIPT);
        for folder in ["src", "macros", "wit"] {
            check(&sdk, folder, RUST);
        }
    }

    fn check(root: &Path, below: &str, files: &[File]) {
        let mut found = BTreeSet::new();
        walk(&root.join(below), &mut |path| {
            let path = path.strip_prefix(root).unwrap();
            found.insert(path.to_string_lossy().into_owned());
        });
        let listed: BTreeSet<_> = files
            .iter()
            .map(|(path, _)| (*path).to_owned())
            .filter(|path| path.starts_with(below))
            .collect();
        assert_eq!(found, listed);
    }

    fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("__pycache__") {
                walk(&path, each);
            } else if path.is_file() {
                each(&path);
            }
        }
    }
}
