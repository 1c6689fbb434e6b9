use super::{wilson_lower, wilson_upper};
use crate::stats::{Interval, wilson};
use arrow::array::{Array, AsArray, Float64Builder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::types::{NativeType, logical_int64};
use datafusion::common::{Result, exec_datafusion_err, exec_err, internal_err};
use datafusion::logical_expr::{
    Coercion, ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignatureClass,
    Volatility,
};
use std::sync::Arc;

/// Which end of the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Bound {
    Lower,
    Upper,
}

impl Bound {
    fn name(self) -> &'static str {
        match self {
            Self::Lower => wilson_lower::NAME,
            Self::Upper => wilson_upper::NAME,
        }
    }

    pub(super) fn of(self, interval: Interval) -> f64 {
        match self {
            Self::Lower => interval.lower,
            Self::Upper => interval.upper,
        }
    }
}

/// `wilson_lower(successes, n)` and `wilson_upper(successes, n)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct WilsonBound {
    bound: Bound,
    signature: Signature,
}

impl WilsonBound {
    pub(super) fn new(bound: Bound) -> Self {
        let count = || {
            Coercion::new_implicit(
                TypeSignatureClass::Native(logical_int64()),
                vec![TypeSignatureClass::Integer],
                NativeType::Int64,
            )
        };
        Self { bound, signature: Signature::coercible(vec![count(), count()], Volatility::Immutable) }
    }

    fn value(&self, successes: i64, n: i64) -> Result<Option<f64>> {
        let name = self.bound.name();
        let count = |what: &str, count: i64| {
            u64::try_from(count).map_err(|_| exec_datafusion_err!("{name}: {what} cannot be negative, got {count}"))
        };
        let (successes, n) = (count("successes", successes)?, count("n", n)?);
        if successes > n {
            return exec_err!("{name}: {successes} successes out of {n} is not possible");
        }
        Ok(wilson(successes, n).map(|interval| self.bound.of(interval)))
    }
}

impl ScalarUDFImpl for WilsonBound {
    fn name(&self) -> &str {
        self.bound.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [successes, n] = arrays.as_slice() else {
            return internal_err!("{} got {} arguments", self.name(), arrays.len());
        };
        let mut bounds = Float64Builder::with_capacity(rows);
        match (successes.as_primitive_opt::<Int64Type>(), n.as_primitive_opt::<Int64Type>()) {
            (Some(successes), Some(n)) => {
                for pair in successes.iter().zip(n) {
                    bounds.append_option(match pair {
                        (Some(successes), Some(n)) => self.value(successes, n)?,
                        _ => None,
                    });
                }
            }
            // A literal NULL has no type of its own.
            _ if [successes, n].iter().any(|array| *array.data_type() == DataType::Null) => bounds.append_nulls(rows),
            _ => return internal_err!("{} got {} and {}", self.name(), successes.data_type(), n.data_type()),
        }
        let bounds = bounds.finish();
        if constant {
            return Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::Float64(
                bounds.is_valid(0).then(|| bounds.value(0)),
            )));
        }
        Ok(ColumnarValue::Array(Arc::new(bounds)))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(match self.bound {
            Bound::Lower => &wilson_lower::DOCUMENTATION,
            Bound::Upper => &wilson_upper::DOCUMENTATION,
        })
    }
}
