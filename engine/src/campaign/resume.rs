use super::named::resolve;
use super::run::live;
use super::work::{carry_out, everyone_ended, known_report, report, take};
use super::{CampaignError, RunReport, Stop};
use crate::catalog::{Catalog, Who};
use crate::model::{Order, RunRecord, RunStatus, Shard};
use crate::run::{
    Archive, Ended, Lease, LeaseEnd, Listener, Orders, Plan, RunError, Source, division, finalize, order, read_plan,
    reopen, shards,
};
use mino_datafusion::layout::Kind;

/// Which run to go on with.
#[derive(Debug, Clone)]
pub struct ResumeRequest {
    /// Its id, its first letters, or `latest`.
    pub run: String,
    /// Which part of it this process does; without it, every part that nobody works on.
    pub shard: Option<Shard>,
    /// Pages open at once; the run's own unless set.
    pub concurrency: Option<u32>,
    /// Which browser; looked for when one is needed.
    pub browser: Option<String>,
    /// How it is ended.
    pub stop: Stop,
}

/// Goes on with a run that was planned, lost its owner, was stopped, or failed: does exactly what was not flushed. A run that
/// is complete stays as it is.
///
/// # Errors
/// When there is no such run, somebody works on it, or store or browser are not reachable.
pub async fn resume(
    catalog: &Catalog,
    request: ResumeRequest,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let run_id = resolve(catalog, Kind::Runs, &request.run).await?;
    let mut record = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    if record.status.is_closed() {
        if record.status == RunStatus::Completed && !has_new_retries(catalog, &record).await? {
            return known_report(catalog, record).await;
        }
        order(catalog, &run_id, Who::here("reopen"), Order::Reopen).await?;
        record = reopen(catalog, &run_id).await?;
    }
    let of = division(catalog, &run_id).await?.unwrap_or(1);
    let all: Vec<Shard> = match request.shard {
        Some(shard) => vec![shard],
        None => (1..=of).map(|number| Shard { number, of }).collect(),
    };
    let mut plan = read_plan(catalog, record).await?;
    plan.record.settings.concurrency = request.concurrency.unwrap_or(plan.record.settings.concurrency);
    crate::run::check_settings(&plan.record.settings)?;
    let (mut last, mut owned) = (None, None);
    for shard in all.iter().copied() {
        let lease = match take(catalog, &plan, shard).await {
            Ok(lease) => lease,
            // The others may still need somebody.
            Err(error @ CampaignError::Run(RunError::Owned { .. })) if all.len() > 1 => {
                owned = Some(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let source = source(catalog, &plan, &lease, request.browser.as_deref()).await?;
        let report = carry_out(catalog, plan.clone(), (source, lease), &request.stop, listeners).await?;
        let goes_on = report.summary.is_none() && report.status == RunStatus::Running;
        last = Some(report);
        if !goes_on {
            break;
        }
    }
    match (last, owned) {
        (Some(report), _) => Ok(report),
        (None, Some(error)) => Err(error),
        (None, None) => Err(CampaignError::Input(format!("run {run_id} has no shards"))),
    }
}

/// A person asked for another try of a task after the run was closed.
async fn has_new_retries(catalog: &Catalog, record: &RunRecord) -> Result<bool, CampaignError> {
    let orders = Orders::read(catalog, &record.run_id).await?;
    Ok(record.completed_at.is_some_and(|closed| orders.last_retry.is_some_and(|at| at > closed)))
}

/// Where the pages come from; a lease that is of no use is given back.
async fn source(catalog: &Catalog, plan: &Plan, lease: &Lease, browser: Option<&str>) -> Result<Source, CampaignError> {
    let opened = match &plan.record.replay_of {
        None => live(&plan.record.settings, browser).await,
        Some(of) => {
            async {
                let replayed = catalog.expect::<RunRecord>(Kind::Runs, of).await?.body;
                Ok(Source::Archive(Archive::open(catalog, &replayed).await?))
            }
            .await
        }
    };
    if opened.is_err() {
        // What went wrong is told below.
        let _ = lease.end(catalog, &plan.record.run_id, LeaseEnd::Released, 0).await;
    }
    opened
}

/// Derives and publishes the tables of a run that nobody works on any more, from what is in its journal; tasks that were not
/// done are skipped. A run that is closed stays as it is.
///
/// # Errors
/// When there is no such run, somebody works on it, or the store does not answer.
pub async fn finalize_run(
    catalog: &Catalog,
    run: &str,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let run_id = resolve(catalog, Kind::Runs, run).await?;
    let record = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    if record.status.is_closed() {
        return known_report(catalog, record).await;
    }
    let plan = read_plan(catalog, record).await?;
    let of = division(catalog, &run_id).await?.unwrap_or(1);
    let states = shards(catalog, &run_id).await?;
    for number in 1..=of {
        let state = states.get(&number);
        if state.is_some_and(|state| matches!(state.end, Some(LeaseEnd::Done | LeaseEnd::Stopped))) {
            continue;
        }
        // Whoever may still live is closed out first.
        let lease = take(catalog, &plan, Shard { number, of }).await?;
        let known = Orders::read(catalog, &run_id).await?.seq;
        lease.end(catalog, &run_id, LeaseEnd::Stopped, known).await?;
    }
    let by = Who::here("finalize").by;
    let ended = everyone_ended(catalog, &run_id).await?;
    let ended = ended.unwrap_or_else(|| Ended::Stopped(format!("finalized by {by} before every task had ended")));
    let result = finalize(catalog, &plan, &ended, listeners).await?;
    report(catalog, result, Shard::WHOLE).await
}
