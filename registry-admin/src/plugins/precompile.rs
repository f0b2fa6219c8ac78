//! Artefacts: components compiled here, so that a gateway that starts doesn't have to.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use plugin_host::{Host, SigningKey, Target};
use registry_store::PluginStore;

use super::Component;
use crate::{cli::PrecompileArgs, printer::Printer};

/// The environment variable that holds the signing key itself.
const KEY_VARIABLE: &str = "SALVER_SIGNING_KEY";

/// Which artefacts are asked for, and who signs them.
pub(crate) struct Precompile {
    targets: Vec<Target>,
    key: SigningKey,
}

impl Precompile {
    /// What the command line asks for; absent where it asks for nothing.
    ///
    /// # Errors
    /// Where there is no key, or none that can be read.
    pub(crate) fn asked(args: &PrecompileArgs) -> anyhow::Result<Option<Self>> {
        let Some(targets) = &args.precompile else {
            return Ok(None);
        };
        let key = signing_key(args.signing_key.as_ref())?;
        let mut chosen: Vec<Target> = Vec::new();
        for target in targets {
            if !chosen.contains(target) {
                chosen.push(*target);
            }
        }
        Ok(Some(Self {
            targets: chosen,
            key,
        }))
    }
}

fn signing_key(file: Option<&PathBuf>) -> anyhow::Result<SigningKey> {
    if let Some(file) = file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("could not read the signing key `{}`", file.display()))?;
        let key = text.trim().parse();
        return key.with_context(|| format!("could not use the signing key `{}`", file.display()));
    }
    match std::env::var(KEY_VARIABLE) {
        Ok(text) => {
            let key = text.trim().parse();
            key.with_context(|| format!("could not use the signing key in `{KEY_VARIABLE}`"))
        }
        Err(_) => bail!(
            "`--precompile` needs a key to sign with: give `--signing-key FILE`, or the key in `{KEY_VARIABLE}`; \
             `registry-admin plugin keygen` makes one"
        ),
    }
}

/// Compiles the components for each target and stores the signed artefacts beside them.
pub(crate) async fn precompile(
    asked: Precompile,
    host: &Host,
    store: &PluginStore,
    components: &[Component],
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let Precompile { targets, mut key } = asked;
    for component in components {
        for target in &targets {
            let (host, bytes, target) = (host.clone(), component.bytes.clone(), *target);
            let (artefact, signer) = tokio::task::spawn_blocking(move || {
                let artefact = host.precompile(&bytes, target, &key);
                (artefact, key)
            })
            .await?;
            key = signer;
            let what = || format!("component {} for {target}", component.digest);
            let artefact = artefact.with_context(|| format!("could not compile {}", what()))?;
            let size = artefact.bytes.len();
            store
                .put_artefact(
                    &component.digest,
                    &artefact.file_name,
                    Bytes::from(artefact.bytes),
                )
                .await
                .with_context(|| format!("could not store {}", what()))?;
            printer.line(format!("compiled {} ({size} bytes)", what()))?;
        }
    }
    Ok(())
}
