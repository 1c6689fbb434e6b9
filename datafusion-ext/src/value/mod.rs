//! Values of a field: their types, their canonical form, and how alike two of them are.
//!
//! A page shows "1.099,00 €", a spreadsheet holds "1099". [`normalise`] brings both to one canonical text, and
//! [`similarity`] says how alike they are by the rule of the field's type.

mod boolean;
mod calendar;
mod clock;
mod counts;
mod currency;
mod date;
mod decimal;
mod duration;
mod duration_unit;
mod duration_words;
mod email;
mod error;
mod field_type;
mod id;
mod list;
mod list_similarity;
mod moment;
mod money;
mod month;
mod normalise;
mod number;
mod phone;
mod rule;
mod similarity;
mod terms;
mod text;
mod text_similarity;
mod typed_value;
mod url;

pub use counts::Counts;
pub use duration_unit::{DurationUnit, UnknownUnit};
pub use error::ValueError;
pub use field_type::{FieldType, UnknownType};
pub(crate) use list::json_items;
pub use normalise::normalise;
pub use rule::{DEFAULT_THRESHOLD, ValueRule};
pub use similarity::similarity;
pub use terms::Terms;
pub use typed_value::TypedValue;

#[cfg(test)]
mod properties;
