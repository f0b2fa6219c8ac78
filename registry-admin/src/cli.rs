use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use feature_model::{ProjectName, Timestamp, access::Action};
use plugin_host::Target;
use tracing::Metadata;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    audit::{self, AuditLine},
    commands, exit,
    plugin::PluginArgs,
    printer::note,
    rights::ObjectName,
    token::TokenCommand,
};

/// Turns feature definitions into a registry, and loads data into the online store.
#[derive(Debug, Parser)]
#[command(name = "registry-admin", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The feature repository: the folder that holds feature_store.yaml.
    #[arg(
        short = 'c',
        long = "chdir",
        value_name = "FEATURE_REPO",
        default_value = ".",
        global = true
    )]
    pub(crate) repo: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new feature repository with example definitions and data.
    Init {
        /// The folder to make; its name becomes the project's.
        dir: PathBuf,
    },
    /// Check the definitions, and that the data sources have what they name.
    Validate,
    /// Show what `apply` would change.
    Plan(PlanArgs),
    /// Commit the definitions to the registry, or a plan that was saved.
    Apply(ApplyArgs),
    /// Remove the project's objects from the registry, and its data from the online store.
    Teardown {
        /// Don't ask.
        #[arg(long)]
        yes: bool,
    },
    /// Load the latest rows of an interval into the online store.
    Materialize {
        /// First event time to load (ISO 8601, UTC when no zone is given).
        start: Timestamp,
        /// Last event time to load.
        end: Timestamp,
        #[command(flatten)]
        args: MaterializeArgs,
    },
    /// Load what is new since the last time.
    MaterializeIncremental {
        /// Last event time to load (ISO 8601, UTC when no zone is given).
        end: Timestamp,
        #[command(flatten)]
        args: MaterializeArgs,
    },
    /// The registry's entities.
    Entities(ObjectArgs),
    /// The registry's feature views.
    FeatureViews(ObjectArgs),
    /// The registry's on-demand feature views.
    OnDemandFeatureViews(ObjectArgs),
    /// The registry's feature services.
    FeatureServices(ObjectArgs),
    /// The registry's data sources.
    DataSources(ObjectArgs),
    /// Print the whole registry as JSON.
    RegistryDump,
    /// Print the JSON Schema of the definition files.
    Schema,
    /// Make and read tokens, for installations without an identity provider.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show who may do what, and why.
    #[command(subcommand)]
    Access(AccessCommand),
    /// Print Redis ACL lines for the gateway's user, who only reads, and for that of `registry-admin`.
    RedisAcl(RedisAclArgs),
    /// Work on plugins: the components that compute on-demand feature views.
    Plugin(PluginArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Save the plan, for `apply FILE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 0 where nothing would change, 1 on failure, 2 where something would.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Take over objects that Salver didn't create.
    #[arg(long)]
    pub(crate) adopt: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A plan saved by `plan --out`; without it the definitions are planned and applied.
    pub(crate) file: Option<PathBuf>,
    /// Take over objects that Salver didn't create.
    #[arg(long, conflicts_with = "file")]
    pub(crate) adopt: bool,
    /// Don't ask before data is deleted.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) precompile: PrecompileArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PrecompileArgs {
    /// Also compile all plugins, for these targets, and store the signed results beside them.
    #[arg(
        long,
        value_name = "TARGETS",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "x86-64-v2,aarch64"
    )]
    pub(crate) precompile: Option<Vec<Target>>,
    /// The file with the key that `--precompile` signs with; without it, the key is in SALVER_SIGNING_KEY.
    #[arg(long, value_name = "FILE", requires = "precompile")]
    pub(crate) signing_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct MaterializeArgs {
    /// Only this view; may be given several times. Without it: every online view.
    #[arg(short = 'v', long = "views", value_name = "VIEW")]
    pub(crate) views: Vec<String>,
    /// Fail where a row can't be read, instead of counting it.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to print the summary.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ObjectArgs {
    #[command(subcommand)]
    pub(crate) verb: ObjectVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ObjectVerb {
    /// One line for each.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
    /// Everything about one.
    Describe {
        /// Its name.
        name: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// The registry's access rules: what each gives to whom.
    List(AccessListArgs),
    /// Whether somebody may do something with an object, and which rule says so: exit code 0 where they may, 2 where
    /// they may not, 1 on failure.
    Check(AccessCheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AccessListArgs {
    /// Another project of the same registry.
    #[arg(long)]
    pub(crate) project: Option<ProjectName>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct AccessCheckArgs {
    /// Who: the subject (`sub`) of their token.
    #[arg(long)]
    pub(crate) subject: String,
    /// A group that their token names; may be given several times.
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// A role that their token names; may be given several times.
    #[arg(long = "role", value_name = "TOKEN_ROLE")]
    pub(crate) roles: Vec<String>,
    /// A scope of their token, such as `salver:fraud:*:read_online`; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,
    /// What they want to do, such as `read_online`.
    #[arg(long)]
    pub(crate) action: Action,
    /// With what: KIND/NAME, such as `feature_service/driver_activity_v1`, or `project`.
    #[arg(long)]
    pub(crate) object: ObjectName,
    /// Another project of the same registry.
    #[arg(long)]
    pub(crate) project: Option<ProjectName>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct RedisAclArgs {
    /// Name of the gateway's user; without it, the one in `online_store`, or PROJECT-gateway.
    #[arg(long, value_name = "NAME")]
    pub(crate) gateway_user: Option<String>,
    /// Name of this program's user; without it, the one in `salver.admin.online_store`, or PROJECT-admin.
    #[arg(long, value_name = "NAME")]
    pub(crate) admin_user: Option<String>,
    /// A project that the users are for; may be given several times. Without it: this repository's.
    #[arg(long = "project", value_name = "PROJECT")]
    pub(crate) projects: Vec<ProjectName>,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Runs the program with these arguments (the first is its own name), and tells its exit code:
/// 0 done, 1 failed, 2 `plan --detailed-exitcode` found changes or `access check` says no, 64 wrong usage.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    log();
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            note(format!("error: {error:#}"));
            ExitCode::from(exit::FAILED)
        }
    }
}

/// Log lines and the audit log go to stderr. `SALVER_LOG` switches off the audit log only where it names it:
/// `warn,salver::audit=off`.
fn log() {
    let filter = std::env::var("SALVER_LOG").unwrap_or_default();
    let filter = match EnvFilter::try_new(&filter) {
        Ok(_) if !filter.is_empty() => filter,
        _ => "warn".to_owned(),
    };
    let audited = EnvFilter::new(format!("{}=info,{filter}", audit::TARGET));
    let is_audit = |line: &Metadata<'_>| line.target() == audit::TARGET;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let audit = fmt::layer()
        .event_format(AuditLine)
        .with_writer(std::io::stderr);
    let lines = lines
        .with_filter(EnvFilter::new(filter))
        .with_filter(filter_fn(move |line| !is_audit(line)));
    let audit = audit.with_filter(audited).with_filter(filter_fn(is_audit));
    tracing_subscriber::registry()
        .with(lines)
        .with(audit)
        .init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
