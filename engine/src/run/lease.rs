use super::journal::seal;
use super::{RunError, Stop, Worker};
use crate::catalog::Catalog;
use crate::model::Shard;
use chrono::{DateTime, Utc};
use mino_datafusion::layout;
use mino_datafusion::store::StoreError;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Who has a shard of a run. Written once under each epoch, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Which part of the run.
    pub shard: Shard,
    /// From 1; each owner has its own.
    pub epoch: u64,
    /// Whose.
    pub worker: Worker,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Without a sign of life for so many milliseconds, others may take it over.
    pub lease_ms: u64,
}

/// How the work under a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseEnd {
    /// Every task of the shard has ended.
    Done,
    /// The run was stopped.
    Stopped,
    /// The worker had to go; somebody else may go on.
    Released,
}

#[derive(Debug, Serialize, Deserialize)]
struct EndRecord {
    end: LeaseEnd,
    at: DateTime<Utc>,
    /// Number of the last order that was known.
    #[serde(default)]
    orders: u64,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Division {
    of: u32,
}

/// What is known of one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseState {
    /// Its newest lease.
    pub lease: Lease,
    /// How that ended; `None`: it has not.
    pub end: Option<LeaseEnd>,
    /// Number of the last order that was known when it ended.
    pub orders: u64,
}

impl LeaseState {
    /// Whether its worker is known to be gone without having ended its work.
    #[must_use]
    pub fn is_orphaned(&self) -> bool {
        self.end.is_none() && self.lease.worker.is_gone()
    }
}

impl Lease {
    /// Takes a shard, as soon as nobody else has it: at once where its last owner ended or is known to be gone, else when
    /// no sign of life came from it for as long as its lease says. What the owners before wrote is closed: from then on
    /// nothing that they still write counts.
    ///
    /// # Errors
    /// [`RunError::Owned`] when somebody works on it, or may, and `stop` does not want it known any more; [`RunError::Divided`] when the run is divided otherwise; when the
    /// store does not answer.
    pub async fn take(
        catalog: &Catalog,
        run_id: &str,
        shard: Shard,
        lease: Duration,
        at: DateTime<Utc>,
        stop: &Stop,
    ) -> Result<Self, RunError> {
        divide(catalog, run_id, shard).await?;
        let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        loop {
            let known = shards(catalog, run_id).await?.remove(&shard.number);
            let epoch = known.as_ref().map_or(0, |known| known.lease.epoch) + 1;
            if let Some(known) = known.filter(|known| known.end.is_none() && !known.lease.worker.is_gone()) {
                wait_until_expired(catalog, run_id, &known.lease, stop).await?;
            }
            let own = Self { shard, epoch, worker: Worker::here(), at, lease_ms };
            let path = layout::lease(catalog.org(), run_id, shard.number, epoch);
            let bytes =
                serde_json::to_vec_pretty(&own).map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?;
            match catalog.store().create(&path, bytes.clone().into()).await {
                Ok(()) => {}
                // An earlier try of ours arrived although its answer did not; else somebody was quicker.
                Err(StoreError::AlreadyExists { .. })
                    if catalog.store().get(&path).await?.is_some_and(|b| b == bytes) => {}
                Err(StoreError::AlreadyExists { .. }) => continue,
                Err(error) => return Err(error.into()),
            }
            seal(catalog, run_id, shard.number, epoch).await?;
            return Ok(own);
        }
    }

