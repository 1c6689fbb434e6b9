use super::run::live;
use super::{CampaignError, RunReport, Stop};
use crate::catalog::Catalog;
use crate::model::{RunRecord, RunStatus, Shard};
use crate::run::{
    Archive, Ended, Execution, Lease, LeaseEnd, LeaseState, Listener, Orders, Patience, Plan, ResultRecord, RunError,
    RunEvent, ShardEnded, Shares, Source, Worked, division, execute, finalize, reopen, shards, spool_root,
};
use chrono::Utc;
use mino_datafusion::layout::Kind;
use std::collections::BTreeMap;

/// What one process does of a planned run.
#[derive(Debug)]
pub(super) struct Work<'a> {
    /// Which part; without it every part that nobody works on.
    pub(super) shard: Option<Shard>,
    /// Which browser; looked for when one is needed.
    pub(super) browser: Option<&'a str>,
    pub(super) stop: &'a Stop,
}

/// Where the pages of a plan come from.
pub(super) async fn source(catalog: &Catalog, plan: &Plan, browser: Option<&str>) -> Result<Source, CampaignError> {
    let Some(of) = &plan.record.replay_of else { return live(&plan.record.settings, browser).await };
    let replayed = catalog.expect::<RunRecord>(Kind::Runs, of).await?.body;
    Ok(Source::Archive(Archive::open(catalog, &replayed).await?))
}

/// Works off a plan, one shard after another, until nothing is left that is ours to do; whoever is the last of a run
/// finalizes it. `opened`: where the first one's pages come from.
pub(super) async fn work_off(
    catalog: &Catalog,
    plan: &Plan,
    mut opened: Option<Source>,
    work: Work<'_>,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let run_id = plan.record.run_id.clone();
    let of = match (division(catalog, &run_id).await?, work.shard) {
        (Some(of), Some(asked)) if of != asked.of => {
            if let Some(source) = opened {
                source.close().await;
            }
            return Err(RunError::Divided { run_id, of, asked }.into());
        }
        (Some(of), _) => of,
        (None, asked) => asked.map_or(1, |shard| shard.of),
    };
    let shares = Shares::new(plan, of);
    let mut asked: Vec<Shard> = match work.shard {
        Some(shard) => vec![shard],
        None => (1..=of).map(|number| Shard { number, of }).collect(),
    };
    let (mut last, mut owned) = (None, None);
    while let Some(shard) = next(catalog, plan, &shares, &asked).await? {
        let source = match opened.take() {
            Some(source) => source,
            None => source(catalog, plan, work.browser).await?,
        };
        let lease = plan.record.settings.lease;
        let lease = match Lease::take(catalog, &run_id, shard, lease, Utc::now(), work.stop).await {
            Ok(lease) => lease,
            // The others may still need somebody.
            Err(error @ RunError::Owned { .. }) if asked.len() > 1 => {
                owned = Some(error);
                asked.retain(|other| *other != shard);
                opened = Some(source);
                continue;
            }
            Err(error) => {
                source.close().await;
                return Err(error.into());
            }
        };
        let report = carry_out(catalog, plan, &shares, (source, lease), work.stop, listeners).await?;
        let goes_on = report.summary.is_none() && report.status == RunStatus::Running;
        last = Some(report);
        if !goes_on {
            break;
        }
    }
    if let Some(source) = opened {
        source.close().await;
    }
    match (last, owned) {
        (Some(report), _) => Ok(report),
        (None, Some(error)) => Err(error.into()),
        // Everything was done already.
        (None, None) => conclude(catalog, plan, asked.first().copied().unwrap_or(Shard::WHOLE), None, listeners).await,
    }
}

/// The first of some shards that has something to do.
async fn next(
    catalog: &Catalog,
    plan: &Plan,
    shares: &Shares,
    asked: &[Shard],
) -> Result<Option<Shard>, CampaignError> {
    let run = RunState::read(catalog, plan, shares).await?;
    Ok(asked.iter().copied().find(|shard| !run.is_done(shard.number)))
}

