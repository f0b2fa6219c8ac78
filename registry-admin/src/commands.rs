//! One file for each command.

mod access;
mod apply;
mod dump;
mod materialize;
mod objects;
mod plan;
mod redis_acl;
mod schema;
mod teardown;
mod validate;

use anyhow::Context as _;

use crate::{
    audit::Deed,
    cli::{Cli, Command},
    exit::Exit,
    init,
    materialize::Span,
    plugin,
    printer::Printer,
    repository::Repository,
    token::{self, TokenCommand},
};

/// Runs one command to its end.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Exit> {
    let mut printer = Printer::stdout();
    match cli.command {
        Command::Init { dir } => return init::run(&dir, &mut printer).map(|()| Exit::Done),
        Command::Schema => return schema::run(&mut printer).map(|()| Exit::Done),
        Command::Plugin(args) => return plugin::run(&cli.repo, args, &mut printer),
        Command::Token(TokenCommand::Keygen(args)) => {
            return token::keygen(&args, &mut printer).map(|()| Exit::Done);
        }
        Command::Token(TokenCommand::Inspect(args)) => {
            return token::inspect(&cli.repo, &args, &mut printer).map(|()| Exit::Done);
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the asynchronous runtime")?;
    let repository = Repository::open(&cli.repo)?;
    let mut deed = Deed::of(&cli.command, &repository.config.project);
    let running = run_in(&repository, cli.command, &mut deed, &mut printer);
    let result = runtime.block_on(running);
    deed.end(result.is_ok());
    result
}

async fn run_in(
    repository: &Repository,
    command: Command,
    deed: &mut Deed,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    match command {
        Command::Plan(args) => return plan::run(repository, &args, printer).await,
        Command::Access(command) => return access::run(repository, &command, printer).await,
        Command::Token(TokenCommand::Mint(args)) => {
            token::mint(repository, &args, deed, printer).await?;
        }
        Command::RedisAcl(args) => redis_acl::run(&repository.config, &args, printer)?,
        Command::Apply(args) => apply::run(repository, &args, deed, printer).await?,
        Command::Validate => validate::run(repository, printer).await?,
        Command::Teardown { yes } => teardown::run(repository, yes, deed, printer).await?,
        Command::Materialize { start, end, args } => {
            let span = Span::Between { start, end };
            materialize::run(repository, span, &args, deed, printer).await?;
        }
        Command::MaterializeIncremental { end, args } => {
            materialize::run(repository, Span::UpTo { end }, &args, deed, printer).await?;
        }
        Command::Entities(args) => {
            objects::run(repository, &objects::ENTITIES, &args.verb, printer).await?;
        }
        Command::FeatureViews(args) => {
            objects::run(repository, &objects::FEATURE_VIEWS, &args.verb, printer).await?;
        }
        Command::OnDemandFeatureViews(args) => {
            let kind = &objects::ON_DEMAND_FEATURE_VIEWS;
            objects::run(repository, kind, &args.verb, printer).await?;
        }
        Command::FeatureServices(args) => {
            objects::run(repository, &objects::FEATURE_SERVICES, &args.verb, printer).await?;
        }
        Command::DataSources(args) => {
            objects::run(repository, &objects::DATA_SOURCES, &args.verb, printer).await?;
        }
        Command::RegistryDump => dump::run(repository, printer).await?,
        Command::Init { .. }
        | Command::Schema
        | Command::Plugin(_)
        | Command::Token(TokenCommand::Keygen(_) | TokenCommand::Inspect(_)) => {
            unreachable!("handled before a repository is opened")
        }
    }
    Ok(Exit::Done)
}
