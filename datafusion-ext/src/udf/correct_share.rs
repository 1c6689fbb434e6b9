use super::correct_counts::{CorrectCounts, CorrectGroups};
use super::figure::Figure;
use super::{accuracy, wilson_lower, wilson_upper};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::types::{LogicalTypeRef, NativeType, logical_boolean, logical_int64, logical_string};
use datafusion::common::{Result, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Coercion, Documentation, GroupsAccumulator, Signature, TypeSignature,
    TypeSignatureClass, Volatility,
};
use std::sync::Arc;

/// `accuracy`, `wilson_lower` and `wilson_upper`: of outcomes, of truth values, or of counts.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CorrectShare {
    figure: Figure,
    signature: Signature,
}

impl CorrectShare {
    pub(super) fn new(figure: Figure) -> Self {
        let exact = |kind: LogicalTypeRef| Coercion::new_exact(TypeSignatureClass::Native(kind));
        let count = Coercion::new_implicit(
            TypeSignatureClass::Native(logical_int64()),
            vec![TypeSignatureClass::Integer],
            NativeType::Int64,
        );
        let forms = vec![
            TypeSignature::Coercible(vec![exact(logical_string())]),
            TypeSignature::Coercible(vec![exact(logical_boolean())]),
            TypeSignature::Coercible(vec![count.clone(), count]),
        ];
        Self { figure, signature: Signature::one_of(forms, Volatility::Immutable) }
    }

    /// Distinct outcomes are six words: their share is nobody's accuracy.
    fn refuse_distinct(&self, args: &AccumulatorArgs<'_>) -> Result<()> {
        if args.is_distinct { not_impl_err!("{}(DISTINCT …)", self.figure.name()) } else { Ok(()) }
    }
}

impl AggregateUDFImpl for CorrectShare {
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
        self.refuse_distinct(&args)?;
        Ok(Box::new(CorrectCounts::new(self.figure)))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let count = |what: &str| Arc::new(Field::new(format_state_name(args.name, what), DataType::UInt64, true));
        Ok(vec![count("correct"), count("known")])
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs<'_>) -> bool {
        !args.is_distinct
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        self.refuse_distinct(&args)?;
        Ok(Box::new(CorrectGroups::new(self.figure)))
    }

    fn order_sensitivity(&self) -> datafusion::logical_expr::utils::AggregateOrderSensitivity {
        datafusion::logical_expr::utils::AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(match self.figure {
            Figure::Share => &accuracy::DOCUMENTATION,
            Figure::Lower => &wilson_lower::DOCUMENTATION,
            Figure::Upper => &wilson_upper::DOCUMENTATION,
        })
    }
}
