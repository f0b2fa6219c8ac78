//! Removes what nobody has used for long: each version of a plugin leaves a file of its compiled size.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

/// A file that was neither written nor loaded for so long is removed. Whoever needs it again compiles it again.
const UNUSED: Duration = Duration::from_hours(30 * 24);

/// Notes that a file was used.
pub(super) fn touch(path: &Path) -> io::Result<()> {
    let file = fs::File::options().append(true).open(path)?;
    file.set_modified(SystemTime::now())
}

/// Removes the files of a folder that end in one of these and weren't used for long.
pub(super) fn sweep(folder: &Path, endings: &[&str], now: SystemTime) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let is_ours = name.is_some_and(|name| endings.iter().any(|end| name.ends_with(end)));
        if is_ours && is_unused(&path, now).unwrap_or(false) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn is_unused(path: &Path, now: SystemTime) -> io::Result<bool> {
    let used = fs::symlink_metadata(path)?.modified()?;
    Ok(now.duration_since(used).is_ok_and(|unused| unused > UNUSED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_a_month_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["old.compiled", "used.compiled", "old.new", "key"] {
            fs::write(path(name), b"x").unwrap();
        }
        let later = SystemTime::now() + UNUSED + Duration::from_secs(60);
        let file = fs::File::options().append(true).open(path("used.compiled"));
        file.unwrap().set_modified(later).unwrap();
        sweep(folder.path(), &[".compiled", ".new"], later).unwrap();
        let there =
            ["old.compiled", "used.compiled", "old.new", "key"].map(|name| path(name).exists());
        assert_eq!(there, [false, true, false, true]);
        touch(&path("used.compiled")).unwrap();
    }
}
