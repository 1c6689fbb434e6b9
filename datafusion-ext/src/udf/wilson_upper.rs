use datafusion::logical_expr::{DocSection, Documentation};
use std::sync::LazyLock;

pub(super) const NAME: &str = "wilson_upper";

pub(super) static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Accuracy", description: None },
        "Upper bound of Wilson's 95 % interval (z = 1.96) of `accuracy(match)`. NULL when no cell has a \
         known answer.",
        "wilson_upper(match)",
    )
    .with_sql_example("```sql\n> select field, wilson_upper(match) from fields group by field;\n```")
    .with_sql_example("```sql\n> select round(wilson_upper(9, 10), 3);\n0.982\n```")
    .with_argument(
        "match",
        "Outcome of a cell: exact, equivalent, wrong, missing, spurious or absent; any other word is an error. NULL \
         cells have no known answer and do not count. Or a truth value for each row, or two counts for each row \
         (successes, n), which are summed.",
    )
    .with_related_udf("accuracy")
    .with_related_udf("wilson_lower")
    .build()
});
