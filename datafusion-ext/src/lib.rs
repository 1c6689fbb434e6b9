//! What Mino's results mean.
//!
//! This crate holds the object layout of a Mino store, the schemas of its tables, the typed comparison of values, every
//! statistic that a report shows, and the SQL functions and tables over them. It starts no browser and no run: anyone
//! can query a store with it alone. Definitions follow `SEMANTICS.md`; each stands here once and nowhere else.
//!
//! ```
//! use mino_datafusion::stats::wilson;
//! let interval = wilson(9, 10).unwrap();
//! assert!((interval.lower - 0.596).abs() < 1e-3);
//! ```

pub mod compare;
pub mod layout;
pub mod schema;
pub mod session;
pub mod stats;
pub mod store;
pub mod table;
pub mod udf;
pub mod value;

pub use datafusion::arrow;
pub use datafusion::error::DataFusionError;
