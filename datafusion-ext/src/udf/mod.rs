//! The definitions of this crate as SQL functions; one file a function.
//!
//! ```
//! use datafusion::prelude::SessionContext;
//! let mut context = SessionContext::new();
//! mino_datafusion::udf::register_all(&mut context)?;
//! // SELECT field_match('duration', '1 h 20 min', 'PT80M')  →  equivalent
//! # Ok::<(), datafusion::error::DataFusionError>(())
//! ```

mod accuracy;
mod correct_counts;
mod correct_share;
mod field_match;
mod field_similarity;
mod figure;
mod register;
mod reliability;
mod retrieval;
mod rule_cache;
mod text_column;
mod wilson_lower;
mod wilson_upper;

pub use register::{aggregate_functions, register_all, scalar_functions};
