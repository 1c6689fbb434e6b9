//! The live figures of one shard: made of the events of its worker, in bounded memory, and published about once a second.

mod durations;
mod failures;
mod figures;
mod file;
mod pattern;
mod rate;
mod tally;
mod window;

pub use durations::Durations;
pub use failures::{FailureGroup, Failures, HostCount};
pub use figures::{
    Concurrency, HostWaiting, HostsWaiting, InFlight, InFlightTask, LastValue, Memory, Now, ShardIdentity,
    ShardProgress, ShardState, Totals,
};
pub(crate) use file::planned_tasks;
pub use file::{ShardFile, publish_progress, read_progress};
pub use pattern::message_pattern;
pub use rate::Rate;
pub use tally::Progress;
pub use window::{LastFinished, Slice};

pub(super) use failures::merge_failures;
pub(super) use window::{WindowSum, last_slices, window_size};
