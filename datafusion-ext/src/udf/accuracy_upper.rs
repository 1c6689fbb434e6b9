use datafusion::logical_expr::{DocSection, Documentation};
use std::sync::LazyLock;

pub(super) const NAME: &str = "accuracy_upper";

pub(super) static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Accuracy", description: None },
        "Upper bound of Wilson's 95 % interval of `accuracy(match)`. NULL when no cell has a known answer.",
        "accuracy_upper(match)",
    )
    .with_sql_example("```sql\n> select field, accuracy_upper(match) from fields group by field;\n```")
    .with_argument(
        "match",
        "Outcome of a cell: exact, equivalent, wrong, missing, spurious or absent; any other word is an error. NULL \
         cells have no known answer and do not count.",
    )
    .with_related_udf("accuracy")
    .with_related_udf("accuracy_lower")
    .build()
});
