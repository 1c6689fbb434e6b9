use super::RunError;
use crate::model::ControlRecord;

/// What those who work and those who talk with the store tell the one who decides.
#[derive(Debug)]
pub(super) enum Notice {
    /// An attempt has done a step.
    Step {
        /// Of which task.
        task_id: String,
    },
    /// So many finished attempts are safe in the store.
    Flushed(usize),
    /// The journal cannot be written any more; what ends it is the scribe's result.
    Failed,
    /// Somebody ordered something.
    Order(ControlRecord),
    /// Somebody else has the shard.
    LeaseLost(RunError),
    /// The store does not take the journal.
    StoreAway {
        /// What it says, and where attempts wait.
        reason: String,
    },
    /// It does again, and everything is there.
    StoreBack,
}
