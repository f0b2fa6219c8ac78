//! The command `serve`: from the settings to a process that answers, and to its end.

mod open;
mod repositories;
mod sharing;

use std::{
    collections::BTreeMap,
    io::Write,
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use settings::Limits;
use tokio::{
    net::{TcpListener, lookup_host},
    task::JoinSet,
};

use crate::{
    accept::{Acceptor, tls::Tls},
    app::App,
    authenticate::TokenCheckers,
    authorise::Access,
    cli::{Cli, Serve},
    doctor,
    lifecycle::{Signal, Signals},
    names::field,
    router, telemetry,
};
use repositories::Repositories;

/// Connections to the metrics' own address: a few scrapers.
const METRICS_CONNECTIONS: usize = 64;

/// Does what the command line says, until the process is told to stop.
///
/// # Errors
/// Where it can't begin to serve; the message says what would mend it.
pub async fn run(cli: &Cli, at: &Serve) -> Result<ExitCode> {
    let environment = variables();
    let repositories = Repositories::load(&cli.repos(), &environment)?;
    begin_logging(&repositories, &environment)?;
    let mut signals = Signals::listen().context("listening for signals failed")?;
    let process = tokio::select! {
        process = Process::begin(at, repositories) => process?,
        signal = signals.next() => return Ok(ExitCode::from(signal.exit_code())),
    };
    let signal = signals.next().await;
    tokio::select! {
        () = process.drain(signal) => Ok(ExitCode::SUCCESS),
        second = signals.next() => {
            tracing::warn!("told to stop twice, so what was accepted is not finished");
            Ok(ExitCode::from(second.exit_code()))
        }
    }
}

/// The environment, without variables that are no Unicode: no key of the settings is.
pub(crate) fn variables() -> BTreeMap<String, String> {
    let unicode = |(key, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((key.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(unicode).collect()
}

/// Logs as the first repository says.
fn begin_logging(
    repositories: &Repositories,
    environment: &BTreeMap<String, String>,
) -> Result<()> {
    let filter = environment.get(telemetry::FILTER_VARIABLE);
    let log = &repositories.first()?.salver.log;
    telemetry::init(log, filter.map(String::as_str))?;
    repositories.tell()
}

/// A process that answers.
struct Process {
    app: Arc<App>,
    /// End when the last connection has ended.
    acceptors: JoinSet<()>,
    /// Go on as long as the process.
    tenders: JoinSet<()>,
}

impl Process {
    async fn begin(at: &Serve, repositories: Repositories) -> Result<Self> {
        if repositories.first()?.salver.require_read_only {
            let findings = doctor::of_process(&variables(), at.tls.files());
            if let Some(refusal) = open::refusal(&findings) {
                bail!(refusal);
            }
        }
        // what is wrong with it is told before projects are waited for
        let tls = match at.tls.files() {
            Some(files) => Some(Arc::new(Tls::load(files).context("serving HTTPS failed")?)),
            None => None,
        };
        let mut checkers = TokenCheckers::default();
        let app = Arc::new(open::open(repositories, &mut checkers).await?);
        let mut tenders = JoinSet::new();
        for tender in checkers.into_tenders() {
            tenders.spawn(tender.tend());
        }
        if let Some(tls) = &tls {
            tenders.spawn(Arc::clone(tls).follow());
        }
        for project in app.projects.all() {
            let (of_store, of_registry) = (Arc::clone(project), Arc::clone(project));
            tenders.spawn(async move { of_store.tend_store().await });
            tenders.spawn(async move { of_registry.follow_registry().await });
        }
        let mut process = Self {
            app,
            acceptors: JoinSet::new(),
            tenders,
        };
        process.listen(at, tls).await?;
        Ok(process)
    }

    async fn listen(&mut self, at: &Serve, tls: Option<Arc<Tls>>) -> Result<()> {
        let app = &self.app;
        let limits = app.limits.clone();
        let address = resolve(&at.host, at.port).await?;
        check_reach(app, at, address)?;
        let main = bind(address).await?;
        let address = main.local_addr().context("asking for our address failed")?;
        let metrics = match app.metrics_address() {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let router = router::router(Arc::clone(app));
        self.accept(main, router, limits.clone(), tls);
        if let Some(listener) = metrics {
            let max_connections = METRICS_CONNECTIONS;
            let limits = Limits {
                max_connections,
                ..limits
            };
            self.accept(
                listener,
                router::metrics_router(Arc::clone(&self.app)),
                limits,
                None,
            );
        }
        announce(scheme, address);
        Ok(())
    }

    fn accept(
        &mut self,
        listener: TcpListener,
        router: Router,
        limits: Limits,
        tls: Option<Arc<Tls>>,
    ) {
        let lifecycle = Arc::clone(&self.app.lifecycle);
        let metrics = Arc::clone(&self.app.metrics);
        let acceptor = Acceptor::new(router, limits, lifecycle, metrics);
        let acceptor = match tls {
            Some(tls) => acceptor.with_tls(tls),
            None => acceptor,
        };
        self.acceptors.spawn(acceptor.run(listener));
    }

    /// `/ready` says 503, the listener closes a moment later, what was accepted is finished.
    async fn drain(mut self, signal: Signal) {
        let limits = &self.app.limits;
        let delay = signal.drain_delay(limits.drain_delay);
        tracing::info!(?delay, limit = ?limits.drain_timeout, "draining");
        self.app.lifecycle.begin_draining();
        tokio::time::sleep(delay).await;
        self.app.lifecycle.begin_closing();
        while self.acceptors.join_next().await.is_some() {}
        self.tenders.abort_all();
        tracing::info!("drained");
    }
}

/// A project that asks nobody who they are is for this machine alone, unless somebody says otherwise.
fn check_reach(app: &App, at: &Serve, address: SocketAddr) -> Result<()> {
    let mut projects = app.projects.all().iter();
    let open = projects.find(|project| matches!(project.access, Access::Open(_)));
    let Some(project) = open.filter(|_| !address.ip().to_canonical().is_loopback()) else {
        return Ok(());
    };
    let (name, host) = (&project.name, &at.host);
    ensure!(
        at.insecure_no_auth,
        "project `{name}` asks nobody who they are, and `--host {host}` can be reached from elsewhere: configure `auth` or \
         `salver.auth.jwks` in `{}`, listen on `127.0.0.1`, or say `--insecure-no-auth`",
        project.config.file.display()
    );
    tracing::warn!(
        { field::PROJECT } = %name,
        "everybody who reaches this address can read every feature (`--insecure-no-auth`)"
    );
    Ok(())
}

/// The first address of a name, of IPv4 where it has one: what a client without IPv6 finds as well.
async fn resolve(host: &str, port: u16) -> Result<SocketAddr> {
    let advice = || {
        format!(
            "`--host {host}` leads to no address; give one of this machine, such as `127.0.0.1` or `0.0.0.0`"
        )
    };
    let addresses = lookup_host((host, port)).await.with_context(advice)?;
    addresses
        .min_by_key(SocketAddr::is_ipv6)
        .with_context(advice)
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on `{address}` failed"))
}

/// The only line on stdout, so that a program that starts us on port 0 learns the port.
fn announce(scheme: &str, address: SocketAddr) {
    let url = url(scheme, address);
    tracing::info!({ field::ADDRESS } = url, "listening");
    let mut stdout = std::io::stdout().lock();
    // nobody has to listen to it
    let _ = writeln!(stdout, "listening on {url}").and_then(|()| stdout.flush());
}

fn url(scheme: &str, address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) => format!("{scheme}://{ip}:{}", address.port()),
        IpAddr::V6(ip) => format!("{scheme}://[{ip}]:{}", address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hosts_are_addresses_or_names() {
        for (host, address) in [
            ("127.0.0.1", "127.0.0.1:80"),
            ("::1", "[::1]:80"),
            ("0.0.0.0", "0.0.0.0:80"),
            ("localhost", "127.0.0.1:80"),
        ] {
            let resolved = resolve(host, 80).await.unwrap();
            assert_eq!(resolved.to_string(), address, "{host}");
        }
    }

    #[tokio::test]
    async fn a_host_that_leads_nowhere_says_what_would_lead_somewhere() {
        let error = resolve("no host", 80).await.unwrap_err().to_string();
        assert!(
            error.starts_with("`--host no host` leads to no address"),
            "{error}"
        );
        assert!(error.contains("`127.0.0.1`"), "{error}");
    }
}
