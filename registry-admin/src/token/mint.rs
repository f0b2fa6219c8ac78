use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use access::{MintFor, MintRequest, Principal, SigningKey, UnverifiedToken};
use anyhow::{Context as _, bail};
use clap::{ArgGroup, Args};
use feature_model::{
    ProjectName, Ttl,
    access::{Action, Role},
};
use settings::{Authentication, FeatureStoreConfig};

use super::verdict::{Verdict, verdict};
use crate::{
    audit::Deed,
    printer::{Printer, note},
    repository::Repository,
    rights::{ObjectName, Rights},
};

/// The secret key itself, where no file holds it.
const KEY_VARIABLE: &str = "SALVER_TOKEN_KEY";

/// A token that is valid for longer is a mistake, or a secret that nobody will exchange.
const LONGEST_TTL: Duration = Duration::from_secs(3650 * 86_400);

/// What is right for `--ttl`.
const TTL: &str = "a number and a unit, such as `12h` or `30d`, from `1s` to `3650d`";

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("narrowed").required(true).args(["role", "feature_service"])))]
pub(crate) struct MintArgs {
    /// The file with the secret key that `token keygen` made; without it, the key is in SALVER_TOKEN_KEY.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Whom the token is for, as role bindings name them in `subjects`.
    #[arg(long)]
    subject: String,
    /// The one project that the token is good for; without it, this repository's.
    #[arg(long)]
    project: Option<ProjectName>,
    /// Narrow the token to what this role may do.
    #[arg(long)]
    role: Option<Role>,
    /// Narrow the token to reading this feature service from the online store.
    #[arg(long, value_name = "NAME")]
    feature_service: Option<String>,
    /// How long the token is valid, such as `12h` or `30d`.
    #[arg(long, value_parser = time_to_live)]
    ttl: Duration,
    /// Who makes the token (`iss`); without it, as `salver.auth.jwks` says.
    #[arg(long)]
    issuer: Option<String>,
    /// Whom the token is meant for (`aud`); without it, the first one that `salver.auth.jwks` names.
    #[arg(long)]
    audience: Option<String>,
}

fn time_to_live(text: &str) -> Result<Duration, String> {
    let unfit = || format!("`{text}` is no time that a token is valid; write {TTL}");
    let ttl = Ttl::parse(text).map_err(|_| unfit())?;
    let seconds = ttl.and_then(|ttl| u64::try_from(ttl.seconds()).ok());
    let seconds = seconds.filter(|seconds| (1..=LONGEST_TTL.as_secs()).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(unfit)
}

/// The token goes to stdout, alone; what is doubtful about it to stderr.
pub(crate) async fn run(
    repository: &Repository,
    args: &MintArgs,
    deed: &mut Deed,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let config = &repository.config;
    let project = args.project.as_ref().unwrap_or(&config.project);
    // what is wanted is told also where it fails
    deed.in_project(project);
    deed.on("token", &args.subject);
    let key = secret_key(args.key.as_deref())?;
    deed.note("key_id", key.id());
    let (issuer, audience) = names(args, config)?;
    let narrowed_to = match (&args.role, &args.feature_service) {
        (Some(role), None) => MintFor::Role(*role),
        (None, Some(service)) => MintFor::FeatureService(service.clone()),
        _ => bail!("a token is narrowed to `--role` or to `--feature-service`, not to both"),
    };
    let request = MintRequest {
        issuer,
        audience,
        subject: &args.subject,
        project,
        narrowed_to,
        ttl: args.ttl,
    };
    let now = SystemTime::now();
    let scopes = request.narrowed_to.scopes(request.project);
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    deed.note("scopes", scopes);
    let token = access::mint(&key, &request, now).context("could not make the token")?;
    note_token(deed, &token);
    tell_doubts(repository, &request).await;
    match verdict(config, &token, now) {
        Ok(Verdict::Taken(_)) => {}
        Ok(Verdict::Unchecked(reason)) => note(format!(
            "warning: nobody can tell here whether a gateway would take the token: {reason}"
        )),
        Ok(Verdict::Refused(reason)) => note(format!(
            "warning: the gateway of this repository would refuse the token: {reason}"
        )),
        Err(error) => note(format!("warning: could not check the token: {error:#}")),
    }
    printer.line(token)
}

/// How long it is good for, and by which id it will be known; not the token.
fn note_token(deed: &mut Deed, token: &str) {
    if let Ok(read) = UnverifiedToken::read(token) {
        for (name, claim) in [("token_id", "jti"), ("expires_at", "exp")] {
            deed.note(name, read.claims().get(claim).cloned().unwrap_or_default());
        }
    }
}

fn secret_key(file: Option<&Path>) -> anyhow::Result<SigningKey> {
    let (text, place) = match (file, std::env::var(KEY_VARIABLE)) {
        (Some(file), _) => {
            warn_of_readers(file);
            let text = settings::read_regular(file)
                .and_then(|bytes| String::from_utf8(bytes).map_err(std::io::Error::other));
            let place = format!("`{}`", file.display());
            (
                text.with_context(|| format!("could not read {place}"))?,
                place,
            )
        }
        (None, Ok(text)) => (text, format!("environment variable `{KEY_VARIABLE}`")),
        (None, Err(_)) => bail!(
            "there is no key to sign with; name its file with `--key`, or put it into `{KEY_VARIABLE}`"
        ),
    };
    SigningKey::from_secret_jwk(text.trim()).with_context(|| place)
}

/// Whoever reads the key can make tokens for everybody.
fn warn_of_readers(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file).map(|found| found.permissions().mode());
        if mode.is_ok_and(|mode| mode & 0o077 != 0) {
            let file = file.display();
            note(format!(
                "warning: others than its owner may read `{file}`, and could make tokens for everybody; `chmod 600 {file}`"
            ));
        }
    }
}

