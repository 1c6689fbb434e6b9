use super::figure::Figure;
use super::text_column::TextColumn;
use crate::compare::Match;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, UInt64Array};
use arrow::datatypes::{DataType, Int64Type, UInt64Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err, internal_err};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use std::sync::Arc;

/// Calls `count` for every row that the filter keeps and that says something: the row, how many are correct, of how many.
fn for_known(
    figure: Figure,
    values: &[ArrayRef],
    filter: Option<&BooleanArray>,
    mut count: impl FnMut(usize, u64, u64),
) -> Result<()> {
    let rows = values.first().map_or(0, |array| array.len());
    let kept = (0..rows).filter(|row| filter.is_none_or(|filter| filter.is_valid(*row) && filter.value(*row)));
    match values {
        [correct] if *correct.data_type() == DataType::Boolean => {
            let correct = correct.as_boolean();
            for row in kept.filter(|row| correct.is_valid(*row)) {
                count(row, u64::from(correct.value(row)), 1);
            }
        }
        [words] => {
            let words = TextColumn::of_array(figure.name(), words.as_ref())?;
            for row in kept {
                let Some(word) = words.get(row) else { continue };
                let outcome: Match =
                    word.parse().map_err(|error| exec_datafusion_err!("{}: {error}", figure.name()))?;
                count(row, u64::from(outcome.is_correct()), 1);
            }
        }
        [successes, n] => {
            let column = |array: &ArrayRef| array.as_primitive_opt::<Int64Type>().cloned();
            let (Some(successes), Some(n)) = (column(successes), column(n)) else { return Ok(()) };
            for row in kept.filter(|row| successes.is_valid(*row) && n.is_valid(*row)) {
                let (successes, n) = counts(figure, successes.value(row), n.value(row))?;
                count(row, successes, n);
            }
        }
        _ => return internal_err!("{} got {} arguments", figure.name(), values.len()),
    }
    Ok(())
}

fn counts(figure: Figure, successes: i64, n: i64) -> Result<(u64, u64)> {
    let name = figure.name();
    let count = |what: &str, count: i64| {
        u64::try_from(count).map_err(|_| exec_datafusion_err!("{name}: {what} cannot be negative, got {count}"))
    };
    let (successes, n) = (count("successes", successes)?, count("n", n)?);
    if successes > n {
        return exec_err!("{name}: {successes} successes out of {n} is not possible");
    }
    Ok((successes, n))
}

/// The two columns of a partial state: correct and known.
fn state_columns(states: &[ArrayRef]) -> Result<(&UInt64Array, &UInt64Array)> {
    let column = |index: usize| states.get(index).and_then(|array| array.as_primitive_opt::<UInt64Type>());
    match (column(0), column(1)) {
        (Some(correct), Some(known)) => Ok((correct, known)),
        _ => internal_err!("state of an accuracy is two columns of UInt64"),
    }
}

/// Counts of one group.
#[derive(Debug)]
pub(super) struct CorrectCounts {
    figure: Figure,
    correct: u64,
    known: u64,
}

impl CorrectCounts {
    pub(super) fn new(figure: Figure) -> Self {
        Self { figure, correct: 0, known: 0 }
    }
}

impl Accumulator for CorrectCounts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for_known(self.figure, values, None, |_, correct, known| {
            self.correct += correct;
            self.known += known;
        })
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for_known(self.figure, values, None, |_, correct, known| {
            self.correct -= correct;
            self.known -= known;
        })
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.figure.of(self.correct, self.known)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::UInt64(Some(self.correct)), ScalarValue::UInt64(Some(self.known))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (correct, known) = state_columns(states)?;
        self.correct += correct.iter().flatten().sum::<u64>();
        self.known += known.iter().flatten().sum::<u64>();
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Counts of many groups.
#[derive(Debug)]
pub(super) struct CorrectGroups {
    figure: Figure,
    correct: Vec<u64>,
    known: Vec<u64>,
}

impl CorrectGroups {
    pub(super) fn new(figure: Figure) -> Self {
        Self { figure, correct: Vec::new(), known: Vec::new() }
    }

    fn grow(&mut self, groups: usize) {
        self.correct.resize(groups, 0);
        self.known.resize(groups, 0);
    }
}

impl GroupsAccumulator for CorrectGroups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.grow(total_num_groups);
        for_known(self.figure, values, opt_filter, |row, correct, known| {
            self.correct[group_indices[row]] += correct;
            self.known[group_indices[row]] += known;
        })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (correct, known) = (emit_to.take_needed(&mut self.correct), emit_to.take_needed(&mut self.known));
        let figures = correct.into_iter().zip(known).map(|(correct, known)| self.figure.of(correct, known));
        Ok(Arc::new(figures.collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (correct, known) = (emit_to.take_needed(&mut self.correct), emit_to.take_needed(&mut self.known));
        Ok(vec![Arc::new(UInt64Array::from(correct)), Arc::new(UInt64Array::from(known))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.grow(total_num_groups);
        let (correct, known) = state_columns(states)?;
        for ((group, correct), known) in group_indices.iter().zip(correct).zip(known) {
            self.correct[*group] += correct.unwrap_or(0);
            self.known[*group] += known.unwrap_or(0);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], opt_filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |array| array.len());
        let (mut correct, mut known) = (vec![0_u64; rows], vec![0_u64; rows]);
        for_known(self.figure, values, opt_filter, |row, of_row, known_of_row| {
            correct[row] = of_row;
            known[row] = known_of_row;
        })?;
        Ok(vec![Arc::new(UInt64Array::from(correct)), Arc::new(UInt64Array::from(known))])
    }

    fn size(&self) -> usize {
        size_of_val(self) + (self.correct.capacity() + self.known.capacity()) * size_of::<u64>()
    }
}
