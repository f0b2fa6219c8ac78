//! `cargo xtask demo`: from a clone to the first served feature vector.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    arguments::Arguments,
    civil,
    gateway::Gateway,
    scratch::Scratch,
    workspace::{cargo, run_command, seconds, show, step, target_dir},
};

mod reply;
pub(crate) mod request;

const PORT: u16 = 6566;
const PROFILE: &str = "demo";

pub(crate) struct Options {
    once: bool,
    /// None: any free port.
    port: Option<u16>,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let once = args.flag("--once");
        let port = args
            .value("--port")?
            .map(|port| port.parse().context("`--port` takes a number"));
        let port = port.transpose()?.or((!once).then_some(PORT));
        args.finish()?;
        Ok(Self { once, port })
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let interrupted = interruption()?;
    if let Some(port) = options.port {
        check_free(port)?;
    }
    let programs = step("Building gateway and registry-admin", build)?;
    let scratch = Scratch::new("salver-demo")?;
    let repo = scratch.path().join("driver_repo");
    load(&programs, &repo)?;
    let mut gateway = step("Serving it", || {
        Gateway::start(&programs.join("gateway"), &repo, options.port.unwrap_or(0))
    })?;
    show_reply(gateway.port())?;
    println!(
        "\nfrom start to the first served vector: {}",
        seconds(start.elapsed())
    );
    show_computed(gateway.port())?;
    if options.once {
        return check_every_driver(gateway.port());
    }
    show_next(&programs, &repo, gateway.port());
    wait(&mut gateway, &interrupted)
}

/// Hears Ctrl-C and SIGTERM from here on, so that the folder and the gateway go with us.
fn interruption() -> Result<Receiver<()>> {
    let (sender, receiver) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _ = sender.send(());
    })?;
    Ok(receiver)
}

/// Better now than after the build.
fn check_free(port: u16) -> Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!(
            "port {port} is taken (another `cargo xtask demo`, or a `feast serve`?): end that program, \
             or choose another port with `--port`"
        )
    })?;
    Ok(())
}

/// Returns the folder of the programs.
fn build() -> Result<PathBuf> {
    let mut build = cargo();
    build.args([
        "build",
        "--profile",
        PROFILE,
        "-p",
        "gateway",
        "-p",
        "registry-admin",
        "--bins",
    ]);
    run_command(&mut build)?;
    Ok(target_dir()?.join(PROFILE))
}

fn load(programs: &Path, repo: &Path) -> Result<()> {
    let admin = programs.join("registry-admin");
    step("Making a feature repository", || {
        tell_and_run(Command::new(&admin).arg("init").arg(repo))
    })?;
    step("Applying its definitions to the registry", || {
        tell_and_run(Command::new(&admin).arg("-c").arg(repo).arg("apply"))
    })?;
    step(
        "Materializing its Parquet file into the online store",
        || {
            let mut materialize = Command::new(&admin);
            materialize.arg("-c").arg(repo);
            tell_and_run(materialize.args(["materialize-incremental", &civil::now()]))
        },
    )
}

fn tell_and_run(command: &mut Command) -> Result<()> {
    println!("    $ {}", show(command));
    run_command(command)
}

fn show_reply(port: u16) -> Result<()> {
    println!(
        "\n==> Asking it, as Feast's docs do\n{}\n",
        request::as_curl(port, request::DOCS)
    );
    let reply = request::ask(port, request::DOCS)?;
    println!("{}", reply::pretty(&reply));
    reply::check(&reply, &[1001, 1002, 1003])
}

/// Features that a plugin computes.
fn show_computed(port: u16) -> Result<()> {
    println!(
        "\n==> Asking for a feature service, with features that a WebAssembly plugin computes for each request\n{}\n",
        request::as_curl(port, request::SERVICE)
    );
    let reply = request::ask(port, request::SERVICE)?;
    println!("{}", reply::pretty(&reply));
    reply::check_computed(&reply, &[[1.0, 10.0], [2.0, 20.0]])
}

fn check_every_driver(port: u16) -> Result<()> {
    let reply = request::ask(port, request::EVERY_DRIVER)?;
    reply::check(&reply, &[1001, 1002, 1003, 1004, 1005])?;
    println!("the replies for all five drivers are right");
    Ok(())
}

fn show_next(programs: &Path, repo: &Path, port: u16) {
    let (programs, repo) = (programs.display(), repo.display());
    println!(
        "
The gateway is up on port {port}. In another terminal, try:

  # one result for each feature, as Feast's own server replies
  curl -H 'Salver-Response-Layout: columns' http://localhost:{port}/get-online-features \\
    -d '{{\"features\": [\"driver_hourly_stats:conv_rate\"], \"entities\": {{\"driver_id\": [1001, 4711]}}}}'

  curl http://localhost:{port}/ready
  curl http://localhost:{port}/openapi.json

  # what is in the registry; then change a file in {repo}/features and see the plan
  {programs}/registry-admin -c {repo} feature-views list
  {programs}/registry-admin -c {repo} plan

Ctrl-C ends the gateway and removes the folder."
    );
}

fn wait(gateway: &mut Gateway, interrupted: &Receiver<()>) -> Result<()> {
    loop {
        if interrupted.recv_timeout(Duration::from_millis(200)).is_ok() {
            println!("\nended; the folder is removed");
            return Ok(());
        }
        if let Some(status) = gateway.ended()? {
            bail!("the gateway ended by itself ({status})");
        }
    }
}
