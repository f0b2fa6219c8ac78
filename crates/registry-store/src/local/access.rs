use std::path::Path;

use rustix::fs::{Access, access};

use super::{folder, resolved};
use crate::store::WriteAccess;

/// A commit replaces the file, for which it needs the folder; Feast writes the file itself.
pub(super) fn write_access(path: &Path) -> WriteAccess {
    let file = resolved(path);
    if access(&file, Access::WRITE_OK).is_ok() {
        return WriteAccess::Granted(format!("writing `{}`", file.display()));
    }
    let folder = folder(&file);
    if access(&folder, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        let folder = folder.display();
        return WriteAccess::Granted(format!("making and replacing files in `{folder}`"));
    }
    WriteAccess::Denied
}
