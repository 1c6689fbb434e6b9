use datafusion::logical_expr::{DocSection, Documentation};
use std::sync::LazyLock;

pub(super) const NAME: &str = "accuracy";

pub(super) static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Accuracy", description: None },
        "Share of cells that came out right (exact, equivalent or absent) among those with a known answer. NULL when none has one.",
        "accuracy(match)",
    )
    .with_sql_example("```sql\n> select field, accuracy(match) from fields group by field;\n```")
    .with_argument(
        "match",
        "Outcome of a cell: exact, equivalent, wrong, missing, spurious or absent; any other word is an error. NULL \
         cells have no known answer and do not count. Or a truth value for each row, or two counts for each row \
         (successes, n), which are summed.",
    )
    .with_related_udf("wilson_lower")
    .with_related_udf("wilson_upper")
    .build()
});
