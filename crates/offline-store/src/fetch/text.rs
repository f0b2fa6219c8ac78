use futures::{Stream, TryStreamExt as _, pin_mut};

use super::{Wanted, taken};
use crate::{Error, output::Output, scan::Rows};

/// Reads through a CSV file and sends on the wanted rows.
pub(crate) async fn fetch_csv(
    rows: impl Stream<Item = Result<Rows, Error>>,
    wanted: Wanted,
    out: &Output,
) -> Result<(), Error> {
    pin_mut!(rows);
    let mut rest = wanted.rows.as_ref();
    while let Some(found) = rows.try_next().await? {
        let (Some(first), Some(last)) = (found.numbers.first(), found.numbers.last()) else {
            continue;
        };
        let here = rest.partition_point(|row| row <= last);
        let (numbers, later) = rest.split_at(here);
        for numbers in numbers.chunks(wanted.batch_rows) {
            let indices = numbers.iter().map(|row| row - first).collect();
            let batch = taken(&found.batch, indices)
                .map_err(|error| Error::corrupt(wanted.file.as_ref(), "CSV", error))?;
            out.send(wanted.found(batch, numbers)?).await?;
        }
        rest = later;
        if rest.is_empty() {
            return Ok(());
        }
    }
    Err(wanted.changed())
}
