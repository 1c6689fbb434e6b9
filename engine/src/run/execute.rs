use super::attempt::{Source, Workshop};
use super::executor::Executor;
use super::finalize::change_run;
use super::journal::{Journal, JournalIndex};
use super::notice::Notice;
use super::pulse::Pulse;
use super::scribe::Scribe;
use super::spool::Spool;
use super::tier::Tiers;
use super::tries::Tries;
use super::{Lease, Listener, Orders, Patience, Plan, RunError, Stop, publish_progress};
use crate::browse::Robots;
use crate::catalog::{Catalog, Who};
use crate::extract::Extractor;
use crate::model::{RunRecord, RunStatus};
use bytes::Bytes;
use mino_datafusion::layout;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What an execution needs beside its plan.
#[derive(Debug)]
pub struct Execution {
    /// Where the pages come from; a browser is closed at the end.
    pub source: Source,
    /// Which part of the run, and that it is ours.
    pub lease: Lease,
    /// How it is ended.
    pub stop: Stop,
    /// Folder of this machine where finished attempts wait while the store is away.
    pub spool: PathBuf,
}

/// How the work on a shard ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShardEnded {
    /// Every task was worked off.
    Done,
    /// By an order to the whole run: who gave it, and why.
    Stopped(String),
    /// The process was asked to end; others may go on.
    Interrupted,
}

/// What came of the work on a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// How it ended.
    pub ended: ShardEnded,
    /// Number of the last order that was carried out.
    pub orders: u64,
}

/// Works off the tasks of one shard of a plan. Attempts that the journal has are not repeated.
///
/// # Errors
/// When the browser cannot be had, the store does not answer, or somebody else took the shard over; what was done until then
/// is in the journal.
pub async fn execute(
    catalog: &Catalog,
    plan: &Plan,
    how: Execution,
    listeners: &mut [Box<dyn Listener>],
) -> Result<Worked, RunError> {
    let Execution { source, lease, stop, spool } = how;
    let id = plan.record.run_id.clone();
    let extractor = Extractor::new(&plan.record.instructions)?;
    let (notify, notices) = mpsc::unbounded_channel();
    let known = figures_before(catalog, &id, &lease).await;
    let (figures, newest) = watch::channel(known);
    let mut patience = Patience::new(&stop.now);
    let orders = loop {
        let asked = Orders::read(catalog, &id).await;
        if let Some(orders) = patience.with(asked, RunError::is_store_away, listeners).await {
            break orders?;
        }
    };
    // What comes before the first attempt may take longer than the lease: whoever asks must see that somebody is there.
    let pulse = Pulse::start(catalog, &id, lease.clone(), orders.seq, newest, notify.clone());
    let mut journal = Journal::new(catalog.clone(), id.clone(), lease.clone());
    let spool = Spool::new(&spool, &id, lease.shard.number, lease.epoch);
    let mut patience = Patience::new(&stop.now);
    let tries = loop {
        let ready = ready(catalog, plan, &mut journal, &spool).await;
        if let Some(tries) = patience.with(ready, RunError::is_store_away, listeners).await {
            break tries?;
        }
    };
    // Ours alone: an order to stop must not look like a signal to whoever gave us the token.
    let now = stop.now.child_token();
    let shop = Arc::new(workshop(catalog, plan, source, extractor, &lease, (now.clone(), notify.clone())));
    let scribe = Scribe::start(journal, spool, now, notify);
    let mut executor = Executor::new(plan, shop.clone(), lease, orders, tries, (scribe, figures, notices), listeners);
    let result = executor.work(&stop).await;
    // Whatever happened, what is finished must not be lost.
    let flushed = executor.close().await;
    drop(pulse);
    let (figures, orders) = (executor.last_figures(), executor.orders_known());
    drop(executor);
    // Why the journal could not be written tells more than that it could not.
    let ended = flushed.and(result);
    // For those who watch; nothing depends on it. Whoever took over tells more.
    if !matches!(ended, Err(RunError::LeaseLost { .. })) {
        let _ = publish_progress(catalog, &figures).await;
    }
    if let Some(shop) = Arc::into_inner(shop) {
        shop.source.close().await;
    }
    Ok(Worked { ended: ended?, orders })
}

/// The live figures that the shard has until there are newer ones.
async fn figures_before(catalog: &Catalog, id: &str, lease: &Lease) -> Bytes {
    let path = layout::progress(catalog.org(), id, lease.shard.number);
    catalog.store().get(&path).await.ok().flatten().unwrap_or_default()
}

/// What was tried of each task so far, once everything that workers of this machine had finished is in the journal. May be
/// done again.
async fn ready(catalog: &Catalog, plan: &Plan, journal: &mut Journal, spool: &Spool) -> Result<Vec<Tries>, RunError> {
    let id = &plan.record.run_id;
    begin(catalog, id).await?;
    let mut index = JournalIndex::read(catalog, id).await?;
    if unspool(spool, journal, &index).await? {
        index = JournalIndex::read(catalog, id).await?;
    }
    Ok(plan.tasks.iter().map(|task| Tries::of(index.attempts(&task.task_id))).collect())
}

/// The run is under way, unless it is already.
async fn begin(catalog: &Catalog, id: &str) -> Result<(), RunError> {
    let running = |open: &RunRecord| {
        (open.status == RunStatus::Queued).then(|| RunRecord { status: RunStatus::Running, ..open.clone() })
    };
    change_run(catalog, id, Who::here("execute"), running).await.map(drop)
}

/// Brings to the store what a worker of this machine could not; true when there was something.
async fn unspool(spool: &Spool, journal: &mut Journal, index: &JournalIndex) -> Result<bool, RunError> {
    let unreadable =
        |error: std::io::Error| RunError::Spool { folder: spool.folder().to_path_buf(), reason: error.to_string() };
    let mut rows = match spool.left() {
        Ok(rows) => rows,
        Err(error) if spool.is_there() => return Err(unreadable(error)),
        // Where nothing can be kept nothing was.
        Err(_) => return Ok(false),
    };
    rows.retain(|row| {
        let mut there = index.attempts(&row.attempt.task_id);
        !there.any(|mark| mark.attempt_number == row.attempt.attempt_number)
    });
    for rows in rows.chunks(500) {
        journal.write(rows).await?;
    }
    spool.clear();
    Ok(!rows.is_empty())
}

fn workshop(
    catalog: &Catalog,
    plan: &Plan,
    source: Source,
    extractor: Extractor,
    lease: &Lease,
    (stop, notices): (CancellationToken, mpsc::UnboundedSender<Notice>),
) -> Workshop {
    let fields = &plan.record.instructions.fields;
    Workshop {
        catalog: catalog.clone(),
        source,
        tiers: Tiers::default(),
        robots: Robots::new(),
        follow: plan.record.instructions.follow.clone(),
        extractor,
        field_names: fields.iter().map(|field| field.name.clone()).collect(),
        field_types: fields.iter().map(|field| field.field_type.to_string()).collect(),
        calibration: plan.record.calibration.clone(),
        settings: plan.record.settings.clone(),
        run: plan.run_columns(),
        worker: lease.worker.to_string(),
        stop,
        notices,
    }
}
