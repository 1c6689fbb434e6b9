use super::CampaignError;
use crate::browse::{Fleet, FleetOptions, HttpTier, locate};
use crate::catalog::Catalog;
use crate::model::{
    CampaignRecord, DatasetVersion, Fetch, InstructionsRecord, RunId, RunRecord, RunSettings, RunStatus, RunType,
    Sample, Screenshots, nearest,
};
use crate::run::{
    Ended, Execution, Listener, Plan, PlanOptions, ResultRecord, RunEvent, RunSummary, Source, Verification,
    check_settings, execute, finalize, plan, verify,
};
use chrono::Utc;
use mino_datafusion::layout::Kind;
use serde::Serialize;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What to run, and where it differs from the campaign's own settings.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Name of the campaign.
    pub campaign: String,
    /// Which rows.
    pub sample: Sample,
    /// Of a random sample.
    pub seed: u64,
    /// What it is for; a run of everything is `production` unless set, any other a `test`.
    pub run_type: Option<RunType>,
    /// Pages open at once.
    pub concurrency: Option<u32>,
    /// Tries after the first.
    pub max_retries: Option<u32>,
    /// Time for one attempt.
    pub timeout: Option<Duration>,
    /// When a picture of the page is kept.
    pub screenshots: Option<Screenshots>,
    /// How pages are fetched.
    pub fetch: Option<Fetch>,
    /// Keep the pages for replay.
    pub archive: Option<bool>,
    /// Which browser; looked for when one is needed.
    pub browser: Option<String>,
    /// Cancelled to stop the run.
    pub stop: CancellationToken,
}

impl RunRequest {
    /// A run of everything with the campaign's own settings.
    #[must_use]
    pub fn new(campaign: impl Into<String>) -> Self {
        Self {
            campaign: campaign.into(),
            sample: Sample::All,
            seed: 0,
            run_type: None,
            concurrency: None,
            max_retries: None,
            timeout: None,
            screenshots: None,
            fetch: None,
            archive: None,
            browser: None,
            stop: CancellationToken::new(),
        }
    }
}

/// A finished run.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// UUIDv7.
    pub run_id: String,
    /// Whose.
    pub campaign: String,
    /// How it ended.
    pub status: RunStatus,
    /// What came of it.
    pub summary: RunSummary,
}

/// Plans, executes and finalizes a run of a campaign.
///
/// # Errors
/// When the campaign does not exist, a setting makes no sense, or store or browser are not reachable. What was done is
/// in the journal then.
pub async fn run(
    catalog: &Catalog,
    request: RunRequest,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let campaign = catalog.expect::<CampaignRecord>(Kind::Campaigns, &request.campaign).await?.body;
    let id = InstructionsRecord::id(&campaign.campaign, &campaign.instructions_version);
    let instructions = catalog.expect::<InstructionsRecord>(Kind::Instructions, &id).await?.body;
    let dataset = catalog
        .version::<DatasetVersion>(Kind::Datasets, campaign.dataset.as_str(), campaign.dataset_version)
        .await?
        .ok_or_else(|| {
            CampaignError::Input(format!("dataset {} v{} is gone", campaign.dataset, campaign.dataset_version))
        })?;
    let run_type = request.run_type.unwrap_or(match request.sample {
        Sample::All => RunType::Production,
        _ => RunType::Test,
    });
    let options = PlanOptions {
        run_id: RunId::now(),
        at: Utc::now(),
        run_type,
        seed: request.seed,
        settings: RunSettings {
            concurrency: request.concurrency.unwrap_or(campaign.run.concurrency),
            max_retries: request.max_retries.unwrap_or(campaign.run.max_retries),
            timeout: request.timeout.unwrap_or(campaign.run.timeout),
            screenshots: request.screenshots.unwrap_or(campaign.run.screenshots),
            fetch: request.fetch.unwrap_or(campaign.run.fetch),
            archive: request.archive.unwrap_or(campaign.run.archive),
            ..campaign.run
        },
        sample: request.sample,
        replay_of: None,
    };
    let instructions = instructions.into_instructions();
    let dataset = (&dataset.body, campaign.dataset_version);
    check_settings(&options.settings)?;
    // Before anything is written: without a browser there is nothing to plan for.
    let source = live(&options.settings, request.browser.as_deref()).await?;
    let plan = plan(catalog, &campaign.campaign, instructions, dataset, options).await?;
    carry_out(catalog, plan, Execution { source, stop: request.stop }, listeners).await
}

