//! One run: plan → execute → finalize, as a stream of typed events. Each step can be repeated.

mod archive;
mod attempt;
mod breaker;
mod error;
mod event;
mod execute;
mod finalize;
mod follow;
mod journal;
mod plan;
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
pub use breaker::{Breaker, Verdict};
pub use error::RunError;
pub use event::{Listener, RunEvent};
pub use execute::{Execution, execute};
pub use finalize::{Ended, PublishedTable, ResultRecord, finalize};
pub use journal::read_journal;
pub(crate) use plan::check_settings;
pub use plan::{Plan, PlanOptions, PlanRow, check_prompt, plan, read_plan};
pub use retry::{Host, Outcome, POLICIES, Policy, retry_after};
pub use sample::choose;
pub use summary::{FieldSummary, RunSummary, Share};
pub use verify::{Verification, verify};
