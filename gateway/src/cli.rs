//! The command line, and nothing that happens behind it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::accept::tls::TlsFiles;

/// Exit code of a command line that makes no sense (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: u8 = 64;

/// Serves feature vectors over HTTP.
#[derive(Debug, Parser)]
#[command(name = "gateway", version, about)]
pub struct Cli {
    /// Which repositories to serve.
    #[command(flatten)]
    pub repos: Repos,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Repositories, which may stand before the command and behind it.
#[derive(Debug, Args)]
pub struct Repos {
    /// Folder that holds `feature_store.yaml`; give it several times to serve several projects.
    #[arg(short = 'c', long = "chdir", value_name = "FEATURE_REPO")]
    given: Vec<PathBuf>,
}

/// The commands of `gateway`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer requests until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Tell which rights the gateway has that it should not have. Exits with 1 where there are any.
    Doctor(Doctor),
}

/// What to look at.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Further repositories.
    #[command(flatten)]
    pub repos: Repos,

    /// The files of TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
}

/// What to serve, and where to listen.
#[derive(Debug, Args)]
pub struct Serve {
    /// Further repositories.
    #[command(flatten)]
    pub repos: Repos,

    /// Address or name to listen on; `0.0.0.0` or `::` for every interface.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,

    /// Port to listen on; 0 takes a free one, and the line on stdout tells which.
    #[arg(long, default_value_t = 6566)]
    pub port: u16,

    /// Listen on an address that others can reach, though a project asks nobody who they are.
    #[arg(long)]
    pub insecure_no_auth: bool,

    /// Whether connections are encrypted.
    #[command(flatten)]
    pub tls: TlsArgs,
}

/// Files of TLS.
#[derive(Debug, Args)]
pub struct TlsArgs {
    /// Serve HTTPS with this certificate (PEM: its chain follows it); a new one is taken up when the file changes.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,

    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,

    /// Serve only clients that show a certificate of one of these authorities (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub client_ca: Option<PathBuf>,
}

impl TlsArgs {
    /// The files, where connections shall be encrypted.
    #[must_use]
    pub fn files(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.cert.clone()?,
            key: self.key.clone()?,
            client_authorities: self.client_ca.clone(),
        })
    }
}

impl Cli {
    /// The repositories to serve: those given, else the folder the program was started in.
    #[must_use]
    pub fn repos(&self) -> Vec<PathBuf> {
        let further = match &self.command {
            Command::Serve(serve) => &serve.repos,
            Command::Doctor(doctor) => &doctor.repos,
        };
        let repos = [&*self.repos.given, &*further.given].concat();
        if repos.is_empty() {
            vec![PathBuf::from(".")]
        } else {
            repos
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_stand_before_the_command_and_behind_it() {
        let expected = [PathBuf::from("a"), PathBuf::from("b")];
        for line in [
            "gateway -c a -c b serve --port 0",
            "gateway -c a serve -c b",
            "gateway serve -c a --port 0 -c b",
        ] {
            let cli = Cli::parse_from(line.split(' '));
            assert_eq!(cli.repos(), expected, "{line}");
        }
    }

    #[test]
    fn the_folder_is_the_default_repository_and_6566_feasts_own_port() {
        let cli = Cli::parse_from(["gateway", "serve"]);
        assert_eq!(cli.repos(), [PathBuf::from(".")]);
        let Command::Serve(serve) = cli.command else {
            panic!("{cli:?}")
        };
        assert_eq!(serve.port, 6566);
        assert_eq!(serve.host, "127.0.0.1");
    }
}
