use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use feature_model::FileFormat;

use super::{belongs, has_glob, is_hidden};
use crate::Error;

/// Deeper folders are taken for a loop of symbolic links.
const DEEPEST_FOLDER: usize = 32;

pub(super) fn find(base_dir: &Path, path: &str, format: FileFormat) -> Result<Vec<PathBuf>, Error> {
    let absolute = base_dir.join(path);
    let shown = absolute.display().to_string();
    let mut found = Vec::new();
    match fs::metadata(&absolute) {
        Ok(meta) if meta.is_dir() => walk(&absolute, format, 0, &mut found)?,
        Ok(_) => found.push(absolute),
        Err(error) if error.kind() == ErrorKind::NotFound && has_glob(path) => {
            expand(&pattern(base_dir, path), format, &mut found)?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(not_found(&shown, "there is neither a file nor a folder"));
        }
        Err(error) => return Err(Error::unavailable(&shown, error)),
    }
    if found.is_empty() {
        return Err(not_found(&shown, &format!("it holds no {format:?} files")));
    }
    found.sort();
    Ok(found)
}

fn not_found(path: &str, reason: &str) -> Error {
    Error::NotFound {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

fn walk(
    folder: &Path,
    format: FileFormat,
    depth: usize,
    found: &mut Vec<PathBuf>,
) -> Result<(), Error> {
    let failed = |error| Error::unavailable(folder.display().to_string(), error);
    if depth > DEEPEST_FOLDER {
        return Err(Error::unavailable(
            folder.display().to_string(),
            format!("folders are more than {DEEPEST_FOLDER} deep; is a link a loop?"),
        ));
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_hidden(&name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, format, depth + 1, found)?;
        } else if belongs(&name, format) {
            found.push(path);
        }
    }
    Ok(())
}

/// A repository's own path may hold characters that mean something in a glob.
fn pattern(base_dir: &Path, path: &str) -> String {
    if Path::new(path).is_absolute() {
        return path.to_owned();
    }
    let base = glob::Pattern::escape(&base_dir.display().to_string());
    format!("{base}/{path}")
}

fn expand(pattern: &str, format: FileFormat, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let paths = glob::glob(pattern).map_err(|error| not_found(pattern, error.msg))?;
    for path in paths {
        let path = path.map_err(|error| Error::unavailable(pattern, error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_hidden(&name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, format, 0, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
