//! `plugin bench`: what a component costs to compile, to load and to call.

mod measure;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use plugin_host::{
    Batch, CallError, Component, Host, HostOptions, Plugin, SAMPLE_LIST_LENGTH, sample_inputs,
};
use serde_json::json;
use settings::did_you_mean;

use self::measure::{Calls, measure};
use super::component::{ComponentArgs, Read, json_object, patient, plain, plugin};
use crate::{cli::Output, printer::Printer};

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(flatten)]
    component: ComponentArgs,
    /// The rows of a call.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rows: u32,
    /// The transform; may be left away where there is only one.
    #[arg(long, value_name = "NAME")]
    transform: Option<String>,
    /// What the transform is told, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = json_object)]
    parameters: String,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// What a component cost.
struct Costs {
    transform: String,
    compile: Duration,
    load: Duration,
    start: Duration,
    first_call: Duration,
    one_row: Calls,
    rows: Calls,
    memory_bytes: Option<u64>,
}

pub(super) fn run(args: &BenchArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let read = args.component.read()?;
    let costs = costs(args, &read)?;
    match args.output {
        Output::Json => printer.json(&costs.json(&read, args.rows)),
        Output::Table => costs.print(args.rows, printer),
    }
}

fn costs(args: &BenchArgs, read: &Read) -> anyhow::Result<Costs> {
    let folder =
        tempfile::tempdir().context("could not make a folder for the compiled component")?;
    let cache = folder.path().join("compiled");
    let (component, compile) = compiled(args, read, &cache)?;
    drop(component);
    let (component, load) = compiled(args, read, &cache)?;
    let transform = choose(args.transform.as_deref(), &component.transforms()?)?;
    let parameters = args.parameters.as_str();
    let begun = Instant::now();
    let warm = plugin(&component, &transform, parameters, false).map_err(told)?;
    let start = begun.elapsed();
    let fresh = plugin(&component, &transform, parameters, true).map_err(told)?;
    let many = sample_inputs(warm.description(), args.rows)?;
    let one = sample_inputs(warm.description(), 1)?;
    let begun = Instant::now();
    fresh.call_blocking(args.rows, &many)?;
    let first_call = begun.elapsed();
    let one_row = measure(|| call(&warm, 1, &one))?;
    let rows = measure(|| call(&warm, args.rows, &many))?;
    Ok(Costs {
        compile,
        load,
        start,
        first_call,
        one_row,
        rows,
        memory_bytes: warm.memory_used(),
        transform,
    })
}

/// One call. What comes out is dropped within its time, as it is behind a gateway.
fn call(plugin: &Plugin, rows: u32, inputs: &Batch) -> anyhow::Result<()> {
    match plugin.call_blocking(rows, inputs) {
        Ok(_) => Ok(()),
        Err(error @ CallError::Failed { .. }) => bail!(
            "the transform refuses the values that are made up (numbers from 0 to 1, whole numbers below 100, short texts, \
             lists of {}): {}",
            SAMPLE_LIST_LENGTH,
            plain(&error.to_string())
        ),
        Err(error) => Err(told(error)),
    }
}

fn told(error: CallError) -> anyhow::Error {
    anyhow!(plain(&error.to_string()))
}

/// The component as a gateway compiles it, on one core; or as it takes it from its cache, the second time.
fn compiled(args: &BenchArgs, read: &Read, cache: &Path) -> anyhow::Result<(Component, Duration)> {
    let host = Host::new(HostOptions {
        cache_dir: Some(cache.to_owned()),
        parallel_compilation: false,
        ..patient()
    })?;
    let begun = Instant::now();
    let component = args.component.compile(read, &host)?;
    Ok((component, begun.elapsed()))
}

fn choose(told: Option<&str>, transforms: &[String]) -> anyhow::Result<String> {
    let quoted: Vec<_> = transforms.iter().map(|name| format!("`{name}`")).collect();
    let all = plain(&quoted.join(", "));
    match (told, transforms) {
        (_, []) => bail!("the component has no transforms"),
        (None, [only]) => Ok(only.clone()),
        (None, _) => {
            bail!("the component has several transforms; choose one with `--transform`: {all}")
        }
        (Some(told), _) if transforms.iter().any(|name| name == told) => Ok(told.to_owned()),
        (Some(told), _) => {
            let mut hint = did_you_mean(told, transforms.iter().map(String::as_str));
            if hint.is_empty() {
                hint = format!("; it has {all}");
            }
            bail!("the component has no transform `{told}`{}", plain(&hint))
        }
    }
}

