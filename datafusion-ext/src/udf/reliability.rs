use crate::compare::Match;
use crate::stats::{auroc, brier, ece};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::cast::as_float64_array;
use datafusion::common::types::{NativeType, logical_boolean, logical_float64, logical_string};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{DataFusionError, Result, ScalarValue, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Coercion, DocSection, Documentation, Signature, TypeSignature, TypeSignatureClass,
    Volatility,
};
use std::sync::{Arc, LazyLock};

/// How well confidences fit what came: `brier`, `ece`, `auroc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ReliabilityFigure {
    Brier,
    Ece,
    Auroc,
}

impl ReliabilityFigure {
    pub(super) const ALL: [Self; 3] = [Self::Auroc, Self::Brier, Self::Ece];

    fn name(self) -> &'static str {
        match self {
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Auroc => "auroc",
        }
    }

    fn of(self, forecasts: &[(f64, bool)]) -> Option<f64> {
        match self {
            Self::Brier => brier(forecasts),
            Self::Ece => ece(forecasts),
            Self::Auroc => auroc(forecasts),
        }
    }
}

fn documentation(name: &'static str, what: &'static str) -> Documentation {
    Documentation::builder(DocSection { include: true, label: "Confidence", description: None }, what, format!("{name}(confidence, match)"))
        .with_sql_example(format!("```sql\n> select type, {name}(confidence, match) from fields where value is not null group by type;\n```"))
        .with_argument("confidence", "Probability that the value is right, 0 to 1. NULL does not count.")
        .with_argument(
            "match",
            "Outcome of the cell (exact, equivalent, wrong, …) or a truth value. NULL has no known answer and does not count.",
        )
        .build()
}

static AUROC: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "auroc",
        "Chance that a right value has a higher confidence than a wrong one; NULL where all are right or all are wrong.",
    )
});
static BRIER: LazyLock<Documentation> =
    LazyLock::new(|| documentation("brier", "Mean squared distance between the confidence and what came (0 is best)."));
static ECE: LazyLock<Documentation> = LazyLock::new(|| {
    documentation(
        "ece",
        "Expected calibration error: mean distance between confidence and accuracy over ten bins of equal count (0 is best).",
    )
});

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Reliability {
    figure: ReliabilityFigure,
    signature: Signature,
}

impl Reliability {
    pub(super) fn new(figure: ReliabilityFigure) -> Self {
        let number = Coercion::new_implicit(
            TypeSignatureClass::Native(logical_float64()),
            vec![TypeSignatureClass::Numeric],
            NativeType::Float64,
        );
        let exact = |kind| Coercion::new_exact(TypeSignatureClass::Native(kind));
        let forms = vec![
            TypeSignature::Coercible(vec![number.clone(), exact(logical_string())]),
            TypeSignature::Coercible(vec![number, exact(logical_boolean())]),
        ];
        Self { figure, signature: Signature::one_of(forms, Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Reliability {
    fn name(&self) -> &str {
        self.figure.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return not_impl_err!("{}(DISTINCT …)", self.name());
        }
        Ok(Box::new(Forecasts { figure: self.figure, all: Vec::new() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let item = Arc::new(Field::new_list_field(DataType::Float64, true));
        let list =
            |what: &str| Arc::new(Field::new(format_state_name(args.name, what), DataType::List(item.clone()), true));
        Ok(vec![list("confidence"), list("right")])
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(match self.figure {
            ReliabilityFigure::Auroc => &AUROC,
            ReliabilityFigure::Brier => &BRIER,
            ReliabilityFigure::Ece => &ECE,
        })
    }
}

/// Confidences and whether the values were right.
#[derive(Debug)]
struct Forecasts {
    figure: ReliabilityFigure,
    all: Vec<(f64, bool)>,
}

fn right_at(outcomes: &ArrayRef, row: usize) -> Result<Option<bool>> {
    if outcomes.is_null(row) {
        return Ok(None);
    }
    let word = match outcomes.data_type() {
        DataType::Boolean => return Ok(Some(outcomes.as_boolean().value(row))),
        DataType::Utf8 => outcomes.as_string::<i32>().value(row),
        DataType::LargeUtf8 => outcomes.as_string::<i64>().value(row),
        DataType::Utf8View => outcomes.as_string_view().value(row),
        other => return not_impl_err!("outcomes as {other}"),
    };
    let outcome: Match =
        word.parse().map_err(|error: crate::compare::UnknownMatch| DataFusionError::Execution(error.to_string()))?;
    Ok(Some(outcome.is_correct()))
}

impl Accumulator for Forecasts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [confidence, outcomes] = values else { return Ok(()) };
        let confidence = as_float64_array(confidence)?;
        for row in 0..confidence.len() {
            if let (false, Some(right)) = (confidence.is_null(row), right_at(outcomes, row)?) {
                self.all.push((confidence.value(row), right));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.figure.of(&self.all)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.all.capacity() * size_of::<(f64, bool)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let list =
            |values: Vec<f64>| SingleRowListArrayBuilder::new(Arc::new(Float64Array::from(values))).build_list_scalar();
        let (confidence, right) =
            self.all.iter().map(|(confidence, right)| (*confidence, f64::from(u8::from(*right)))).unzip();
        Ok(vec![list(confidence), list(right)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [confidence, right] = states else { return Ok(()) };
        for (confidence, right) in confidence.as_list::<i32>().iter().zip(right.as_list::<i32>().iter()) {
            let (Some(confidence), Some(right)) = (confidence, right) else { continue };
            let (confidence, right) = (confidence.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
            self.all.extend(
                confidence.values().iter().zip(right.values()).map(|(confidence, right)| (*confidence, *right > 0.5)),
            );
        }
        Ok(())
    }
}
