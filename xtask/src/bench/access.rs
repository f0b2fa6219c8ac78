//! `cargo xtask bench access`: what it costs to know who is asking.
//!
//! Two gateways serve one project from one registry and one Redis, one of them with tokens. They are asked by turns, each
//! with the server's core for itself meanwhile, for one entity at a time: where a request costs least, a token costs most.
//! A part of that is the token's bytes, which are received and parsed also where nobody looks at them: told, too.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{
    load::{self, Answered, Load, Precedence, none_failed},
    median::median,
    projects::{Programs, prepare, world},
    report::{Figure, Report},
    store::Redis,
};
use crate::{
    civil,
    gateway::Gateway,
    scratch::Scratch,
    workspace::{run_quietly, step},
};

/// Requests a second with a token that was seen before, over those without.
const LEAST: f64 = 0.95;
const CONNECTIONS: u32 = 8;
const SUBJECT: &str = "model";
const AUTH: &str = "jwks: {keys: keys.json, issuer: 'https://bench.example', audience: gateway, algorithms: [EdDSA]}";
/// As many as an installation of some teams has; the one that counts is the last.
const BINDINGS: usize = 20;

/// The same project twice.
struct World {
    open: PathBuf,
    guarded: PathBuf,
    bodies: PathBuf,
    token: String,
}

pub(super) fn run(quick: bool) -> Result<Report> {
    let programs = step("Getting redis-server and oha, building in release", prepare)?;
    // short ones, as a machine that others use as well changes its speed from minute to minute
    let (seconds, rounds) = if quick { (1, 15) } else { (1, 61) };
    let scratch = Scratch::new("salver-bench")?;
    let redis = Redis::start_on(&programs.redis_server, scratch.path(), load::GENERATOR_CORE)?;
    let world = step("Making the project and loading it", || {
        World::make(&programs, scratch.path(), &redis)
    })?;
    let serve = |repo: &Path| {
        let command = load::pinned(&programs.gateway, load::SERVER_CORE);
        Gateway::start_as(command, repo, 0)
    };
    let (open, guarded) = (serve(&world.open)?, serve(&world.guarded)?);
    let ask = |gateway: &Gateway, token: Option<&str>| -> Result<Answered> {
        let load = Load {
            oha: &programs.oha,
            port: gateway.port(),
            project: None,
            token,
            accept: None,
            bodies: &world.bodies,
            connections: CONNECTIONS,
            seconds,
            rate: None,
            precedence: Precedence::Usual,
        };
        none_failed(load.run()?)
    };
    let (mut without, mut with, mut ignored) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ratios, mut looking) = (Vec::new(), Vec::new());
    step("Asking both, by turns", || -> Result<()> {
        for _ in 0..rounds {
            let before = ask(&open, None)?.per_second;
            let guarded = ask(&guarded, Some(&world.token))?.per_second;
            let unread = ask(&open, Some(&world.token))?.per_second;
            let after = ask(&open, None)?.per_second;
            // what drifts meanwhile drifts for all
            ratios.push(guarded / f64::midpoint(before, after));
            looking.push(guarded / unread);
            without.extend([before, after]);
            with.push(guarded);
            ignored.push(unread);
        }
        Ok(())
    })?;
    let mut report = Report::default();
    let told = |what: &str, values| Figure::told(format!("{what}, requests/s"), median(values));
    report.push(told("1 x 2, nobody is asked who they are", without));
    report.push(told("1 x 2, a token that was seen before", with));
    report.push(told("1 x 2, a token that nobody looks at", ignored));
    let name = "requests/s with a token / with one that nobody looks at".to_owned();
    report.push(Figure::told(name, median(looking)));
    let name = "requests/s with a token / without".to_owned();
    report.push(Figure::at_least(name, median(ratios), LEAST));
    Ok(report)
}

impl World {
    fn make(programs: &Programs, folder: &Path, redis: &Redis) -> Result<Self> {
        let source = world::source(programs, folder)?;
        let world = Self {
            open: folder.join("open"),
            guarded: folder.join("guarded"),
            bodies: folder.join("bodies.jsonl"),
            token: String::new(),
        };
        for (repo, auth) in [(&world.open, ""), (&world.guarded, AUTH)] {
            fs::create_dir_all(repo.join("features"))?;
            let settings = format!(
                "project: bench\nregistry: {}\nonline_store:\n  type: redis\n  connection_string: {}\n\
                 salver:\n  auth: {{{auth}}}\n",
                folder.join("registry.db").display(),
                redis.address(),
            );
            fs::write(repo.join("feature_store.yaml"), settings)?;
            let definitions = world::definitions(&source, false) + &bindings();
            fs::write(repo.join("features/definitions.yaml"), definitions)?;
        }
        fs::write(&world.bodies, world::bodies("stats:f0\",\"stats:f1", ""))?;
        let admin = |args: &[&str]| {
            let mut command = Command::new(&programs.registry_admin);
            command.current_dir(folder).arg("-c").arg(&world.guarded);
            command.args(args);
            command
        };
        let key = "guarded/keys.json";
        run_quietly(&mut admin(&["token", "keygen", "key", "--add-to", key]))?;
        run_quietly(&mut admin(&["apply"]))?;
        run_quietly(&mut admin(&["materialize", world::START, &civil::now()]))?;
        let mint = ["--key", "key", "--subject", SUBJECT, "--ttl", "1d"];
        let mut mint = admin(&[&["token", "mint", "--role", "consumer"], &mint[..]].concat());
        let token = printed(&mut mint)?;
        Ok(Self { token, ..world })
    }
}

fn bindings() -> String {
    let others = (1..BINDINGS).map(|n| format!("team-{n}"));
    let all = others.chain([SUBJECT.to_owned()]);
    let bindings = all.map(|name| {
        format!("  - {{name: {name}, role: consumer, subjects: [{name}, {name}-test], groups: [{name}]}}\n")
    });
    "role_bindings:\n".to_owned() + &bindings.collect::<String>()
}

fn printed(command: &mut Command) -> Result<String> {
    let out = command.output().context("can't make a token")?;
    if !out.status.success() {
        bail!(
            "can't make a token: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    Ok(String::from_utf8(out.stdout)?.trim().to_owned())
}
