use std::{
    ffi::OsString,
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use access::SigningKey;
use anyhow::{Context as _, bail};
use clap::Args;
use registry_store::FileLock;
use serde_json::{Value, json};

use crate::{
    audit::Deed,
    new_file::{Readers, beside, create, make_folder_of},
    printer::Printer,
};

#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// The file to make for the secret key.
    file: PathBuf,
    /// The JWK set that gets the public key beside those that it has, so that tokens of an older key stay valid.
    /// Without it, a new set with this key alone goes into FILE.jwks.
    #[arg(long, value_name = "FILE")]
    add_to: Option<PathBuf>,
}

pub(crate) fn run(args: &KeygenArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let mut deed = Deed::keygen("token_keygen");
    let made = make(args, &mut deed, printer);
    deed.end(made.is_ok());
    made
}

fn make(args: &KeygenArgs, deed: &mut Deed, printer: &mut Printer) -> anyhow::Result<()> {
    let key = SigningKey::generate()?;
    deed.on("signing_key", &key.id());
    let public = match &args.add_to {
        Some(set) => {
            add(args, set, &key)?;
            set.clone()
        }
        None => begin(args, &key)?,
    };
    print(&args.file, &public, &key, printer)
}

/// Puts the public key into a set of its own.
fn begin(args: &KeygenArgs, key: &SigningKey) -> anyhow::Result<PathBuf> {
    let fresh = beside(&args.file, "jwks");
    if fresh.exists() {
        bail!(
            "`{0}` is there already, and is not overwritten; `--add-to {0}` adds the key to it",
            fresh.display()
        );
    }
    let set = serde_json::to_string_pretty(&json!({"keys": [key.public_jwk()]}))?;
    make_folder_of(&args.file)?;
    create(&args.file, &key.secret_jwk(), Readers::Owner)?;
    create(&fresh, &set, Readers::All)?;
    Ok(fresh)
}

/// Puts the public key beside those of a set, to which nobody else adds meanwhile.
fn add(args: &KeygenArgs, set: &Path, key: &SigningKey) -> anyhow::Result<()> {
    make_folder_of(&args.file)?;
    make_folder_of(set)?;
    if place(&args.file)? == place(set)? {
        bail!(
            "`{}` can't be both the secret key and the public set that `--add-to` names: gateways read the set; give \
             them a file each",
            set.display()
        );
    }
    let _lock =
        FileLock::acquire(set).with_context(|| format!("could not lock `{}`", set.display()))?;
    let with_key = serde_json::to_string_pretty(&with_key(set, key.public_jwk())?)?;
    create(&args.file, &key.secret_jwk(), Readers::Owner)?;
    replace(set, &with_key)
}

/// Where a file is or will be, whatever its folder is called.
fn place(file: &Path) -> anyhow::Result<(PathBuf, Option<OsString>)> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let folder = fs::canonicalize(folder)
        .with_context(|| format!("could not look for `{}`", file.display()))?;
    Ok((folder, file.file_name().map(ToOwned::to_owned)))
}

fn print(
    secret: &Path,
    public: &Path,
    key: &SigningKey,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    // the configuration takes a relative path for one below the repository
    let place = std::path::absolute(public).unwrap_or_else(|_| public.to_owned());
    let (secret, public, place) = (secret.display(), public.display(), place.display());
    printer.line(format!(
        "secret key: {secret} (for `registry-admin token mint --key {secret}`)"
    ))?;
    printer.line(format!("public keys: {public}"))?;
    printer.line(format!("id of the new key: {}", key.id()))?;
    printer.line("In feature_store.yaml of the gateways that take its tokens:")?;
    printer.line(format!(
        "salver:\n  auth:\n    jwks:\n      keys: {place}\n      issuer: ISSUER\n      audience: AUDIENCE\n      \
         algorithms: [EdDSA]"
    ))
}