/// Executes one shard of a plan, and finalizes the run where it was the last.
async fn carry_out(
    catalog: &Catalog,
    plan: &Plan,
    shares: &Shares,
    (source, lease): (Source, Lease),
    stop: &Stop,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let (id, shard) = (plan.record.run_id.as_str(), lease.shard);
    let planned = RunEvent::Planned {
        run_id: id.to_owned(),
        campaign: plan.record.campaign.to_string(),
        rows: plan.rows,
        tasks: shares.count(shard),
        sample: plan.record.sample.clone(),
    };
    listeners.iter_mut().for_each(|listener| listener.on_event(&planned));
    let how = Execution { source, lease: lease.clone(), stop: stop.clone(), spool: spool_root() };
    let is_whole = shard == Shard::WHOLE;
    let (end, orders, ended) = match execute(catalog, plan, how, listeners).await {
        Ok(Worked { ended: ShardEnded::Done, orders }) => (LeaseEnd::Done, orders, None),
        Ok(Worked { ended: ShardEnded::Stopped(_), orders }) => (LeaseEnd::Stopped, orders, None),
        Ok(Worked { ended: ShardEnded::Interrupted, orders }) if is_whole => {
            (LeaseEnd::Stopped, orders, Some(Ended::Stopped(stop.why().to_owned())))
        }
        Ok(Worked { ended: ShardEnded::Interrupted, orders }) => (LeaseEnd::Released, orders, None),
        Err(error @ (RunError::LeaseLost { .. } | RunError::StoreAway { .. })) => return Err(error.into()),
        Err(error) if error.is_store_away() => return Err(error.into()),
        Err(error) => {
            let ours = matches!(lease.successor(catalog, id).await, Ok(None));
            // What was done until then is published; that this may fail too is no news.
            let _ = lease.end(catalog, id, LeaseEnd::Released, 0).await;
            if is_whole && ours {
                let _ = finalize(catalog, plan, &Ended::Failed(error.to_string()), listeners).await;
            }
            return Err(error.into());
        }
    };
    let mut patience = Patience::new(&stop.now);
    let report = loop {
        // Everything is in the journal; what is left can be done again, and does the same.
        let finished = finish(catalog, plan, &lease, (end, orders, ended.as_ref()), listeners).await;
        if let Some(report) = patience.with(finished, CampaignError::is_store_away, listeners).await {
            break report?;
        }
    };
    let is_over = report.summary.is_some() || end == LeaseEnd::Done;
    Ok(RunReport { status: if is_over { report.status } else { RunStatus::Stopped }, ..report })
}

/// Gives the shard back, and finalizes the run where it was the last. May be done again.
async fn finish(
    catalog: &Catalog,
    plan: &Plan,
    lease: &Lease,
    (end, orders, ended): (LeaseEnd, u64, Option<&Ended>),
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let (id, shard) = (&plan.record.run_id, lease.shard);
    if let Some(successor) = lease.successor(catalog, id).await? {
        let worker = successor.worker.to_string();
        return Err(RunError::LeaseLost { run_id: id.clone(), shard, worker }.into());
    }
    lease.end(catalog, id, end, orders).await?;
    conclude(catalog, plan, shard, ended, listeners).await
}

/// Finalizes a run where it has ended: as is given, or because every shard of it has.
async fn conclude(
    catalog: &Catalog,
    plan: &Plan,
    shard: Shard,
    ended: Option<&Ended>,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let id = &plan.record.run_id;
    let ended = match ended {
        Some(ended) => Some(ended.clone()),
        None => everyone_ended(catalog, plan).await?,
    };
    let Some(ended) = ended else {
        let campaign = plan.record.campaign.to_string();
        return Ok(RunReport { run_id: id.clone(), campaign, status: RunStatus::Running, shard, summary: None });
    };
    if ended == Ended::Completed {
        // Somebody whose shard was taken over may have closed it as far as it was then.
        let record = catalog.expect::<RunRecord>(Kind::Runs, id).await?.body;
        if matches!(record.status, RunStatus::Stopped | RunStatus::Failed) {
            reopen(catalog, id).await?;
        }
    }
    let result = finalize(catalog, plan, &ended, listeners).await?;
    report(catalog, result, shard).await
}

