use super::named::resolve;
use super::work::{Work, everyone_ended, is_complete, known_report, report, work_off};
use super::{CampaignError, RunReport, Stop};
use crate::catalog::{Catalog, Who};
use crate::model::{Order, RunRecord, RunStatus, Shard};
use crate::run::{
    Ended, Lease, LeaseEnd, Listener, Orders, check_settings, division, finalize, order, read_plan, reopen, shards,
};
use chrono::Utc;
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
    let record = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    let closed = record.status.is_closed().then_some(record.status);
    let mut plan = read_plan(catalog, record).await?;
    if let Some(status) = closed {
        if status == RunStatus::Completed && is_complete(catalog, &plan).await? {
            return known_report(catalog, plan.record).await;
        }
        order(catalog, &run_id, Who::here("reopen"), Order::Reopen).await?;
        plan.record = reopen(catalog, &run_id).await?;
    }
    plan.record.settings.concurrency = request.concurrency.unwrap_or(plan.record.settings.concurrency);
    check_settings(&plan.record.settings)?;
    let work = Work { shard: request.shard, browser: request.browser.as_deref(), stop: &request.stop };
    work_off(catalog, &plan, None, work, listeners).await
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
        let (shard, lease) = (Shard { number, of }, plan.record.settings.lease);
        let lease = Lease::take(catalog, &run_id, shard, lease, Utc::now(), &Stop::default()).await?;
        let known = Orders::read(catalog, &run_id).await?.seq;
        lease.end(catalog, &run_id, LeaseEnd::Stopped, known).await?;
    }
    let by = Who::here("finalize").by;
    let ended = everyone_ended(catalog, &plan).await?;
    let ended = ended.unwrap_or_else(|| Ended::Stopped(format!("finalized by {by} before every task had ended")));
    let result = finalize(catalog, &plan, &ended, listeners).await?;
    report(catalog, result, Shard::WHOLE).await
}
