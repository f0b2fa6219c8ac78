use std::{
    io::Read as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use access::{Scopes, UnverifiedToken};
use anyhow::{Context as _, bail};
use clap::Args;
use feature_model::Timestamp;
use serde_json::{Value, json};

use super::verdict::{Verdict, verdict};
use crate::{cli::Output, printer::Printer, repository::Repository};

/// More than any token has.
const MAX_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The file with the token; `-` is standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// Shows everything but the signature. Fails where the repository's gateway would refuse the token.
pub(crate) fn run(repo: &Path, args: &InspectArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let text = read(&args.file)?;
    let token = text.trim();
    let read = UnverifiedToken::read(token).context("this is no token")?;
    let verdict = match repo.join("feature_store.yaml").exists() {
        true => verdict(&Repository::open(repo)?.config, token, SystemTime::now())?,
        false => Verdict::Unchecked("there is no `feature_store.yaml` here".to_owned()),
    };
    printer.object(args.output, &described(&read, &verdict))?;
    match verdict {
        Verdict::Refused(reason) => {
            bail!("the gateway of this repository would refuse it: {reason}")
        }
        Verdict::Taken(_) | Verdict::Unchecked(_) => Ok(()),
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().take(MAX_BYTES).read_to_string(&mut text),
        false => std::fs::File::open(file)
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text)),
    };
    read.with_context(|| format!("could not read the token from `{}`", file.display()))?;
    Ok(text)
}

fn described(read: &UnverifiedToken, verdict: &Verdict) -> Value {
    let claims = read.claims();
    let time = |claim: &str| {
        let seconds = claims.get(claim)?.as_i64()?;
        Some(Timestamp::from_seconds(seconds).to_string())
    };
    let scope = claims
        .get("scope")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let scopes = Scopes::of([scope]);
    let valid = scopes.iter().flat_map(Scopes::valid);
    let verdict = match verdict {
        Verdict::Taken(subject) => format!("taken, as a token of `{subject}`"),
        Verdict::Refused(reason) => format!("refused: {reason}"),
        Verdict::Unchecked(reason) => format!("not checked: {reason}"),
    };
    json!({
        "header": read.header(),
        "claims": claims,
        "issued": time("iat"),
        "valid_from": time("nbf"),
        "valid_until": time("exp"),
        "narrowed_to": valid.map(ToString::to_string).collect::<Vec<_>>(),
        "malformed_scopes": scopes.as_ref().map_or(0, Scopes::malformed),
        "verdict": verdict,
    })
}
