use crate::compare::{Match, UnknownMatch};
use crate::stats::{Counts, RESAMPLES, bootstrap_counts};
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::cast::as_string_array;
use datafusion::common::types::logical_string;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{DataFusionError, Result, ScalarValue, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Coercion, DocSection, Documentation, Signature, TypeSignature, TypeSignatureClass,
    Volatility,
};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// How much of what was found is right, and how much of what there is was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum RetrievalFigure {
    F1,
    F1Lower,
    F1Upper,
    Precision,
    Recall,
}

impl RetrievalFigure {
    pub(super) const ALL: [Self; 5] = [Self::F1, Self::F1Lower, Self::F1Upper, Self::Precision, Self::Recall];

    fn name(self) -> &'static str {
        match self {
            Self::F1 => "f1",
            Self::F1Lower => "f1_lower",
            Self::F1Upper => "f1_upper",
            Self::Precision => "precision",
            Self::Recall => "recall",
        }
    }

    fn of(self, clusters: &BTreeMap<String, Counts>) -> Option<f64> {
        let sum = || {
            clusters.values().fold(Counts::default(), |mut sum, counts| {
                sum += *counts;
                sum
            })
        };
        let interval = || {
            let clusters: Vec<Counts> = clusters.values().copied().collect();
            bootstrap_counts(&clusters, Counts::f1, RESAMPLES, 0)
        };
        match self {
            Self::F1 => sum().f1(),
            Self::F1Lower => interval().map(|interval| interval.lower),
            Self::F1Upper => interval().map(|interval| interval.upper),
            Self::Precision => sum().precision(),
            Self::Recall => sum().recall(),
        }
    }

    fn documentation(self) -> &'static Documentation {
        static ALL: LazyLock<Vec<Documentation>> = LazyLock::new(|| RetrievalFigure::ALL.map(document).to_vec());
        &ALL[Self::ALL.iter().position(|figure| *figure == self).unwrap_or_default()]
    }

    fn is_bound(self) -> bool {
        matches!(self, Self::F1Lower | Self::F1Upper)
    }
}

fn document(figure: RetrievalFigure) -> Documentation {
    let what = match figure {
        RetrievalFigure::F1 => "Harmonic mean of precision and recall. A wrong value counts against both.",
        RetrievalFigure::F1Lower => {
            "Lower bound of the 95 % interval of F1: percentile bootstrap, 1,000 seeded resamples of whole clusters. NULL \
             when there are fewer than two."
        }
        RetrievalFigure::F1Upper => {
            "Upper bound of the 95 % interval of F1: percentile bootstrap, 1,000 seeded resamples of whole clusters. NULL \
             when there are fewer than two."
        }
        RetrievalFigure::Precision => {
            "Share of the values found that are right: TP / (TP + FP). NULL when none was found."
        }
        RetrievalFigure::Recall => {
            "Share of the values that there are which was found right: TP / (TP + FN). NULL when there are none."
        }
    };
    let name = figure.name();
    let arguments = if figure.is_bound() { "match, cluster" } else { "match" };
    let example = if figure.is_bound() { "match, site_url" } else { "match" };
    let mut builder = Documentation::builder(
        DocSection { include: true, label: "Precision and recall", description: None },
        what,
        format!("{name}({arguments})"),
    )
    .with_sql_example(format!("```sql\n> select field, {name}({example}) from fields group by field;\n```"))
    .with_argument(
        "match",
        "Outcome of a cell: exact, equivalent, wrong, missing, spurious or absent. NULL does not count.",
    );
    if figure.is_bound() {
        builder = builder.with_argument(
            "cluster",
            "What fails together and is drawn as one: the host, or the task. NULL is a cluster of its own.",
        );
    }
    builder.build()
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Retrieval {
    figure: RetrievalFigure,
    signature: Signature,
}

impl Retrieval {
    pub(super) fn new(figure: RetrievalFigure) -> Self {
        let text = || Coercion::new_exact(TypeSignatureClass::Native(logical_string()));
        let arguments = if figure.is_bound() { vec![text(), text()] } else { vec![text()] };
        Self { figure, signature: Signature::one_of(vec![TypeSignature::Coercible(arguments)], Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Retrieval {
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
        Ok(Box::new(Clusters { figure: self.figure, all: BTreeMap::new() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "clusters"), DataType::List(item), true))])
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(self.figure.documentation())
    }
}

/// Outcomes by cluster.
#[derive(Debug)]
struct Clusters {
    figure: RetrievalFigure,
    all: BTreeMap<String, Counts>,
}

/// A cluster with its counts as one text: they travel between partitions as a list of texts.
fn encode(cluster: &str, counts: &Counts) -> String {
    let Counts { exact, equivalent, wrong, missing, spurious, absent } = counts;
    format!("{exact} {equivalent} {wrong} {missing} {spurious} {absent} {cluster}")
}

fn decode(text: &str) -> Option<(&str, Counts)> {
    let mut parts = text.splitn(7, ' ');
    let mut next = || parts.next()?.parse().ok();
    let counts = Counts {
        exact: next()?,
        equivalent: next()?,
        wrong: next()?,
        missing: next()?,
        spurious: next()?,
        absent: next()?,
    };
    Some((parts.next()?, counts))
}

impl Accumulator for Clusters {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(outcomes) = values.first() else { return Ok(()) };
        let outcomes = arrow::compute::cast(outcomes, &DataType::Utf8)?;
        let outcomes = as_string_array(&outcomes)?;
        let clusters = values.get(1).map(|clusters| arrow::compute::cast(clusters, &DataType::Utf8)).transpose()?;
        let clusters = clusters.as_ref().map(|clusters| as_string_array(clusters)).transpose()?;
        for row in (0..outcomes.len()).filter(|row| outcomes.is_valid(*row)) {
            let outcome: Match = outcomes
                .value(row)
                .parse()
                .map_err(|error: UnknownMatch| DataFusionError::Execution(error.to_string()))?;
            let cluster = clusters.filter(|clusters| clusters.is_valid(row)).map_or("", |clusters| clusters.value(row));
            match self.all.get_mut(cluster) {
                Some(counts) => counts.add(outcome),
                None => self.all.entry(cluster.to_owned()).or_default().add(outcome),
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.figure.of(&self.all)))
    }

    fn size(&self) -> usize {
        let names: usize = self.all.keys().map(String::capacity).sum();
        size_of::<Self>() + names + self.all.len() * size_of::<(String, Counts)>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let texts: StringArray = self.all.iter().map(|(cluster, counts)| Some(encode(cluster, counts))).collect();
        Ok(vec![SingleRowListArrayBuilder::new(Arc::new(texts)).build_list_scalar()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first() else { return Ok(()) };
        for texts in lists.as_list::<i32>().iter().flatten() {
            for (cluster, counts) in as_string_array(&texts)?.iter().flatten().filter_map(decode) {
                *self.all.entry(cluster.to_owned()).or_default() += counts;
            }
        }
        Ok(())
    }
}
