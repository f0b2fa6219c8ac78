//! The DataFusion aggregate `newest_row(at, created, row)`: the number of the latest row of a group.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray, BooleanArray, Decimal128Array, UInt64Array};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef, UInt64Type};
use datafusion::common::not_impl_err;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};

use crate::decide::INSTANT;

/// `newest_row(at, created, row)`: `row` of the greatest `at`, then of the greatest `created` (null is
/// least), then of the least `row`. Feast breaks ties so in small files, and at random in large ones.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct NewestRow {
    signature: Signature,
}

impl NewestRow {
    pub(crate) fn new() -> Self {
        let arguments = vec![INSTANT, INSTANT, DataType::UInt64];
        Self {
            signature: Signature::exact(arguments, Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for NewestRow {
    fn name(&self) -> &'static str {
        "newest_row"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn accumulator(&self, _arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        not_impl_err!("newest_row is for groups only")
    }

    fn state_fields(&self, _arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![
            Arc::new(Field::new("at", INSTANT, false)),
            Arc::new(Field::new("created", INSTANT, true)),
            Arc::new(Field::new("row", DataType::UInt64, false)),
        ])
    }

    fn groups_accumulator_supported(&self, _arguments: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _arguments: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(NewestRows::default()))
    }
}

/// The latest row of each group so far.
#[derive(Debug, Default)]
struct NewestRows {
    at: Vec<i128>,
    /// The least number where there is none: no instant of any unit comes near it.
    created: Vec<i128>,
    row: Vec<u64>,
}

const NEVER: i128 = i128::MIN;

impl NewestRows {
    fn offer(&mut self, group: usize, at: i128, created: i128, row: u64) {
        let better = (at, created, std::cmp::Reverse(row));
        let known = (
            self.at[group],
            self.created[group],
            std::cmp::Reverse(self.row[group]),
        );
        if better > known {
            self.at[group] = at;
            self.created[group] = created;
            self.row[group] = row;
        }
    }

    fn offer_all(&mut self, values: &[ArrayRef], group_indices: &[usize], groups: usize) {
        self.at.resize(groups, NEVER);
        self.created.resize(groups, NEVER);
        self.row.resize(groups, u64::MAX);
        let at = values[0].as_primitive::<Decimal128Type>();
        let created = values[1].as_primitive::<Decimal128Type>();
        let row = values[2].as_primitive::<UInt64Type>();
        for (index, group) in group_indices.iter().enumerate() {
            let made = if created.is_null(index) {
                NEVER
            } else {
                created.value(index)
            };
            self.offer(*group, at.value(index), made, row.value(index));
        }
    }
}

fn instants(values: impl Iterator<Item = Option<i128>>) -> ArrayRef {
    Arc::new(Decimal128Array::from_iter(values).with_data_type(INSTANT))
}

impl GroupsAccumulator for NewestRows {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        _filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.offer_all(values, group_indices, total_num_groups);
        Ok(())
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.offer_all(values, group_indices, total_num_groups);
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        emit_to.take_needed(&mut self.at);
        emit_to.take_needed(&mut self.created);
        Ok(Arc::new(UInt64Array::from(
            emit_to.take_needed(&mut self.row),
        )))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let at = emit_to.take_needed(&mut self.at);
        let created = emit_to.take_needed(&mut self.created);
        let row = emit_to.take_needed(&mut self.row);
        Ok(vec![
            instants(at.into_iter().map(Some)),
            instants(
                created
                    .into_iter()
                    .map(|made| (made != NEVER).then_some(made)),
            ),
            Arc::new(UInt64Array::from(row)),
        ])
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        _filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        Ok(values.to_vec())
    }

    fn size(&self) -> usize {
        self.at.capacity() * size_of::<i128>()
            + self.created.capacity() * size_of::<i128>()
            + self.row.capacity() * size_of::<u64>()
    }
}
