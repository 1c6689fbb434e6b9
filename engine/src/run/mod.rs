//! One run: plan → execute → finalize, as a stream of typed events. Each step can be repeated.

mod archive;
mod attempt;
mod error;
mod event;
mod execute;
mod finalize;
mod follow;
mod journal;
mod live;
mod plan;
mod progress;
mod reading;
mod record;
mod retry;
mod sample;
mod summary;
mod tables;
mod tier;
mod verify;

pub use archive::Archive;
pub use attempt::Source;
pub use error::RunError;
pub use event::{FoundValue, Listener, RunEvent};
pub use execute::{Execution, execute};
pub use finalize::{Ended, PublishedTable, ResultRecord, finalize};
pub use journal::read_journal;
#[cfg(test)]
pub(crate) use live::testing;
pub use live::{Alert, Eta, RunInput, RunProgress, ShardLine, ShardSeen, SlowTask, Stand, merge};
pub(crate) use plan::check_settings;
pub use plan::{Plan, PlanOptions, PlanRow, check_prompt, plan, read_plan};
pub(crate) use progress::planned_tasks;
pub use progress::{
    Concurrency, Durations, FailureGroup, Failures, HostCount, HostWaiting, HostsWaiting, InFlight, InFlightTask,
    LastFinished, LastValue, Memory, Now, Progress, Rate, ShardFile, ShardIdentity, ShardProgress, ShardState, Slice,
    Totals, message_pattern, publish_progress, read_progress,
};
pub use retry::{Outcome, retry_after};
pub use sample::choose;
pub use summary::{FieldSummary, RunSummary, Share};
pub use verify::{Verification, verify};
