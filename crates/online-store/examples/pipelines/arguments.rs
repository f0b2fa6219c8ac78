/// Entities that are asked for, of the keys 0, 1, ..
pub(crate) const ENTITIES: usize = 10_000;

const USAGE: &str = "usage: pipelines HOST:PORT [--entities N] [--views N] [--features N] [--seconds N] [--connections N]";

/// What to ask.
pub(crate) struct Arguments {
    pub(crate) address: String,
    /// Of one request.
    pub(crate) entities: usize,
    pub(crate) views: usize,
    /// Of each view.
    pub(crate) features: usize,
    /// Where 0, one request is all that is asked.
    pub(crate) seconds: u64,
    pub(crate) connections: u64,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, &'static str> {
        let mut parsed = Self {
            address: words.next().ok_or(USAGE)?,
            entities: 1,
            views: 5,
            features: 10,
            seconds: 2,
            connections: 8,
        };
        while let Some(name) = words.next() {
            let number: usize = words
                .next()
                .and_then(|text| text.parse().ok())
                .ok_or(USAGE)?;
            match name.as_str() {
                "--entities" => parsed.entities = number.min(ENTITIES),
                "--views" => parsed.views = number,
                "--features" => parsed.features = number,
                "--seconds" => parsed.seconds = number as u64,
                "--connections" => parsed.connections = number as u64,
                _ => return Err(USAGE),
            }
        }
        Ok(parsed)
    }
}