impl Costs {
    /// What each row costs in a call of many.
    fn nanos_per_row(&self, rows: u32) -> f64 {
        self.rows.median.as_secs_f64() * 1e9 / f64::from(rows)
    }

    fn json(&self, read: &Read, rows: u32) -> serde_json::Value {
        let micros = |time: Duration| time.as_secs_f64() * 1e6;
        let calls = |calls: &Calls| {
            json!({
                "calls": calls.count,
                "median_ns": nanos(calls.median),
                "p99_ns": nanos(calls.p99),
            })
        };
        json!({
            "digest": read.inspection.digest.to_string(),
            "transform": self.transform,
            "rows": rows,
            "ns_per_row": self.nanos_per_row(rows),
            "call": calls(&self.rows),
            "call_of_one_row": calls(&self.one_row),
            "first_call_us": micros(self.first_call),
            "start_us": micros(self.start),
            "load_us": micros(self.load),
            "compile_us": micros(self.compile),
            "memory_bytes": self.memory_bytes,
        })
    }

    fn print(&self, rows: u32, printer: &mut Printer) -> anyhow::Result<()> {
        let memory = self.memory_bytes.map_or_else(
            || "not kept between calls".to_owned(),
            |bytes| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
        );
        let each = |calls: &Calls| {
            let (median, p99) = (time(calls.median), time(calls.p99));
            format!("{median} (p99 {p99}, {} calls)", calls.count)
        };
        let call = format!("a call of {rows} rows");
        let mut lines = vec![
            ("transform", plain(&self.transform)),
            (
                "a row",
                format!(
                    "{:.1} ns, in calls of {rows} rows",
                    self.nanos_per_row(rows)
                ),
            ),
            (call.as_str(), each(&self.rows)),
            ("a call of 1 row", each(&self.one_row)),
            (
                "the first call",
                format!("{} (a new instance, {rows} rows)", time(self.first_call)),
            ),
            ("memory", format!("{memory}, an instance")),
            ("compiling", format!("{}, on one core", time(self.compile))),
            ("loading", format!("{}, from the cache", time(self.load))),
            (
                "starting",
                format!("{}, with the calls that try it", time(self.start)),
            ),
        ];
        if rows == 1 {
            lines.remove(2);
        }
        let width = lines
            .iter()
            .map(|(key, _)| key.len() + 2)
            .max()
            .unwrap_or(0);
        for (key, value) in &lines {
            printer.line(format!("{:width$}{value}", format!("{key}:")))?;
        }
        Ok(())
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn time(time: Duration) -> String {
    let nanos = time.as_secs_f64() * 1e9;
    match nanos {
        nanos if nanos < 1e3 => format!("{nanos:.0} ns"),
        nanos if nanos < 1e6 => format!("{:.2} us", nanos / 1e3),
        nanos if nanos < 1e9 => format!("{:.2} ms", nanos / 1e6),
        nanos => format!("{:.2} s", nanos / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let told = |nanos| time(Duration::from_nanos(nanos));
        assert_eq!(told(12), "12 ns");
        assert_eq!(told(1_500), "1.50 us");
        assert_eq!(told(20_000_000), "20.00 ms");
        assert_eq!(told(2_000_000_000), "2.00 s");
    }

    #[test]
    fn the_only_transform_needs_no_name() {
        let names = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        assert_eq!(choose(None, &names(&["a"])).unwrap(), "a");
        assert_eq!(choose(Some("b"), &names(&["a", "b"])).unwrap(), "b");
        for (told, known, message) in [
            (
                None,
                &["a", "b"][..],
                "choose one with `--transform`: `a`, `b`",
            ),
            (Some("c"), &["aaaa"], "it has `aaaa`"),
            (None, &[], "no transforms"),
        ] {
            let error = choose(told, &names(known)).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
