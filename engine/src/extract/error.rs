/// Fields that cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// An explicit rule is not written as its language wants it.
    #[error("field `{field}` has the rule `{rule}`, which cannot be used: {reason}")]
    Rule {
        /// Which field.
        field: String,
        /// The rule.
        rule: String,
        /// Why.
        reason: String,
    },
    /// A validation pattern is not a regular expression.
    #[error("the pattern of field `{field}` is not a regular expression: {reason}")]
    Pattern {
        /// Which field.
        field: String,
        /// Why.
        reason: String,
    },
}
