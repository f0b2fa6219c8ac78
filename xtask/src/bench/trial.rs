//! One source file into one kind of store: by Feast, by Salver, and by the store's own fastest way.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{
    materialize::{BASE, Programs},
    measured::{self, Measured},
    repository::{self, FEATURES},
    store::{Kind, Redis},
};
use crate::{
    civil,
    scratch::Scratch,
    workspace::{run_quietly, seconds},
};

/// Earlier than any row of the source.
const START: &str = "2000-01-01T00:00:00";
const FEAST: &str = "from feast.cli.cli import cli; cli()";

pub(crate) struct Trial<'a> {
    programs: &'a Programs,
    scratch: &'a Scratch,
    source: &'a Path,
    kind: Kind,
}

/// What a materialization by Salver took.
pub(crate) struct Salver {
    pub(crate) wall: Duration,
    pub(crate) peak_megabytes: f64,
    /// Entity rows a second, from the first write to the last acknowledgement.
    pub(crate) written_per_second: f64,
}

/// An empty store with a folder beside it. Both go when this does.
struct Empty {
    folder: PathBuf,
    redis: Option<Redis>,
}

impl Drop for Empty {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Empty {
    /// What the ceiling is told, and the place in `feature_store.yaml`.
    fn place(&self) -> String {
        match &self.redis {
            Some(redis) => redis.address(),
            None => self.folder.join("online.db").display().to_string(),
        }
    }

    fn section(&self) -> String {
        let place = self.place();
        match self.redis {
            Some(_) => format!("  type: redis\n  connection_string: {place}\n"),
            None => format!("  type: sqlite\n  path: {place}\n"),
        }
    }
}

impl<'a> Trial<'a> {
    pub(crate) fn new(
        programs: &'a Programs,
        scratch: &'a Scratch,
        source: &'a Path,
        kind: Kind,
    ) -> Self {
        Self {
            programs,
            scratch,
            source,
            kind,
        }
    }

    /// `feast materialize`, once: it takes long enough to be steady.
    pub(crate) fn feast(&self) -> Result<Measured> {
        let empty = self.empty()?;
        repository::write_feasts(&empty.folder, self.source, &empty.section())?;
        let feast = |args: &[&str]| {
            let mut command = Command::new(&self.programs.feast_python);
            command
                .current_dir(&empty.folder)
                .args(["-c", FEAST])
                .args(args);
            command
        };
        run_quietly(&mut feast(&["apply"]))?;
        let measured = measured::run(&mut feast(&["materialize", START, &civil::now()]))?;
        println!("    {}", seconds(measured.wall));
        Ok(measured)
    }

    /// `registry-admin materialize`, the median of `repeats` by wall time; of memory the highest.
    pub(crate) fn salver(&self, repeats: usize) -> Result<Salver> {
        let mut runs = Vec::new();
        for _ in 0..repeats {
            runs.push(self.salver_once()?);
        }
        runs.sort_by_key(|run| run.wall);
        let peak = runs
            .iter()
            .map(|run| run.peak_megabytes)
            .fold(0.0, f64::max);
        let median = runs.swap_remove(runs.len() / 2);
        Ok(Salver {
            peak_megabytes: peak,
            ..median
        })
    }

    fn salver_once(&self) -> Result<Salver> {
        let empty = self.empty()?;
        repository::write_salvers(&empty.folder, self.source, &empty.section())?;
        let admin = |args: &[&str]| {
            let mut command = Command::new(&self.programs.registry_admin);
            command.arg("-c").arg(&empty.folder).args(args);
            command
        };
        run_quietly(&mut admin(&["apply"]))?;
        let args = ["materialize", START, &civil::now(), "--output", "json"];
        let measured = measured::run(&mut admin(&args))?;
        let written_per_second = written_per_second(&measured.stdout)?;
        println!(
            "    {}, {written_per_second:.0} entity rows/s",
            seconds(measured.wall)
        );
        Ok(Salver {
            wall: measured.wall,
            peak_megabytes: measured.peak_megabytes,
            written_per_second,
        })
    }

    /// Entity rows a second, as the store takes them without anything in the way: the median of
    /// `repeats`.
    pub(crate) fn ceiling(&self, repeats: usize) -> Result<f64> {
        let empty = self.empty()?;
        let mut ceiling = Command::new(&self.programs.ceiling);
        ceiling.args([self.kind.name().to_lowercase().as_str(), &empty.place()]);
        let rows = BASE.entities.to_string();
        ceiling.args(["--rows", &rows, "--features", &FEATURES.to_string()]);
        ceiling.args(["--rounds", &repeats.to_string()]);
        let measured = measured::run(&mut ceiling)?;
        let told: Value = serde_json::from_str(&measured.stdout)?;
        let rate = told["raw_rows_per_second"].as_f64();
        let rate = rate.with_context(|| format!("no `raw_rows_per_second` in {told}"))?;
        println!("    {rate:.0} entity rows/s");
        Ok(rate)
    }

    fn empty(&self) -> Result<Empty> {
        let folder = self.scratch.path().join("run");
        fs::create_dir(&folder)?;
        let redis = match self.kind {
            Kind::Redis => Some(Redis::start(&self.programs.redis_server, &folder)?),
            Kind::Sqlite => None,
        };
        Ok(Empty { folder, redis })
    }
}

/// From the summary that `materialize --output json` prints.
fn written_per_second(summary: &str) -> Result<f64> {
    let summary: Value = serde_json::from_str(summary)?;
    let view = &summary[0];
    let (rows, time) = (view["written"].as_f64(), view["write_seconds"].as_f64());
    let rows = rows.with_context(|| format!("no `written` in {summary}"))?;
    let time = time.with_context(|| format!("no `write_seconds` in {summary}"))?;
    Ok(rows / time)
}
