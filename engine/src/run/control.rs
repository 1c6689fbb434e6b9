use super::RunError;
use crate::catalog::{Catalog, Who};
use crate::model::{ControlRecord, Order};
use mino_datafusion::layout;
use mino_datafusion::store::StoreError;
use std::collections::{HashMap, HashSet};

/// A task that is to be tried once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retried {
    /// How often that was ordered.
    pub times: u32,
    /// Number of the last such order.
    pub seq: u64,
}

/// What all orders that were given to a run come to. Pure: the same orders give the same state, on any machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// Number of the last order that is in here.
    pub seq: u64,
    /// Number of the order that last opened the run again after its end.
    pub reopened: u64,
    /// The order that paused the run, while it is paused.
    pub paused: Option<ControlRecord>,
    /// The order that stopped it, and whether what is under way is given up.
    pub stopped: Option<(ControlRecord, bool)>,
    /// Pages that each worker has open at once, where somebody set it.
    pub concurrency: Option<u32>,
    /// Tasks that are not tried any more.
    pub skipped: HashSet<String>,
    /// Tasks to try once more.
    pub retried: HashMap<String, Retried>,
    /// Tasks that a person wants to look at.
    pub reviewed: HashSet<String>,
}

impl Orders {
    /// Takes in the next order.
    pub fn take(&mut self, record: &ControlRecord) {
        self.seq = record.seq;
        match &record.order {
            Order::Pause => self.paused = Some(record.clone()),
            Order::Resume => self.paused = None,
            Order::Stop { now } => {
                let already_now = self.stopped.as_ref().is_some_and(|(_, now)| *now);
                let first = self.stopped.take().map_or_else(|| record.clone(), |(first, _)| first);
                self.stopped = Some((first, already_now || *now));
            }
            Order::Reopen => {
                self.stopped = None;
                self.reopened = record.seq;
            }
            Order::Set { concurrency } => self.concurrency = Some(*concurrency),
            Order::Skip { task_id } => {
                self.skipped.insert(task_id.clone());
            }
            Order::Retry { task_id } => {
                self.skipped.remove(task_id);
                let retried = self.retried.entry(task_id.clone()).or_default();
                *retried = Retried { times: retried.times + 1, seq: record.seq };
            }
            Order::Review { task_id } => {
                self.reviewed.insert(task_id.clone());
            }
        }
    }

    /// Everything that was ordered of a run so far.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read(catalog: &Catalog, run_id: &str) -> Result<Self, RunError> {
        let mut orders = Self::default();
        while let Some(record) = next(catalog, run_id, orders.seq).await? {
            orders.take(&record);
        }
        Ok(orders)
    }
}

/// The order after number `seq`; `None`: there is none yet. One small request, whatever was ordered before.
pub(super) async fn next(catalog: &Catalog, run_id: &str, seq: u64) -> Result<Option<ControlRecord>, RunError> {
    let path = layout::control(catalog.org(), run_id, seq + 1);
    let Some(bytes) = catalog.store().get(&path).await? else { return Ok(None) };
    let record = serde_json::from_slice(&bytes);
    Ok(Some(record.map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?))
}

/// Gives an order to a run; workers on any machine take it in within a second or two. Orders that are given at the same
/// time all count, one after the other.
///
/// # Errors
/// When the store does not answer.
pub async fn order(catalog: &Catalog, run_id: &str, who: Who, order: Order) -> Result<ControlRecord, RunError> {
    let given = catalog.store().list(&layout::controls(catalog.org(), run_id)).await?;
    let mut record = ControlRecord { seq: given.len() as u64 + 1, at: who.at, by: who.by, why: who.why, order };
    loop {
        let path = layout::control(catalog.org(), run_id, record.seq);
        let bytes =
            serde_json::to_vec_pretty(&record).map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?;
        match catalog.store().create(&path, bytes.clone().into()).await {
            Ok(()) => return Ok(record),
            // An earlier try of ours arrived although its answer did not; else somebody was quicker.
            Err(StoreError::AlreadyExists { .. })
                if catalog.store().get(&path).await?.is_some_and(|there| there == bytes) =>
            {
                return Ok(record);
            }
            Err(StoreError::AlreadyExists { .. }) => record.seq += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Slug;
    use mino_datafusion::store::Store;

    fn orders(all: &[Order]) -> Orders {
        let mut orders = Orders::default();
        for (at, order) in all.iter().enumerate() {
            let (seq, by) = (at as u64 + 1, format!("person {at}"));
            orders.take(&ControlRecord { seq, at: chrono::DateTime::UNIX_EPOCH, by, why: None, order: order.clone() });
        }
        orders
    }

    #[test]
    fn a_stop_remembers_who_was_first_and_may_become_urgent() {
        let (record, now) = orders(&[Order::Stop { now: false }, Order::Stop { now: true }]).stopped.unwrap();
        assert!(now && record.by == "person 0");
        let (_, now) = orders(&[Order::Stop { now: true }, Order::Stop { now: false }]).stopped.unwrap();
        assert!(now);
        assert_eq!(orders(&[Order::Stop { now: true }, Order::Reopen]).stopped, None);
    }

    #[test]
    fn a_retry_lifts_a_skip() {
        let (skip, retry) = (Order::Skip { task_id: "t".into() }, Order::Retry { task_id: "t".into() });
        assert!(orders(std::slice::from_ref(&skip)).skipped.contains("t"));
        let after = orders(&[skip.clone(), retry.clone(), retry.clone()]);
        assert!(after.skipped.is_empty() && after.retried["t"] == Retried { times: 2, seq: 3 });
        assert!(orders(&[retry, skip]).skipped.contains("t"));
        assert_eq!(orders(&[Order::Pause, Order::Resume]).paused, None);
    }

    #[tokio::test]
    async fn orders_given_at_once_all_count() {
        let catalog = Catalog::new(Store::open("memory://").unwrap(), Slug::parse("acme").unwrap());
        let give = |n: u32| order(&catalog, "r", Who::here("set"), Order::Set { concurrency: n });
        let given = futures::future::join_all((1..=12).map(give)).await;
        let mut seqs: Vec<u64> = given.into_iter().map(|record| record.unwrap().seq).collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=12).collect::<Vec<u64>>());
        assert_eq!(Orders::read(&catalog, "r").await.unwrap().seq, 12);
    }
}
