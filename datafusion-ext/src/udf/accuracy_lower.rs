use datafusion::logical_expr::{DocSection, Documentation};
use std::sync::LazyLock;

pub(super) const NAME: &str = "accuracy_lower";

pub(super) static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Accuracy", description: None },
        "Lower bound of Wilson's 95 % interval of `accuracy(match)`: what to ask a quality gate of. NULL when no cell has a known answer.",
        "accuracy_lower(match)",
    )
    .with_sql_example("```sql\n> select field, accuracy_lower(match) from fields group by field;\n```")
    .with_argument(
        "match",
        "Outcome of a cell: exact, equivalent, wrong, missing, spurious or absent; any other word is an error. NULL \
         cells have no known answer and do not count.",
    )
    .with_related_udf("accuracy")
    .with_related_udf("accuracy_upper")
    .build()
});
