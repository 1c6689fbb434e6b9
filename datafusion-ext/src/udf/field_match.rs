use super::rule_cache::RuleCache;
use super::text_column::TextColumn;
use crate::compare::{Match, compare_cell};
use arrow::array::{Array, AsArray, Float64Array, StringBuilder};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::types::{NativeType, logical_float64, logical_string};
use datafusion::common::{Result, ScalarValue, exec_err, internal_err};
use datafusion::logical_expr::{
    Coercion, ColumnarValue, DocSection, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature,
    TypeSignatureClass, Volatility,
};
use std::sync::{Arc, LazyLock};

const NAME: &str = "field_match";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Comparing values", description: None },
        "Says how a value that was found compares with the expected one by the rule of its type: `exact`, `equivalent`, \
         `wrong`, `missing` (nothing found), `spurious` (found, but known to be absent) or `absent` (rightly nothing \
         found). NULL when the expected value is NULL or blank, that is not known. An expected JSON array lists several \
         accepted answers (of a list type: its items); an expected `-` says that there is no value.",
        "field_match(type, expected, found [, threshold])",
    )
    .with_sql_example(
        "```sql\n> select field_match('money', '1099', '1.099,00 €');\nequivalent\n> select field_match('text', \
         'Tomato Sauce', 'Tomato Sauce Pasta', 0.9);\nwrong\n```",
    )
    .with_argument("type", "Field type: text, integer, number, money, boolean, date, datetime, duration, url, email, phone, enum, id or list<…>.")
    .with_argument("expected", "The expected value, as text.")
    .with_argument("found", "The value that was found, as text, raw or canonical.")
    .with_argument("threshold", "Similarity from which two values match, 0 to 1; 0.8 when left out or NULL.")
    .with_related_udf("field_similarity")
    .build()
});

/// `field_match(type, expected, found [, threshold])`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct FieldMatch {
    signature: Signature,
}

impl FieldMatch {
    pub(super) fn new() -> Self {
        let text = || Coercion::new_exact(TypeSignatureClass::Native(logical_string()));
        let number = Coercion::new_implicit(
            TypeSignatureClass::Native(logical_float64()),
            vec![TypeSignatureClass::Numeric],
            NativeType::Float64,
        );
        let forms = vec![
            TypeSignature::Coercible(vec![text(), text(), text()]),
            TypeSignature::Coercible(vec![text(), text(), text(), number]),
        ];
        Self { signature: Signature::one_of(forms, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for FieldMatch {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [field_type, expected, found, rest @ ..] = args.args.as_slice() else {
            return internal_err!("{NAME} got {} arguments", args.args.len());
        };
        let field_type = TextColumn::of_argument(NAME, field_type)?;
        let (expected, found) = (TextColumn::of_argument(NAME, expected)?, TextColumn::of_argument(NAME, found)?);
        let threshold = rest.first().map(Threshold::of_argument).transpose()?.unwrap_or(Threshold::Constant(None));
        let mut rules = RuleCache::default();
        let mut outcome = |row: usize| -> Result<Option<Match>> {
            let Some(name) = field_type.get(row) else { return Ok(None) };
            let rule = rules.rule(NAME, name)?;
            rule.threshold = threshold.get(row)?;
            Ok(compare_cell(rule, expected.get(row), found.get(row)).map(|cell| cell.outcome))
        };
        if args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
            let word = outcome(0)?.map(|outcome| outcome.as_str().to_owned());
            return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(word)));
        }
        let mut words = StringBuilder::with_capacity(args.number_rows, args.number_rows * 8);
        for row in 0..args.number_rows {
            words.append_option(outcome(row)?.map(Match::as_str));
        }
        Ok(ColumnarValue::Array(Arc::new(words.finish())))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

enum Threshold<'a> {
    Constant(Option<f64>),
    Column(&'a Float64Array),
}

impl<'a> Threshold<'a> {
    fn of_argument(argument: &'a ColumnarValue) -> Result<Self> {
        match argument {
            ColumnarValue::Scalar(ScalarValue::Float64(threshold)) => Ok(Self::Constant(*threshold)),
            ColumnarValue::Scalar(scalar) if scalar.is_null() => Ok(Self::Constant(None)),
            ColumnarValue::Array(array) if *array.data_type() == DataType::Float64 => {
                Ok(Self::Column(array.as_primitive::<Float64Type>()))
            }
            ColumnarValue::Array(array) if *array.data_type() == DataType::Null => Ok(Self::Constant(None)),
            other => exec_err!("{NAME} expects a number as threshold, got {}", other.data_type()),
        }
    }

    fn get(&self, row: usize) -> Result<Option<f64>> {
        let threshold = match self {
            Self::Constant(threshold) => *threshold,
            Self::Column(column) => column.is_valid(row).then(|| column.value(row)),
        };
        match threshold {
            Some(outside) if !(0.0..=1.0).contains(&outside) => {
                exec_err!("{NAME} expects a threshold from 0 to 1, got {outside}")
            }
            inside => Ok(inside),
        }
    }
}
