//! The command line, and nothing that happens behind it.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// Exit code of a command line that makes no sense (`EX_USAGE` of sysexits).
pub const EXIT_USAGE: u8 = 64;

/// Serves feature vectors over HTTP.
#[derive(Debug, Parser)]
#[command(name = "gateway", version, about)]
pub struct Cli {
    /// Folder that holds `feature_store.yaml`; give it several times to serve several projects.
    #[arg(short = 'c', long = "chdir", value_name = "FEATURE_REPO")]
    pub repos: Vec<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of `gateway`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer requests until SIGTERM or Ctrl-C.
    Serve(Serve),
}

/// Where to listen.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on; `0.0.0.0` or `::` for every interface.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: Host,

    /// Port to listen on; 0 takes a free one, and the line on stdout tells which.
    #[arg(long, default_value_t = 6566)]
    pub port: u16,
}

/// An IP address, or `localhost`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host(pub IpAddr);

impl std::str::FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = if text == "localhost" {
            "127.0.0.1"
        } else {
            text
        };
        text.parse()
            .map(Self)
            .map_err(|_| format!("`{text}` is no IP address; `127.0.0.1` or `0.0.0.0` would be"))
    }
}

impl Cli {
    /// The repositories to serve: those given, else the folder the program was started in.
    #[must_use]
    pub fn repos(&self) -> Vec<PathBuf> {
        if self.repos.is_empty() {
            vec![PathBuf::from(".")]
        } else {
            self.repos.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_stand_before_the_command() {
        let cli = Cli::parse_from(["gateway", "-c", "a", "-c", "b", "serve", "--port", "0"]);
        assert_eq!(cli.repos(), [PathBuf::from("a"), PathBuf::from("b")]);
        assert!(Cli::try_parse_from(["gateway", "serve", "-c", "a"]).is_err());
    }

    #[test]
    fn the_folder_is_the_default_repository_and_6566_feasts_own_port() {
        let cli = Cli::parse_from(["gateway", "serve"]);
        assert_eq!(cli.repos(), [PathBuf::from(".")]);
        let Command::Serve(serve) = cli.command;
        assert_eq!(serve.port, 6566);
        assert_eq!(serve.host.0, IpAddr::from([127, 0, 0, 1]));
    }

    #[test]
    fn a_host_that_is_no_address_says_what_would_be_one() {
        let error = Cli::try_parse_from(["gateway", "serve", "--host", "nowhere"]).unwrap_err();
        assert!(error.to_string().contains("`127.0.0.1`"), "{error}");
    }
}