    /// Who has the shard now, when that is not this lease any more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn successor(&self, catalog: &Catalog, run_id: &str) -> Result<Option<Self>, RunError> {
        let path = layout::lease(catalog.org(), run_id, self.shard.number, self.epoch + 1);
        read(catalog, &path).await
    }

    /// Writes down how the work ended, and the number of the last order that was known then.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn end(&self, catalog: &Catalog, run_id: &str, end: LeaseEnd, orders: u64) -> Result<(), RunError> {
        let path = layout::lease_end(catalog.org(), run_id, self.shard.number, self.epoch);
        let bytes = serde_json::to_vec_pretty(&EndRecord { end, at: Utc::now(), orders })
            .map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?;
        match catalog.store().create(&path, bytes.into()).await {
            Ok(()) | Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Into how many shards a run is divided; `None`: nobody has begun.
///
/// # Errors
/// When the store does not answer.
pub async fn division(catalog: &Catalog, run_id: &str) -> Result<Option<u32>, RunError> {
    let path = layout::shards(catalog.org(), run_id);
    Ok(read::<Division>(catalog, &path).await?.map(|division| division.of))
}

/// The newest lease of each shard that somebody ever worked on, by its number.
///
/// # Errors
/// When the store does not answer.
pub async fn shards(catalog: &Catalog, run_id: &str) -> Result<BTreeMap<u32, LeaseState>, RunError> {
    let mut newest: BTreeMap<u32, (u64, bool)> = BTreeMap::new();
    for object in catalog.store().list(&layout::leases(catalog.org(), run_id)).await? {
        let Some((shard, epoch, is_end)) = layout::parse_lease(&object.location) else { continue };
        let entry = newest.entry(shard).or_default();
        if epoch > entry.0 {
            *entry = (epoch, is_end);
        } else if epoch == entry.0 {
            entry.1 |= is_end;
        }
    }
    let mut states = BTreeMap::new();
    for (shard, (epoch, ended)) in newest {
        let Some(lease) = read::<Lease>(catalog, &layout::lease(catalog.org(), run_id, shard, epoch)).await? else {
            continue;
        };
        let end = if ended {
            read::<EndRecord>(catalog, &layout::lease_end(catalog.org(), run_id, shard, epoch)).await?
        } else {
            None
        };
        let orders = end.as_ref().map_or(0, |record| record.orders);
        states.insert(shard, LeaseState { lease, end: end.map(|record| record.end), orders });
    }
    Ok(states)
}

async fn read<T: serde::de::DeserializeOwned>(catalog: &Catalog, path: &Path) -> Result<Option<T>, RunError> {
    let Some(bytes) = catalog.store().get(path).await? else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&bytes).map_err(|error| catalog.store().corrupt(path, &error.to_string()))?))
}

/// The first worker of a run decides into how many shards it is divided.
async fn divide(catalog: &Catalog, run_id: &str, shard: Shard) -> Result<(), RunError> {
    let path = layout::shards(catalog.org(), run_id);
    let bytes = serde_json::to_vec(&Division { of: shard.of })
        .map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?;
    match catalog.store().create(&path, bytes.into()).await {
        Ok(()) => Ok(()),
        Err(StoreError::AlreadyExists { .. }) => match division(catalog, run_id).await? {
            Some(of) if of != shard.of => Err(RunError::Divided { run_id: run_id.to_owned(), of, asked: shard }),
            _ => Ok(()),
        },
        Err(error) => Err(error.into()),
    }
}

/// A sign of life is whatever changes about the shard's live figures. Their age is told by our clock alone, so that
/// machines whose clocks differ agree.
async fn wait_until_expired(catalog: &Catalog, run_id: &str, lease: &Lease, stop: &Stop) -> Result<(), RunError> {
    let path = layout::progress(catalog.org(), run_id, lease.shard.number);
    let patience = Duration::from_millis(lease.lease_ms);
    let first = catalog.store().head(&path).await?;
    let begun = Instant::now();
    while begun.elapsed() < patience {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(250).min(patience)) => {}
            () = stop.finish.cancelled() => {}
            () = stop.now.cancelled() => {}
        }
        if lease.worker.is_gone() {
            return Ok(());
        }
        let given_up = stop.finish.is_cancelled() || stop.now.is_cancelled();
        if given_up || catalog.store().head(&path).await? != first {
            let worker = lease.worker.to_string();
            return Err(RunError::Owned { run_id: run_id.to_owned(), shard: lease.shard, worker, since: lease.at });
        }
    }
    Ok(())
}