/// Who works on a run, and what was ordered of it.
struct RunState {
    orders: Orders,
    shards: BTreeMap<u32, LeaseState>,
    /// Shard → number of the last order to try one of its tasks once more.
    retries: BTreeMap<u32, u64>,
}

impl RunState {
    async fn read(catalog: &Catalog, plan: &Plan, shares: &Shares) -> Result<Self, CampaignError> {
        let id = &plan.record.run_id;
        let orders = Orders::read(catalog, id).await?;
        let mut shards = shards(catalog, id).await?;
        // Whoever stopped before the run was opened again has more to do.
        shards.retain(|_, state| matches!(state.end, None | Some(LeaseEnd::Done)) || state.orders >= orders.reopened);
        let mut retries = BTreeMap::new();
        let wanted = plan.tasks.iter().map(|task| &task.task_id).enumerate().filter(|_| !orders.retried.is_empty());
        for (position, task_id) in wanted.filter(|(_, task_id)| !orders.skipped.contains(*task_id)) {
            if let (Some(retried), Some(shard)) = (orders.retried.get(task_id), shares.shard_of(position)) {
                let last = retries.entry(shard).or_default();
                *last = retried.seq.max(*last);
            }
        }
        Ok(Self { orders, shards, retries })
    }

    /// Every task of a shard has ended, and nobody asked for another try since.
    fn is_done(&self, number: u32) -> bool {
        let done = self.shards.get(&number).filter(|state| state.end == Some(LeaseEnd::Done));
        done.is_some_and(|state| self.retries.get(&number).is_none_or(|seq| *seq <= state.orders))
    }
}

/// Whether every task of a run has ended, and nobody asked for another try since.
pub(super) async fn is_complete(catalog: &Catalog, plan: &Plan) -> Result<bool, CampaignError> {
    Ok(everyone_ended(catalog, plan).await? == Some(Ended::Completed))
}

/// How a run ended, once every shard of it has; `None`: somebody still works on it, or is to come.
pub(super) async fn everyone_ended(catalog: &Catalog, plan: &Plan) -> Result<Option<Ended>, CampaignError> {
    let of = division(catalog, &plan.record.run_id).await?.unwrap_or(1);
    let run = RunState::read(catalog, plan, &Shares::new(plan, of)).await?;
    if (1..=of).all(|number| run.is_done(number)) {
        return Ok(Some(Ended::Completed));
    }
    let Some((record, _)) = &run.orders.stopped else { return Ok(None) };
    let state = |number: u32| run.shards.get(&number);
    let nobody = (1..=of).all(|number| state(number).is_none_or(|state| state.end.is_some() || state.is_orphaned()));
    Ok(nobody.then(|| Ended::Stopped(format!("stopped by {}", record.by_and_why()))))
}

/// The report of a run that is closed.
pub(super) async fn known_report(catalog: &Catalog, record: RunRecord) -> Result<RunReport, CampaignError> {
    let result = catalog.expect::<ResultRecord>(Kind::Results, &record.run_id).await?.body;
    report(catalog, result, Shard::WHOLE).await
}

pub(super) async fn report(catalog: &Catalog, result: ResultRecord, shard: Shard) -> Result<RunReport, CampaignError> {
    let record = catalog.expect::<RunRecord>(Kind::Runs, &result.run_id).await?.body;
    Ok(RunReport {
        run_id: result.run_id,
        campaign: record.campaign.to_string(),
        status: record.status,
        shard,
        summary: Some(result.summary),
    })
}
