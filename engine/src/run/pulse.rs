use super::control;
use super::{Lease, Notice, RunError};
use crate::catalog::Catalog;
use bytes::Bytes;
use mino_datafusion::layout;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often a worker asks for orders.
const ORDERS: Duration = Duration::from_millis(800);
/// How often it publishes its live figures, which are its sign of life too.
const FIGURES: Duration = Duration::from_secs(2);

/// Asks for orders, gives signs of life, and looks whether the shard is still ours, while the run goes on. A store that is
/// away is no event here: the journal tells of it.
#[derive(Debug)]
pub(super) struct Pulse {
    asking: JoinHandle<()>,
    telling: JoinHandle<()>,
}

impl Pulse {
    /// `orders`: the number of the last order that is known; `figures`: what to publish, the newest.
    pub(super) fn start(
        catalog: &Catalog,
        run_id: &str,
        lease: Lease,
        orders: u64,
        figures: watch::Receiver<Bytes>,
        notices: UnboundedSender<Notice>,
    ) -> Self {
        let asking = tokio::spawn(ask(catalog.clone(), run_id.to_owned(), orders, notices.clone()));
        let telling = tokio::spawn(tell(catalog.clone(), run_id.to_owned(), lease, figures, notices));
        Self { asking, telling }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.asking.abort();
        self.telling.abort();
    }
}

async fn ask(catalog: Catalog, run_id: String, mut seq: u64, notices: UnboundedSender<Notice>) {
    let mut ticks = interval(ORDERS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match control::next(&catalog, &run_id, seq).await {
                Ok(Some(record)) => {
                    seq = record.seq;
                    if notices.send(Notice::Order(record)).is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!("orders cannot be read: {error}");
                    break;
                }
            }
        }
    }
}

async fn tell(
    catalog: Catalog,
    run_id: String,
    lease: Lease,
    figures: watch::Receiver<Bytes>,
    notices: UnboundedSender<Notice>,
) {
    let every = FIGURES.min(Duration::from_millis(lease.lease_ms) / 4);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let path = layout::progress(catalog.org(), &run_id, lease.shard.number);
    let mut looked = Instant::now();
    loop {
        ticks.tick().await;
        // Frozen for a while, a worker may have lost its shard: it must not overwrite the other's figures.
        if looked.elapsed() >= Duration::from_millis(lease.lease_ms) / 3 {
            looked = Instant::now();
            if let Ok(Some(successor)) = lease.successor(&catalog, &run_id).await {
                let worker = successor.worker.to_string();
                let _ = notices.send(Notice::LeaseLost(RunError::LeaseLost { run_id, shard: lease.shard, worker }));
                return;
            }
        }
        let newest = figures.borrow().clone();
        if let Err(error) = catalog.store().put(&path, newest).await {
            tracing::debug!("live figures cannot be written: {error}");
        }
    }
}
