use super::{CampaignError, RunReport, Stop};
use crate::catalog::Catalog;
use crate::model::{RunRecord, RunStatus, Shard};
use crate::run::{
    Ended, Execution, Lease, LeaseEnd, Listener, Orders, Plan, ResultRecord, RunError, RunEvent, ShardEnded, Source,
    division, execute, finalize, shards, spool_root,
};
use chrono::Utc;
use mino_datafusion::layout::Kind;

/// Takes one shard of a run for this process.
pub(super) async fn take(catalog: &Catalog, plan: &Plan, shard: Shard) -> Result<Lease, CampaignError> {
    let lease = plan.record.settings.lease;
    Ok(Lease::take(catalog, &plan.record.run_id, shard, lease, Utc::now()).await?)
}

/// Executes one shard of a plan; whoever is the last of a run finalizes it.
pub(super) async fn carry_out(
    catalog: &Catalog,
    plan: Plan,
    (source, lease): (Source, Lease),
    stop: &Stop,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let (id, shard) = (plan.record.run_id.clone(), lease.shard);
    let planned = RunEvent::Planned {
        run_id: id.clone(),
        campaign: plan.record.campaign.to_string(),
        rows: plan.rows,
        tasks: (0..plan.tasks.len()).filter(|position| shard.has(*position)).count(),
        sample: plan.record.sample.clone(),
    };
    listeners.iter_mut().for_each(|listener| listener.on_event(&planned));
    let how = Execution {
        source,
        lease: lease.clone(),
        finish: stop.finish.clone(),
        stop: stop.now.clone(),
        spool: spool_root(),
    };
    let is_whole = shard == Shard::WHOLE;
    let (end, ended) = match execute(catalog, &plan, how, listeners).await {
        Ok(ShardEnded::Done) => (LeaseEnd::Done, None),
        Ok(ShardEnded::Stopped(_)) => (LeaseEnd::Stopped, None),
        Ok(ShardEnded::Interrupted) if is_whole => {
            (LeaseEnd::Stopped, Some(Ended::Stopped("stopped by a person".into())))
        }
        Ok(ShardEnded::Interrupted) => (LeaseEnd::Released, None),
        Err(error @ (RunError::LeaseLost { .. } | RunError::StoreAway { .. })) => return Err(error.into()),
        Err(error) => {
            // What was done until then is published; that this may fail too is no news.
            let _ = lease.end(catalog, &id, LeaseEnd::Released, 0).await;
            if is_whole {
                let _ = finalize(catalog, &plan, &Ended::Failed(error.to_string()), listeners).await;
            }
            return Err(error.into());
        }
    };
    let known = Orders::read(catalog, &id).await?.seq;
    lease.end(catalog, &id, end, known).await?;
    let ended = match ended {
        Some(ended) => Some(ended),
        None => everyone_ended(catalog, &id).await?,
    };
    let Some(ended) = ended else {
        let status = if end == LeaseEnd::Done { RunStatus::Running } else { RunStatus::Stopped };
        let campaign = plan.record.campaign.to_string();
        return Ok(RunReport { run_id: id, campaign, status, shard, summary: None });
    };
    let result = finalize(catalog, &plan, &ended, listeners).await?;
    report(catalog, result, shard).await
}

/// How a run ended, once every shard of it has; `None`: somebody still works on it, or is to come.
pub(super) async fn everyone_ended(catalog: &Catalog, run_id: &str) -> Result<Option<Ended>, CampaignError> {
    let of = division(catalog, run_id).await?.unwrap_or(1);
    let orders = Orders::read(catalog, run_id).await?;
    let mut states = shards(catalog, run_id).await?;
    // What ended before the run was opened again may have more to do.
    states.retain(|_, state| state.end.is_none() || state.orders >= orders.reopened);
    let state = |number: u32| states.get(&number);
    if (1..=of).all(|number| state(number).is_some_and(|state| state.end == Some(LeaseEnd::Done))) {
        return Ok(Some(Ended::Completed));
    }
    let Some((record, _)) = orders.stopped else { return Ok(None) };
    let nobody = (1..=of).all(|number| state(number).is_none_or(|state| state.end.is_some() || state.is_orphaned()));
    let why = record.why.map(|why| format!(": {why}")).unwrap_or_default();
    Ok(nobody.then(|| Ended::Stopped(format!("stopped by {}{why}", record.by))))
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
