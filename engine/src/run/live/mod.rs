//! The figures of a whole run, out of those of its shards: pure, so that every face shows the same.

mod alerts;
mod eta;
mod figures;
mod merge;
mod overdue;
#[cfg(test)]
pub(crate) mod testing;

pub use alerts::Alert;
pub use eta::Eta;
pub use figures::{RunInput, RunProgress, ShardLine, ShardSeen, Stand};
pub use merge::merge;
pub use overdue::SlowTask;
