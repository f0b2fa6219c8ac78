//! `plugin keygen`: the pair of keys that `apply --precompile` signs with and gateways verify with.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use plugin_host::SigningKey;

use crate::{
    audit::Deed,
    new_file::{Readers, beside, create, make_folder_of},
    printer::Printer,
};

#[derive(Debug, Args)]
pub(super) struct KeygenArgs {
    /// The file to make for the secret key. The public key goes beside it, into FILE.pub.
    file: PathBuf,
}

pub(super) fn run(args: &KeygenArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let mut deed = Deed::keygen("plugin_keygen");
    let made = make(args, &mut deed, printer);
    deed.end(made.is_ok());
    made
}

fn make(args: &KeygenArgs, deed: &mut Deed, printer: &mut Printer) -> anyhow::Result<()> {
    let key = SigningKey::generate()?;
    let public = key.public().to_string();
    deed.on("signing_key", &public);
    let public_file = beside(&args.file, "pub");
    if public_file.exists() {
        bail!(
            "`{}` is there already, and is not overwritten",
            public_file.display()
        );
    }
    make_folder_of(&args.file)?;
    create(&args.file, &key.to_text(), Readers::Owner)?;
    create(&public_file, &public, Readers::All)?;
    let (secret, public_file) = (args.file.display(), public_file.display());
    printer.line(format!(
        "secret key: {secret} (for `registry-admin apply --precompile --signing-key {secret}`)"
    ))?;
    printer.line(format!("public key: {public_file}"))?;
    printer.line("In feature_store.yaml of the gateways that load what is signed with it:")?;
    printer.line(format!(
        "salver:\n  plugins:\n    trusted_keys: [\"{public}\"]"
    ))
}

#[cfg(test)]
mod tests {
    use plugin_host::PublicKey;

    use super::*;

    #[test]
    fn the_secret_is_for_its_owner_alone_and_fits_the_public_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plugins.key");
        let args = KeygenArgs { file: file.clone() };
        run(&args, &mut Printer::stdout()).unwrap();
        let secret: SigningKey = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        let public = std::fs::read_to_string(beside(&file, "pub")).unwrap();
        assert_eq!(public.parse::<PublicKey>().unwrap(), secret.public());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn keys_that_are_there_stay() {
        for taken in ["plugins.key", "plugins.key.pub"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("plugins.key");
            std::fs::write(folder.path().join(taken), "mine").unwrap();
            let args = KeygenArgs { file };
            let error = run(&args, &mut Printer::stdout()).unwrap_err().to_string();
            assert!(error.contains("not overwritten"), "{error}");
            let files: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .flatten()
                .collect();
            assert_eq!(files.len(), 1, "{files:?}");
            assert_eq!(std::fs::read_to_string(files[0].path()).unwrap(), "mine");
        }
    }
}