/// Issuer and audience.
fn names<'a>(
    args: &'a MintArgs,
    config: &'a FeatureStoreConfig,
) -> anyhow::Result<(&'a str, &'a str)> {
    let (issuer, audience) = match &config.authentication {
        Authentication::Tokens(settings) => (Some(&settings.issuer), settings.audiences.first()),
        Authentication::Off => (None, None),
    };
    let issuer = args.issuer.as_ref().or(issuer);
    let audience = args.audience.as_ref().or(audience);
    let missing = |option: &str| {
        let file = config.file.display();
        format!("`{file}` has no `salver.auth.jwks` that would say it; pass `{option}`")
    };
    Ok((
        issuer.with_context(|| missing("--issuer"))?,
        audience.with_context(|| missing("--audience"))?,
    ))
}

/// A token grants nothing by itself: tells where nothing else does.
async fn tell_doubts(repository: &Repository, request: &MintRequest<'_>) {
    let rights = match Rights::of(repository, Some(request.project)).await {
        Ok(rights) => rights,
        Err(error) => {
            return note(format!(
                "warning: could not look up what `{}` may do: {error:#}",
                request.subject
            ));
        }
    };
    for doubt in doubts(&rights, request) {
        note(format!("warning: {doubt}"));
    }
}

fn doubts(rights: &Rights, request: &MintRequest<'_>) -> Vec<String> {
    let (subject, project) = (request.subject, request.project);
    let mut doubts = Vec::new();
    let principal = Principal::new(subject);
    if !rights.rules.knows(&principal) {
        doubts.push(format!(
            "nothing is granted to `{subject}` in project `{project}`, and a token grants nothing by itself: name \
             the subject in a role binding"
        ));
    }
    let MintFor::FeatureService(name) = &request.narrowed_to else {
        return doubts;
    };
    let service = ObjectName::Of(access::ResourceKind::FeatureService, name.clone());
    let found = rights.resource(&service);
    if !found.exists {
        let known = rights.project.feature_services.keys().map(String::as_str);
        let hint = settings::did_you_mean(name, known);
        doubts.push(format!(
            "project `{project}` has no {}{hint}",
            found.resource.id()
        ));
    }
    let decision = rights
        .rules
        .decide(&principal, Action::ReadOnline, &found.resource);
    if doubts.is_empty() && !decision.is_allowed() {
        doubts.push(format!("what `{subject}` may do is not enough: {decision}"));
    }
    doubts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_between_a_second_and_ten_years() {
        assert_eq!(time_to_live("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(time_to_live("3650d"), Ok(LONGEST_TTL));
        for text in ["0", "0.5s", "", "tomorrow", "3651d", "99999w"] {
            let refused = time_to_live(text).unwrap_err();
            assert!(refused.contains("from `1s` to `3650d`"), "{refused}");
        }
    }
}
