//! Looks into the bytes of a component without compiling or running it.

use feature_model::{PluginDigest, Wasi};
use sha2::{Digest as _, Sha256};
use wasmparser::{Encoding, Parser, Payload};
use wasmtime::component::Component as Compiled;

use crate::LoadError;

/// The package that a component is of, up to its version.
const TRANSFORMS: &str = "salver:transform/transforms@";
/// What a plugin may import: the log, and the interface that only names the types of columns.
const ALLOWED: [&str; 2] = ["salver:transform/log@1.", "salver:transform/columns@1."];

/// What a component says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// SHA-256 of the bytes.
    pub digest: PluginDigest,
    /// Bytes; 0 where they weren't looked at.
    pub size: usize,
    /// The version of `salver:transform` that it exports, such as `1.0.0`; none where it is a component of another
    /// world.
    pub world_version: Option<String>,
    /// All that it imports, by full name.
    pub imports: Vec<String>,
    /// All that it exports, by full name.
    pub exports: Vec<String>,
    /// Whether it imports anything of WASI.
    pub needs_wasi: bool,
    pub(crate) shape: Shape,
}

/// What it takes to have an instance of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) core_instances: usize,
    pub(crate) memory_pages: u64,
    pub(crate) table_elements: u64,
}

impl Shape {
    /// Of a component that wasn't looked at: it may need much.
    pub(crate) const UNKNOWN: Self = Self {
        core_instances: usize::MAX,
        memory_pages: u64::MAX,
        table_elements: u64::MAX,
    };
}

impl Inspection {
    /// What is known of a component from its compiled form alone.
    pub(crate) fn of_compiled(digest: PluginDigest, compiled: &Compiled) -> Self {
        let (engine, of) = (compiled.engine(), compiled.component_type());
        let imports = of.imports(engine).map(|(name, _)| name.to_owned());
        let exports = of.exports(engine).map(|(name, _)| name.to_owned());
        Self::named(digest, imports.collect(), exports.collect())
    }

    fn named(digest: PluginDigest, imports: Vec<String>, exports: Vec<String>) -> Self {
        let version = |name: &String| name.strip_prefix(TRANSFORMS).map(str::to_owned);
        Self {
            digest,
            size: 0,
            world_version: exports.iter().find_map(version),
            needs_wasi: imports.iter().any(|name| name.starts_with("wasi:")),
            imports,
            exports,
            shape: Shape::UNKNOWN,
        }
    }

    /// Whether a host can serve it under what its view allows.
    ///
    /// # Errors
    ///
    /// It exports no version 1 of the interface, or it imports what it may not.
    pub fn check(&self, wasi: Wasi) -> Result<(), LoadError> {
        if self.transforms_export().is_none() {
            let exports = self.exports.clone();
            return Err(LoadError::NoTransforms { exports });
        }
        let allowed = |name: &String| {
            ALLOWED.iter().any(|allowed| name.starts_with(allowed))
                || (wasi == Wasi::Empty && name.starts_with("wasi:"))
        };
        let refused = |name: &&String| !allowed(name);
        let imports: Vec<_> = self.imports.iter().filter(refused).cloned().collect();
        if imports.is_empty() {
            Ok(())
        } else {
            Err(LoadError::Imports { imports, wasi })
        }
    }

    /// The name under which version 1 of the interface is exported.
    pub(crate) fn transforms_export(&self) -> Option<&str> {
        let version = |name: &str| {
            name.strip_prefix(TRANSFORMS)?
                .starts_with("1.")
                .then_some(())
        };
        self.exports
            .iter()
            .map(String::as_str)
            .find(|name| version(name).is_some())
    }
}

pub(crate) fn digest_of(bytes: &[u8]) -> PluginDigest {
    PluginDigest::new(Sha256::digest(bytes).into())
}

pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspection, LoadError> {
    check_encoding(bytes)?;
    let (mut names, mut shape) = (Names::default(), Shape::default());
    // How many components the parser is inside of: only the outermost tells what the gateway sees.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 1 {
            names.read(&payload).map_err(invalid)?;
        }
        shape.read(&payload).map_err(invalid)?;
    }
    Ok(Inspection {
        size: bytes.len(),
        shape,
        ..Inspection::named(digest_of(bytes), names.imports, names.exports)
    })
}

/// What a component imports and exports.
#[derive(Default)]
struct Names {
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Names {
    fn read(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports.clone() {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Shape {
    fn read(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::InstanceSection(instances) => {
                let count = usize::try_from(instances.count()).unwrap_or(usize::MAX);
                self.core_instances = self.core_instances.saturating_add(count);
            }
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    self.memory_pages = self.memory_pages.saturating_add(memory?.initial);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    self.table_elements = self.table_elements.max(table?.ty.initial);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn check_encoding(bytes: &[u8]) -> Result<(), LoadError> {
    let found = match bytes {
        [] => "an empty file".to_owned(),
        _ if !bytes.starts_with(b"\0asm") => "something else".to_owned(),
        _ => match Parser::new(0).parse_all(bytes).next() {
            Some(Ok(Payload::Version {
                encoding: Encoding::Component,
                ..
            })) => {
                return Ok(());
            }
            Some(Ok(Payload::Version { .. })) => {
                "a core module (wrap it with `registry-admin plugin build`)".to_owned()
            }
            _ => "cut short or of an unknown version".to_owned(),
        },
    };
    Err(LoadError::NotAComponent { found })
}

fn invalid(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Invalid {
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspect_text(text: &str) -> Result<Inspection, LoadError> {
        inspect(&wat::parse_str(text).unwrap())
    }

    #[test]
    fn what_is_no_component_is_told_apart() {
        let core = wat::parse_str("(module)").unwrap();
        let cases: [(&[u8], &str); 5] = [
            (b"", "an empty file"),
            (b"hello", "something else"),
            (b"\0asm\x01", "cut short"),
            (b"\0asm\x63\0\x63\0", "cut short or of an unknown version"),
            (&core, "a core module"),
        ];
        for (bytes, expected) in cases {
            let error = inspect(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_component_that_is_cut_anywhere_is_refused_or_exports_nothing() {
        let whole = wat::parse_str(
            r#"(component (import "wasi:cli/stdin@0.2.0" (instance)) (core module (memory 3)))"#,
        )
        .unwrap();
        for end in 0..whole.len() {
            let cut = inspect(&whole[..end]).and_then(|found| found.check(Wasi::None));
            assert!(cut.is_err(), "{end}");
        }
    }

    #[test]
    fn only_the_outermost_component_tells_imports() {
        let found = inspect_text(
            r#"(component
                (import "wasi:cli/stdin@0.2.0" (instance))
                (component (import "inner" (func)))
                (core module (memory 3) (table 7 funcref)))"#,
        )
        .unwrap();
        assert_eq!(found.imports, ["wasi:cli/stdin@0.2.0"]);
        assert!(found.needs_wasi);
        assert_eq!(found.shape.memory_pages, 3);
        assert_eq!(found.shape.table_elements, 7);
        assert_eq!(found.world_version, None);
    }

    #[test]
    fn what_a_plugin_may_not_import_is_listed() {
        let export = r#"(instance $i) (export "salver:transform/transforms@1.0.0" (instance $i))"#;
        let text = format!(
            r#"(component
                (import "wasi:cli/stdin@0.2.0" (instance))
                (import "other:thing/a@0.1.0" (instance))
                {export})"#
        );
        let found = inspect_text(&text).unwrap();
        assert_eq!(found.world_version.as_deref(), Some("1.0.0"));
        let error = found.check(Wasi::None).unwrap_err().to_string();
        assert!(
            error.contains("`wasi:cli/stdin@0.2.0`, `other:thing/a@0.1.0`"),
            "{error}"
        );
        let error = found.check(Wasi::Empty).unwrap_err().to_string();
        assert!(!error.contains("wasi:cli"), "{error}");
    }
}
