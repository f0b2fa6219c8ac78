//! `cargo xtask bench materialize`: how fast and how lean data gets from a Parquet file into a store, against Feast
//! and against what the store itself can take.

use std::{fs, path::PathBuf};

use anyhow::Result;

use super::{
    built,
    report::{Figure, Report},
    repository::{self, Size},
    store::Kind,
    trial::Trial,
};
use crate::{python, redis, scratch::Scratch, workspace::step};

/// Source rows over the wall time of the whole command, Salver's over Feast's.
const TIMES_FEAST: [(Kind, f64); 2] = [(Kind::Redis, 8.0), (Kind::Sqlite, 5.0)];
/// Entity rows written a second, Salver's over the store's ceiling.
const OF_CEILING: f64 = 0.5;
const MEGABYTES: f64 = 600.0;

pub(super) const BASE: Size = Size::new(1_000_000, 100_000);
/// Only their memory is looked at.
const LARGER: [Size; 2] = [
    Size::new(10_000_000, 100_000),
    Size::new(1_000_000, 1_000_000),
];

/// Of one kind of run the median is told.
const REPEATS: usize = 3;

/// The programs that are measured, and those that serve the measurement.
pub(crate) struct Programs {
    pub(super) registry_admin: PathBuf,
    pub(super) generate: PathBuf,
    pub(super) ceiling: PathBuf,
    pub(super) redis_server: PathBuf,
    pub(super) feast_python: PathBuf,
}

pub(crate) fn run(quick: bool) -> Result<Report> {
    let programs = step(
        "Getting Feast and redis-server, building in release",
        prepare,
    )?;
    let scratch = Scratch::new("salver-bench")?;
    let mut report = Report::default();
    measure_base(&programs, &scratch, &mut report)?;
    if !quick {
        for size in LARGER {
            measure_memory(&programs, &scratch, size, &mut report)?;
        }
    }
    Ok(report)
}

fn prepare() -> Result<Programs> {
    let (redis_server, feast_python) = (redis::ensure()?, python::ensure()?);
    let built = built::build()?;
    Ok(Programs {
        registry_admin: built.registry_admin,
        generate: built.generate,
        ceiling: built.ceiling,
        redis_server,
        feast_python,
    })
}

/// Speed and memory at the size that the targets name.
fn measure_base(programs: &Programs, scratch: &Scratch, report: &mut Report) -> Result<()> {
    let file = repository::generate(programs, scratch, BASE)?;
    for (kind, times_feast) in TIMES_FEAST {
        let trial = Trial::new(programs, scratch, &file, kind);
        let name = kind.name();
        let feast = step(&format!("Feast into {name}"), || trial.feast())?;
        let salver = step(&format!("Salver into {name}"), || trial.salver(REPEATS))?;
        let ceiling = step(&format!("The ceiling of {name}"), || trial.ceiling(REPEATS))?;
        let (feast_rate, salver_rate) = (BASE.rows_per(feast.wall), BASE.rows_per(salver.wall));
        report.push(Figure::told(
            format!("{name}: Feast, source rows/s"),
            feast_rate,
        ));
        report.push(Figure::told(
            format!("{name}: Salver, source rows/s"),
            salver_rate,
        ));
        let against = format!("{name}: Salver / Feast");
        report.push(Figure::at_least(
            against,
            salver_rate / feast_rate,
            times_feast,
        ));
        let written = salver.written_per_second;
        report.push(Figure::told(
            format!("{name}: ceiling, entity rows/s"),
            ceiling,
        ));
        report.push(Figure::told(
            format!("{name}: Salver, entity rows/s"),
            written,
        ));
        let against = format!("{name}: Salver / ceiling");
        report.push(Figure::at_least(against, written / ceiling, OF_CEILING));
        report.push(Figure::told(
            format!("{name}: Feast, peak MB"),
            feast.peak_megabytes,
        ));
        report.push(memory(kind, BASE, salver.peak_megabytes));
    }
    Ok(())
}

fn measure_memory(
    programs: &Programs,
    scratch: &Scratch,
    size: Size,
    report: &mut Report,
) -> Result<()> {
    let file = repository::generate(programs, scratch, size)?;
    for (kind, _) in TIMES_FEAST {
        let trial = Trial::new(programs, scratch, &file, kind);
        let title = format!("Salver into {}, {size}", kind.name());
        let salver = step(&title, || trial.salver(1))?;
        report.push(memory(kind, size, salver.peak_megabytes));
    }
    fs::remove_file(&file)?;
    Ok(())
}

fn memory(kind: Kind, size: Size, megabytes: f64) -> Figure {
    Figure::at_most(
        format!("{}: Salver, peak MB, {size}", kind.name()),
        megabytes,
        MEGABYTES,
    )
}