/// What pages come from: a browser is started only where one is used.
async fn live(settings: &RunSettings, browser: Option<&str>) -> Result<Source, CampaignError> {
    let fleet = if settings.fetch == Fetch::Http {
        None
    } else {
        let source = locate(browser, std::env::var_os("PATH").as_deref())?;
        let options = FleetOptions {
            memory: settings.memory.map(|memory| memory.as_u64()),
            recycle_after: settings.recycle_after,
            ..FleetOptions::new(source)
        };
        Some(Fleet::launch(options).await?)
    };
    Ok(Source::Live { http: HttpTier::new()?, fleet })
}

/// Executes and finalizes a plan.
pub(super) async fn carry_out(
    catalog: &Catalog,
    plan: Plan,
    how: Execution,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let campaign = plan.record.campaign.to_string();
    let planned = RunEvent::Planned {
        run_id: plan.record.run_id.clone(),
        campaign: campaign.clone(),
        rows: plan.rows,
        tasks: plan.tasks.len(),
        sample: plan.record.sample.clone(),
    };
    listeners.iter_mut().for_each(|listener| listener.on_event(&planned));
    let (ended, status) = match execute(catalog, &plan, how, listeners).await {
        Ok(false) => (Ended::Completed, RunStatus::Completed),
        Ok(true) => (Ended::Stopped, RunStatus::Stopped),
        Err(error) => {
            // What was done until then is published; that this may fail too is no news.
            let _ = finalize(catalog, &plan, &Ended::Failed(error.to_string()), listeners).await;
            return Err(error.into());
        }
    };
    let result = finalize(catalog, &plan, &ended, listeners).await?;
    Ok(RunReport { run_id: result.run_id, campaign, status, summary: result.summary })
}

/// Compares what is in the store with the checksums of a run's result; `run` may be the first letters of an id.
///
/// # Errors
/// When there is no such run or the store does not answer.
pub async fn verify_run(catalog: &Catalog, run: &str) -> Result<(String, Vec<Verification>), CampaignError> {
    let run_id = resolve(catalog, Kind::Results, run).await?;
    let verifications = verify(catalog, &run_id).await?;
    Ok((run_id, verifications))
}

/// The id that `given` begins, or `latest`.
pub(super) async fn resolve(catalog: &Catalog, kind: Kind, given: &str) -> Result<String, CampaignError> {
    let ids = catalog.ids(kind).await?;
    if given == "latest" {
        // Ids are UUIDv7: the last by name is the last by time.
        let last = ids.into_iter().next_back();
        return last.ok_or_else(|| {
            CampaignError::Input("there is no run in this store yet: start one with `mino run`".into())
        });
    }
    let fitting: Vec<&String> = ids.iter().filter(|id| !given.is_empty() && id.starts_with(given)).collect();
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let near = nearest(given, ids.iter().map(String::as_str));
            let hint = near
                .map_or_else(|| "; `mino list runs` shows them".to_owned(), |near| format!("; did you mean {near}?"));
            Err(CampaignError::Input(format!("there is no finished run `{given}`{hint}")))
        }
        many => Err(CampaignError::Input(format!("`{given}` begins {} runs: give more letters", many.len()))),
    }
}

pub(super) async fn record_and_result(
    catalog: &Catalog,
    run: &str,
) -> Result<(RunRecord, Option<ResultRecord>), CampaignError> {
    let run_id = resolve(catalog, Kind::Runs, run).await?;
    let record = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    let result = catalog.latest::<ResultRecord>(Kind::Results, &run_id).await?.map(|document| document.body);
    Ok((record, result))
}
