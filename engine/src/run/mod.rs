//! One run: plan → execute → finalize, as a stream of typed events. Each step can be repeated.

mod adapt;
mod archive;
mod attempt;
mod breaker;
mod control;
mod error;
mod event;
mod execute;
mod executor;
mod finalize;
mod follow;
mod gate;
#[cfg(test)]
mod gate_properties;
mod host_gate;
mod journal;
mod lease;
mod lines;
mod live;
mod notice;
mod patience;
mod permission;
mod plan;
mod progress;
mod pulse;
mod reading;
mod record;
mod retry;
mod sample;
mod scribe;
mod shares;
mod spool;
mod stop;
mod summary;
mod tables;
mod throttle;
mod tier;
mod tries;
mod verify;
mod worker;

pub use adapt::{Adapt, Sample as LoadSample, Troubles};
pub use archive::Archive;
pub use attempt::Source;
pub use breaker::{Breaker, Verdict};
pub use control::{Orders, Retried, order};
pub use error::RunError;
pub use event::{FoundValue, Listener, RunEvent};
pub use execute::{Execution, ShardEnded, Worked, execute};
pub use finalize::{Ended, PublishedTable, ResultRecord, finalize, reopen};
pub use gate::Gates;
pub use host_gate::{HostId, Seen, Visit};
pub use journal::JournalIndex;
pub use lease::{Lease, LeaseEnd, LeaseState, division, shards};
#[cfg(test)]
pub(crate) use live::testing;
pub use live::{Alert, Eta, RunInput, RunProgress, ShardLine, ShardSeen, SlowTask, Stand, merge};
use notice::Notice;
pub use patience::Patience;
pub(crate) use plan::check_settings;
pub use plan::{Plan, PlanOptions, PlanRow, check_prompt, plan, read_plan};
pub(crate) use progress::planned_tasks;
pub use progress::{
    Concurrency, Durations, FailureGroup, Failures, HostCount, HostWaiting, HostsWaiting, InFlight, InFlightTask,
    LastFinished, LastValue, Memory, Now, Progress, Rate, ShardFile, ShardIdentity, ShardProgress, ShardState, Slice,
    Totals, message_pattern, publish_progress, read_progress,
};
pub use retry::{Host, Outcome, POLICIES, Policy, retry_after};
pub use sample::choose;
pub use shares::Shares;
pub use spool::spool_root;
pub use stop::Stop;
pub use summary::{FieldSummary, RunSummary, Share};
pub use verify::{Verification, verify};
pub use worker::Worker;
