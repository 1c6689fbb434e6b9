use chromiumoxide::cdp::browser_protocol::target::{EventTargetCrashed, TargetId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Why the renderer of a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crash {
    /// By itself, or by somebody else.
    Itself,
    /// It took more memory than this, in bytes, and was killed.
    Greedy(u64),
    /// All browsers together took too much memory, and it was the largest.
    Largest,
}

/// How long after it was killed a renderer's end is reported at the latest.
const REPORTED_WITHIN: Duration = Duration::from_secs(3);

/// Which pages want to hear of their renderer's end.
#[derive(Debug, Default)]
pub(super) struct Crashes {
    waiting: Mutex<HashMap<TargetId, oneshot::Sender<Crash>>>,
    killed: Mutex<Option<(Instant, Crash)>>,
}

impl Crashes {
    pub(super) fn watch(&self, page: TargetId) -> oneshot::Receiver<Crash> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(page, sender);
        receiver
    }

    pub(super) fn forget(&self, page: &TargetId) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(page);
    }

    /// A renderer is about to be killed by us.
    pub(super) fn killing(&self, why: Crash) {
        *self.killed.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), why));
    }

    pub(super) fn crashed(&self, event: &EventTargetCrashed) {
        let killed = *self.killed.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = killed.filter(|(at, _)| event.status == "killed" && at.elapsed() < REPORTED_WITHIN);
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&event.target_id);
        if let Some(waiting) = waiting {
            let _ = waiting.send(ours.map_or(Crash::Itself, |(_, why)| why));
        }
    }
}
