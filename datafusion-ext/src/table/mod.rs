//! Tables of a store, as DataFusion sees them.

mod documents;
mod public;
mod published;
mod results;

pub use public::PublicSchema;
pub use results::ResultsSchema;
