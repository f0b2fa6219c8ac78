//! `access`: who may do what, as the registry's rules say it.

mod check;
mod list;

use crate::{
    cli::{AccessCheckArgs, AccessCommand, AccessListArgs},
    exit::Exit,
    printer::Printer,
    repository::Repository,
    rights::Rights,
};

pub(super) async fn run(
    repository: &Repository,
    command: &AccessCommand,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let (AccessCommand::List(AccessListArgs { project, .. })
    | AccessCommand::Check(AccessCheckArgs { project, .. })) = command;
    let rights = Rights::of(repository, project.as_ref()).await?;
    match command {
        AccessCommand::List(args) => list::run(&rights, args.output, printer),
        AccessCommand::Check(args) => check::run(&rights, args, printer),
    }
}
