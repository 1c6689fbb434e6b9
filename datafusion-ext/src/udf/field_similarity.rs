use super::rule_cache::RuleCache;
use super::text_column::TextColumn;
use crate::value::similarity;
use arrow::array::Float64Builder;
use arrow::datatypes::DataType;
use datafusion::common::types::logical_string;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    Coercion, ColumnarValue, DocSection, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature,
    TypeSignatureClass, Volatility,
};
use std::sync::{Arc, LazyLock};

const NAME: &str = "field_similarity";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Comparing values", description: None },
        "How alike two values are by the rule of their type, 0 to 1. Texts have degrees (the larger of edit and word \
         similarity), so have lists (F1 of the best one-to-one assignment); every other type is equal (1) or not (0). \
         NULL when either value is NULL or blank.",
        "field_similarity(type, expected, found)",
    )
    .with_sql_example("```sql\n> select field_similarity('text', 'Sauce', 'Tomato Sauce Pasta');\n0.5\n```")
    .with_argument("type", "Field type, as for `field_match`.")
    .with_argument("expected", "The expected value, as text.")
    .with_argument("found", "The value that was found, as text, raw or canonical.")
    .with_related_udf("field_match")
    .build()
});

/// `field_similarity(type, expected, found)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct FieldSimilarity {
    signature: Signature,
}

impl FieldSimilarity {
    pub(super) fn new() -> Self {
        let text = || Coercion::new_exact(TypeSignatureClass::Native(logical_string()));
        Self { signature: Signature::coercible(vec![text(), text(), text()], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for FieldSimilarity {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [field_type, expected, found] = args.args.as_slice() else {
            return internal_err!("{NAME} got {} arguments", args.args.len());
        };
        let field_type = TextColumn::of_argument(NAME, field_type)?;
        let (expected, found) = (TextColumn::of_argument(NAME, expected)?, TextColumn::of_argument(NAME, found)?);
        let mut rules = RuleCache::default();
        let mut share = |row: usize| -> Result<Option<f64>> {
            let Some(name) = field_type.get(row) else { return Ok(None) };
            let rule = rules.rule(NAME, name)?;
            Ok(expected.get(row).zip(found.get(row)).and_then(|(expected, found)| similarity(rule, expected, found)))
        };
        if args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
            return Ok(ColumnarValue::Scalar(ScalarValue::Float64(share(0)?)));
        }
        let mut shares = Float64Builder::with_capacity(args.number_rows);
        for row in 0..args.number_rows {
            shares.append_option(share(row)?);
        }
        Ok(ColumnarValue::Array(Arc::new(shares.finish())))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}
