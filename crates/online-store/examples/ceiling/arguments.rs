use std::path::PathBuf;

/// What to measure.
pub(crate) struct Arguments {
    pub(crate) target: Target,
    pub(crate) rows: usize,
    pub(crate) features: usize,
    pub(crate) rounds: usize,
}

/// Where to write.
pub(crate) enum Target {
    Redis { host: String, port: u16 },
    Sqlite { path: PathBuf },
}

impl Target {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Redis { .. } => "redis",
            Self::Sqlite { .. } => "sqlite",
        }
    }
}

const USAGE: &str =
    "usage: ceiling redis HOST:PORT | sqlite PATH [--rows N] [--features N] [--rounds N]";

impl Arguments {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments;
        let store = arguments.next().ok_or(USAGE)?;
        let place = arguments.next().ok_or(USAGE)?;
        let mut parsed = Self {
            target: target(&store, &place)?,
            rows: 100_000,
            features: 50,
            rounds: 3,
        };
        while let Some(name) = arguments.next() {
            let number = arguments.next().and_then(|text| text.parse().ok());
            let number = number.filter(|number| *number > 0).ok_or(USAGE)?;
            match name.as_str() {
                "--rows" => parsed.rows = number,
                "--features" => parsed.features = number,
                "--rounds" => parsed.rounds = number,
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(parsed)
    }
}

fn target(store: &str, place: &str) -> Result<Target, String> {
    match store {
        "redis" => {
            let address = place
                .strip_prefix("redis://")
                .unwrap_or(place)
                .trim_end_matches('/');
            let (host, port) = address.rsplit_once(':').ok_or(USAGE)?;
            Ok(Target::Redis {
                host: host.to_owned(),
                port: port.parse().map_err(|_| USAGE)?,
            })
        }
        "sqlite" => Ok(Target::Sqlite { path: place.into() }),
        _ => Err(USAGE.to_owned()),
    }
}
