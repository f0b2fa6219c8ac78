//! What a plugin has to go through before it serves.

use std::{iter, time::Instant};

use feature_model::Value;

use super::Inner;
use crate::{
    Batch, BatchBuilder, CallError, ConvertError, Failure, description::columns, sample_inputs,
};

impl Inner {
    /// No rows, then a row of nulls, then a row of plain values, by an instance that is then warm. What goes wrong with
    /// the last is no error: the transform may insist on other values.
    pub(super) fn try_out(&self) -> Result<Option<CallError>, CallError> {
        for rows in [0, 1] {
            let inputs = self.nulls(rows).map_err(|error| self.no_inputs(&error))?;
            match self.try_with(rows, &inputs) {
                Err(error) if rows == 0 || !is_about_values(&error) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        let inputs = sample_inputs(&self.description, 1).map_err(|error| self.no_inputs(&error))?;
        match self.try_with(1, &inputs) {
            Ok(_) => Ok(None),
            Err(CallError::Failed {
                failure: Failure::InvalidInput,
                ..
            }) => Ok(None),
            Err(error) if is_about_parameters(&error) => Err(error),
            Err(error) => Ok(Some(error)),
        }
    }

    fn try_with(&self, rows: u32, inputs: &Batch) -> Result<Batch, CallError> {
        let now = Instant::now();
        let trial = self.component.host().options().trial_deadline;
        self.call(rows, inputs, now, now + trial).outputs
    }

    fn nulls(&self, rows: u32) -> Result<Batch, ConvertError> {
        let fields: Vec<_> = columns(&self.description.inputs)
            .map(|(name, data_type)| (name.to_owned(), data_type.clone()))
            .collect();
        let mut builder = BatchBuilder::new(&fields, rows as usize);
        for _ in &fields {
            builder.column(iter::repeat_n(Value::Null, rows as usize))?;
        }
        Ok(builder.finish())
    }

    fn no_inputs(&self, error: &ConvertError) -> CallError {
        CallError::Unavailable {
            plugin: self.owner.plugin.clone(),
            detail: error.to_string(),
        }
    }
}

/// An error that the transform tells, and may not have with other values.
fn is_about_values(error: &CallError) -> bool {
    matches!(error, CallError::Failed { .. }) && !is_about_parameters(error)
}

fn is_about_parameters(error: &CallError) -> bool {
    let CallError::Failed { failure, .. } = error else {
        return false;
    };
    matches!(
        failure,
        Failure::UnknownTransform | Failure::InvalidParameters
    )
}
