use super::{CampaignError, RunReport, Stop};
use crate::catalog::Catalog;
use crate::model::{RunRecord, RunStatus, Shard};
use crate::run::{
    Ended, Execution, Lease, LeaseEnd, Listener, Orders, Plan, ResultRecord, RunError, RunEvent, ShardEnded, Source,
    division, execute, finalize, shards, spool_root,
};
use chrono::Utc;
use mino_datafusion::layout::Kind;
use std::time::Duration;

/// A store that is away at the end of a run is asked again after this long, then after twice as long, up to the second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

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
    let mut wait = FIRST_WAIT;
    let mut away = false;
    loop {
        match conclude(catalog, &plan, &lease, (end, ended.as_ref()), listeners).await {
            // Everything is in the journal; what is left can be done again, and does the same.
            Err(error) if error.is_store_away() && !stop.now.is_cancelled() => {
                if !away {
                    let event = RunEvent::StoreFault { reason: error.to_string() };
                    listeners.iter_mut().for_each(|listener| listener.on_event(&event));
                }
                away = true;
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = stop.now.cancelled() => {}
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            concluded => {
                if away && concluded.is_ok() {
                    listeners.iter_mut().for_each(|listener| listener.on_event(&RunEvent::StoreBack));
                }
                return concluded;
            }
        }
    }
}

/// Gives the shard back, and finalizes the run where it was the last. May be done again.
async fn conclude(
    catalog: &Catalog,
    plan: &Plan,
    lease: &Lease,
    (end, ended): (LeaseEnd, Option<&Ended>),
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let (id, shard) = (&plan.record.run_id, lease.shard);
    let known = Orders::read(catalog, id).await?.seq;
    lease.end(catalog, id, end, known).await?;
    let ended = match ended {
        Some(ended) => Some(ended.clone()),
        None => everyone_ended(catalog, id).await?,
    };
    let Some(ended) = ended else {
        let status = if end == LeaseEnd::Done { RunStatus::Running } else { RunStatus::Stopped };
        let campaign = plan.record.campaign.to_string();
        return Ok(RunReport { run_id: id.clone(), campaign, status, shard, summary: None });
    };
    let result = finalize(catalog, plan, &ended, listeners).await?;
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
