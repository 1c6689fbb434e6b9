use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;

/// How what is under way is ended from within this process.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Cancelled: attempts under way finish, no further one begins.
    pub finish: CancellationToken,
    /// Cancelled: attempts under way are given up; what is done is kept.
    pub now: CancellationToken,
    why: Arc<OnceLock<String>>,
}

impl Stop {
    /// Why it is ended, for the run's record; the first reason counts.
    pub fn because(&self, why: impl Into<String>) {
        self.why.get_or_init(|| why.into());
    }

    /// Why it was ended.
    #[must_use]
    pub fn why(&self) -> &str {
        self.why.get().map_or("stopped by a person", String::as_str)
    }
}
