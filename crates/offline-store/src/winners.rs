//! From keys and times of all rows to the numbers of the latest rows, in bounded memory.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::SortOptions;
use arrow::datatypes::{SchemaRef, UInt64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::aggregate::AggregateExprBuilder;
use datafusion::physical_expr::expressions::{Column, col};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};

use crate::{ScanProgress, newest_row::NewestRow};

/// Batches that a plan reads, at first those of [`crate::decide::deciding_schema`].
pub(crate) type Deciding = BoxStream<'static, Result<RecordBatch, DataFusionError>>;

/// The ids of the latest rows, one for each combination of keys, ascending. Both the groups and the
/// sorted ids are spilled to disk when they outgrow the memory pool of `context`.
pub(crate) fn winners(
    deciding: Deciding,
    schema: &SchemaRef,
    context: Arc<TaskContext>,
    progress: Arc<ScanProgress>,
) -> Result<impl Stream<Item = Result<Vec<u64>>> + Send + use<>> {
    let latest = newest_rows(once(deciding, schema)?, schema)?;
    let only_rows: Vec<(Arc<dyn PhysicalExpr>, String)> =
        vec![(col("winner", &latest.schema())?, "winner".to_owned())];
    let rows = ProjectionExec::try_new(only_rows, latest)?;
    let winner = rows.schema();
    let counted = rows
        .execute(0, Arc::clone(&context))?
        .inspect_ok(move |batch| {
            let more = batch.num_rows() as u64;
            progress.entities.fetch_add(more, Ordering::Relaxed);
        });
    let ascending = PhysicalSortExpr::new(col("winner", &winner)?, SortOptions::default());
    let sorted = SortExec::new(
        LexOrdering::from([ascending]),
        once(counted.boxed(), &winner)?,
    );
    let ids = sorted.execute(0, context)?;
    Ok(ids.map_ok(|batch| {
        batch
            .column(0)
            .as_primitive::<UInt64Type>()
            .values()
            .to_vec()
    }))
}

fn once(stream: Deciding, schema: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
    let once = Once {
        schema: Arc::clone(schema),
        stream: Mutex::new(Some(stream)),
    };
    let plan = StreamingTableExec::try_new(
        Arc::clone(schema),
        vec![Arc::new(once)],
        None,
        [],
        false,
        None,
    )?;
    Ok(Arc::new(plan))
}

fn newest_rows(
    input: Arc<dyn ExecutionPlan>,
    schema: &SchemaRef,
) -> Result<Arc<dyn ExecutionPlan>> {
    let keys = schema.fields().len() - 3;
    let column = |index: usize| -> Arc<dyn PhysicalExpr> {
        Arc::new(Column::new(schema.field(index).name(), index))
    };
    let groups = (0..keys).map(|index| (column(index), schema.field(index).name().clone()));
    let function = Arc::new(AggregateUDF::new_from_impl(NewestRow::new()));
    let arguments = vec![column(keys), column(keys + 1), column(keys + 2)];
    let newest = AggregateExprBuilder::new(function, arguments)
        .schema(Arc::clone(schema))
        .alias("winner")
        .build()?;
    let plan = AggregateExec::try_new(
        AggregateMode::Single,
        PhysicalGroupBy::new_single(groups.collect()),
        vec![Arc::new(newest)],
        vec![None],
        input,
        Arc::clone(schema),
    )?;
    Ok(Arc::new(plan))
}

/// A stream as a partition that can be read once.
struct Once {
    schema: SchemaRef,
    stream: Mutex<Option<Deciding>>,
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let taken = self
            .stream
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let stream = taken.unwrap_or_else(|| {
            let again = DataFusionError::Internal("the source is read only once".to_owned());
            futures::stream::iter([Err(again)]).boxed()
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            stream,
        ))
    }
}
