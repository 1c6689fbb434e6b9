use datafusion::logical_expr::{DocSection, Documentation};
use std::sync::LazyLock;

pub(super) const NAME: &str = "wilson_upper";

pub(super) static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        DocSection { include: true, label: "Intervals", description: None },
        "The upper bound of Wilson's 95 % interval of a share (z = 1.96). NULL when n is 0 or either argument is NULL; an \
         error when there are more successes than n, or a negative count.",
        "wilson_upper(successes, n)",
    )
    .with_sql_example("```sql\n> select round(wilson_upper(9, 10), 4);\n0.9821\n```")
    .with_argument("successes", "How many did, a whole number.")
    .with_argument("n", "Out of how many, a whole number.")
    .with_related_udf("wilson_lower")
    .build()
});
