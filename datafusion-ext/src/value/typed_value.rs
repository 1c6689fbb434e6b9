/// One value in canonical form.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedValue {
    /// The canonical text; the same value always has the same.
    pub text: String,
    /// The value as a number: of integers, numbers, amounts of money, and durations (in the unit of the field).
    pub number: Option<f64>,
    /// The currency of an amount of money, ISO 4217, where it is known.
    pub currency: Option<String>,
    /// The items of a list; empty for every other type.
    pub items: Vec<TypedValue>,
}

impl TypedValue {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), number: None, currency: None, items: Vec::new() }
    }

    pub(super) fn number(text: impl Into<String>, number: f64) -> Self {
        Self { number: Some(number), ..Self::text(text) }
    }
}
