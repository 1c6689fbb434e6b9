use super::{Listener, RunError, RunEvent};
use mino_datafusion::store::StoreError;
use std::fmt::Display;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a store that is away is left alone: a second, then twice as long each time, up to half a minute.
#[derive(Debug)]
pub(super) struct Waits(Duration);

impl Waits {
    const LONGEST: Duration = Duration::from_secs(30);

    pub(super) const fn new() -> Self {
        Self(Duration::from_secs(1))
    }

    pub(super) fn next(&mut self) -> Duration {
        let next = (self.0 * 2).min(Self::LONGEST);
        std::mem::replace(&mut self.0, next)
    }
}

impl RunError {
    /// Whether waiting for the store may help.
    #[must_use]
    pub fn is_store_away(&self) -> bool {
        match self {
            Self::Store(error) => is_away(error),
            Self::Catalog(crate::catalog::CatalogError::Store(error)) => is_away(error),
            Self::Dataset(crate::dataset::DatasetError::Store(error)) => is_away(error),
            _ => false,
        }
    }
}

fn is_away(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable { .. })
}

/// For something that can be repeated until the store lets it: `loop { if let Some(done) = patience.with(…) { break done } }`.
/// The listeners hear of the waiting.
#[derive(Debug)]
pub struct Patience<'a> {
    stop: &'a CancellationToken,
    waits: Waits,
    away: bool,
}

impl<'a> Patience<'a> {
    /// It ends with the store's own error once `stop` is cancelled.
    #[must_use]
    pub fn new(stop: &'a CancellationToken) -> Self {
        Self { stop, waits: Waits::new(), away: false }
    }

    /// What came of a try; `None`, after a while: try again.
    pub async fn with<T, E: Display>(
        &mut self,
        done: Result<T, E>,
        is_away: impl Fn(&E) -> bool,
        listeners: &mut [Box<dyn Listener>],
    ) -> Option<Result<T, E>> {
        let error = match done {
            Err(error) if is_away(&error) && !self.stop.is_cancelled() => error,
            done => {
                if self.away && done.is_ok() {
                    listeners.iter_mut().for_each(|listener| listener.on_event(&RunEvent::StoreBack));
                }
                return Some(done);
            }
        };
        if !self.away {
            self.away = true;
            let event = RunEvent::StoreFault { reason: error.to_string() };
            listeners.iter_mut().for_each(|listener| listener.on_event(&event));
        }
        tokio::select! {
            () = tokio::time::sleep(self.waits.next()) => {}
            () = self.stop.cancelled() => {}
        }
        None
    }
}
