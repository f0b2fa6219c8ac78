use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use rustix::fs::{Access, access};

use super::{Finding, Verdict};
use crate::accept::tls::TlsFiles;

/// Everybody but the owner.
const OTHERS: u32 = 0o007;
const GROUP_AND_OTHERS: u32 = 0o077;
const WRITE: u32 = 0o222;
/// In a folder with it, files can be replaced by their owner alone.
const STICKY: u32 = 0o1000;

/// A file that everybody may know, and only others may write.
pub(super) fn of_settings(path: &Path) -> Finding {
    look(path, |mode| {
        (mode & OTHERS & WRITE != 0).then(|| "everybody may write it".to_owned())
    })
}

/// A file with a secret: settings whose owner is somebody else may be read by the gateway's group.
pub(super) fn of_secret(path: &Path) -> Finding {
    look(path, |mode| {
        (mode & OTHERS != 0).then(|| format!("everybody may read the secret in it (mode {mode:o})"))
    })
}

/// Certificate, key and authorities. A key is nobody's business but its user's or its group's.
pub(super) fn of_tls(files: Option<TlsFiles>) -> Vec<Finding> {
    let Some(files) = files else {
        return Vec::new();
    };
    let mut findings = vec![of_settings(&files.certificate), of_key(&files.key)];
    findings.extend(files.client_authorities.as_deref().map(of_settings));
    findings
}

/// The folders of files that everything depends on, each once: whoever writes a folder replaces what is in it.
pub(super) fn of_folders<'p>(files: impl IntoIterator<Item = &'p Path>) -> Vec<Finding> {
    let folders = files.into_iter().filter_map(Path::parent).map(|folder| {
        if folder == Path::new("") {
            Path::new(".")
        } else {
            folder
        }
    });
    let folders: BTreeSet<&Path> = folders.collect();
    folders.into_iter().map(of_folder).collect()
}

fn of_folder(path: &Path) -> Finding {
    let about = format!("folder `{}`", path.display());
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) => return Finding::new(about, Verdict::Missing(error.to_string())),
    };
    let is_sticky = mode & STICKY != 0;
    let is_ours = access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    let who = match (mode & OTHERS & WRITE != 0, is_ours) {
        _ if is_sticky => return Finding::new(about, Verdict::Fine),
        (true, _) => "everybody",
        (false, true) => "the gateway",
        (false, false) => return Finding::new(about, Verdict::Fine),
    };
    let told = format!("{who} may replace the files in it");
    Finding::new(about, Verdict::Excess(told))
}

fn of_key(path: &Path) -> Finding {
    look(path, |mode| {
        (mode & GROUP_AND_OTHERS & !0o040 != 0)
            .then(|| format!("others may use the key (mode {mode:o}); `chmod 600` it"))
    })
}

fn look(path: &Path, wrong: impl FnOnce(u32) -> Option<String>) -> Finding {
    let about = format!("`{}`", path.display());
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode() & 0o777,
        Err(error) => return Finding::new(about, Verdict::Missing(error.to_string())),
    };
    let is_ours = access(path, Access::WRITE_OK).is_ok();
    let verdict = match (wrong(mode), is_ours) {
        (Some(wrong), _) => Verdict::Excess(wrong),
        (None, true) => Verdict::Excess("the gateway may write it".to_owned()),
        (None, false) => Verdict::Fine,
    };
    Finding::new(about, verdict)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    fn file(folder: &TempDir, mode: u32) -> PathBuf {
        let path = folder.path().join(format!("{mode:o}"));
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn told(finding: &Finding) -> String {
        finding.to_string()
    }

    #[test]
    fn a_key_that_others_may_read_is_told() {
        let folder = TempDir::new().unwrap();
        for mode in [0o644, 0o604, 0o660] {
            let told = told(&of_key(&file(&folder, mode)));
            assert!(told.contains("others may use the key"), "{told}");
        }
        for mode in [0o400, 0o440] {
            let told = told(&of_key(&file(&folder, mode)));
            assert!(!told.contains("others may use the key"), "{told}");
        }
    }

    #[test]
    fn a_secret_that_everybody_may_read_is_told_and_settings_are_not() {
        let folder = TempDir::new().unwrap();
        let readable = file(&folder, 0o444);
        assert!(told(&of_secret(&readable)).contains("everybody may read"));
        assert!(!told(&of_settings(&readable)).contains("everybody"));
        assert!(!told(&of_secret(&file(&folder, 0o440))).contains("everybody"));
        assert!(told(&of_settings(&file(&folder, 0o446))).contains("everybody may write"));
    }

    #[test]
    fn a_folder_whose_files_can_be_replaced_is_told_once() {
        let folder = TempDir::new().unwrap();
        let files = [folder.path().join("a"), folder.path().join("b")];
        let told = |mode| {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            let findings = of_folders(files.iter().map(PathBuf::as_path));
            assert_eq!(findings.len(), 1, "{findings:?}");
            told(&findings[0])
        };
        assert!(told(0o777).contains("everybody may replace"));
        assert!(told(0o755).contains("the gateway may replace"));
        assert!(told(0o1777).starts_with("ok"));
    }

    #[test]
    fn a_file_that_is_not_there_is_missing() {
        let finding = of_settings(Path::new("/no/such/file"));
        assert!(matches!(finding.verdict, Verdict::Missing(_)), "{finding}");
    }
}