/// The set in a file, with one more key.
fn with_key(file: &Path, key: Value) -> anyhow::Result<Value> {
    let text = match settings::read_regular(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => br#"{"keys": []}"#.to_vec(),
        Err(error) => {
            return Err(error).with_context(|| format!("could not read `{}`", file.display()));
        }
    };
    let mut set: Value = serde_json::from_slice(&text)
        .with_context(|| format!("`{}` is no JWK set", file.display()))?;
    let keys = set.get_mut("keys").and_then(Value::as_array_mut);
    let Some(keys) = keys else {
        bail!("`{}` is no JWK set: it has no list `keys`", file.display());
    };
    keys.push(key);
    Ok(set)
}

/// Writes a file that gateways may be reading: they see the old one or the new one.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let write = || -> anyhow::Result<()> {
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(new, "{text}")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(file).map_or(0o644, |known| known.permissions().mode());
            new.as_file()
                .set_permissions(fs::Permissions::from_mode(mode))?;
        }
        new.as_file().sync_all()?;
        new.persist(file)?;
        Ok(())
    };
    write().with_context(|| format!("could not write `{}`", file.display()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use access::{Algorithm, KeySet, SigningKey};

    use super::{KeygenArgs, run};
    use crate::printer::Printer;

    fn keygen(file: PathBuf, add_to: Option<PathBuf>) -> anyhow::Result<()> {
        run(&KeygenArgs { file, add_to }, &mut Printer::stdout())
    }

    fn keys(file: &std::path::Path) -> usize {
        let document = std::fs::read(file).unwrap();
        let (set, skipped) = KeySet::from_jwks(&document, &[Algorithm::EdDSA]).unwrap();
        assert!(skipped.is_empty(), "{skipped:?}");
        set.len()
    }

    #[test]
    fn the_secret_is_for_its_owner_alone_and_not_in_the_public_set() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/tokens.key");
        keygen(file.clone(), None).unwrap();
        let secret = std::fs::read_to_string(&file).unwrap();
        let key = SigningKey::from_secret_jwk(&secret).unwrap();
        let public = std::fs::read_to_string(folder.path().join("deep/tokens.key.jwks")).unwrap();
        assert!(
            public.contains(&key.id()) && !public.contains("\"d\""),
            "{public}"
        );
        assert_eq!(keys(&folder.path().join("deep/tokens.key.jwks")), 1);
        #[cfg(unix)]
        for (name, mode) in [("tokens.key", 0o600), ("tokens.key.jwks", 0o644)] {
            use std::os::unix::fs::PermissionsExt as _;
            let file = folder.path().join("deep").join(name);
            let found = std::fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn a_key_is_added_beside_the_older_ones() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("keys.json");
        for (index, name) in ["a.key", "b.key"].into_iter().enumerate() {
            keygen(folder.path().join(name), Some(set.clone())).unwrap();
            assert_eq!(keys(&set), index + 1);
        }
    }

    #[test]
    fn keys_that_are_added_at_once_are_all_kept() {
        const KEYS: usize = 12;
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("deep/keys.json");
        std::thread::scope(|scope| {
            for number in 0..KEYS {
                let (set, file) = (set.clone(), folder.path().join(format!("{number}.key")));
                scope.spawn(move || keygen(file, Some(set)).unwrap());
            }
        });
        assert_eq!(keys(&set), KEYS);
    }

    #[test]
    fn a_secret_key_is_not_overwritten_by_the_public_set() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("n2");
        for set in ["n2", "./n2", "sub/../n2"] {
            std::fs::create_dir_all(folder.path().join("sub")).unwrap();
            let set = folder.path().join(set);
            let refused = keygen(file.clone(), Some(set)).unwrap_err().to_string();
            assert!(refused.contains("a file each"), "{refused}");
            assert!(!file.exists());
        }
    }

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.key");
        let set = folder.path().join("tokens.key.jwks");
        std::fs::write(&file, "mine").unwrap();
        let refused = keygen(file.clone(), None).unwrap_err().to_string();
        assert!(refused.contains("not overwritten"), "{refused}");
        assert!(!set.exists());
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&set, "mine").unwrap();
        let refused = keygen(file.clone(), None).unwrap_err().to_string();
        assert!(refused.contains("--add-to"), "{refused}");
        let refused = keygen(file.clone(), Some(set.clone()))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("no JWK set"), "{refused}");
        assert_eq!(std::fs::read_to_string(&set).unwrap(), "mine");
        assert!(!file.exists());
    }
}
