use super::CampaignError;
use super::named::resolve;
use super::versions;
use super::work::{Work, known_report, work_off};
use crate::browse::{AddressGuard, BrowserSource, Fleet, FleetOptions, HttpTier, chromium_version, locate, user_agent};
use crate::catalog::Catalog;
use crate::model::{
    CampaignRecord, DatasetVersion, Fetch, Instructions, RunId, RunRecord, RunSettings, RunStatus, RunType, Sample,
    Screenshots, Shard, Slug,
};
use crate::run::{Listener, Plan, PlanOptions, RunSummary, Source, Stop, Verification, check_settings, plan, verify};
use chrono::Utc;
use ipnet::IpNet;
use mino_datafusion::layout::Kind;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// What to run, and where it differs from the campaign's own settings.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Name of the campaign.
    pub campaign: String,
    /// Which rows.
    pub sample: Sample,
    /// Of a random sample.
    pub seed: u64,
    /// Version of the campaign's instructions; the one in force unless set.
    pub instructions: Option<String>,
    /// Version of the campaign's dataset; the one in force unless set.
    pub dataset_version: Option<u64>,
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
    /// Addresses that are not public and may be reached all the same, beside the campaign's.
    pub allow_addresses: Vec<IpNet>,
    /// Which browser; looked for when one is needed.
    pub browser: Option<String>,
    /// Id of the run, so that several processes can begin one together; a new one unless set.
    pub run_id: Option<RunId>,
    /// Which part of the run this process does.
    pub shard: Shard,
    /// How it is ended.
    pub stop: Stop,
}

impl RunRequest {
    /// A run of everything with the campaign's own settings.
    #[must_use]
    pub fn new(campaign: impl Into<String>) -> Self {
        Self {
            campaign: campaign.into(),
            sample: Sample::All,
            seed: 0,
            instructions: None,
            dataset_version: None,
            run_type: None,
            concurrency: None,
            max_retries: None,
            timeout: None,
            screenshots: None,
            fetch: None,
            archive: None,
            allow_addresses: Vec::new(),
            browser: None,
            run_id: None,
            shard: Shard::WHOLE,
            stop: Stop::default(),
        }
    }
}

/// What became of a run, or of this process's part of it.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// UUIDv7.
    pub run_id: String,
    /// Whose.
    pub campaign: String,
    /// Where it stands: `running` while others still work on it.
    pub status: RunStatus,
    /// Which part of it was done here.
    pub shard: Shard,
    /// What came of it; `None` before it is finalized.
    pub summary: Option<RunSummary>,
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
    let prepared = Prepared::of(catalog, &request).await?;
    // Before anything is written: without a browser there is nothing to plan for.
    let source = live(&prepared.options.settings, request.browser.as_deref()).await?;
    let plan = prepared.plan(catalog).await?;
    if plan.record.status.is_closed() {
        source.close().await;
        return known_report(catalog, plan.record).await;
    }
    let work = Work { shard: Some(request.shard), browser: request.browser.as_deref(), stop: &request.stop };
    work_off(catalog, &plan, Some(source), work, listeners).await
}

/// Freezes the task list of a run without executing it: `mino run --resume` begins it, in one process or in several.
///
/// # Errors
/// When the campaign does not exist, a setting makes no sense, or the store does not answer.
pub async fn plan_run(catalog: &Catalog, request: RunRequest) -> Result<RunRecord, CampaignError> {
    Ok(Prepared::of(catalog, &request).await?.plan(catalog).await?.record)
}

/// A request with everything that it names.
struct Prepared {
    campaign: Slug,
    instructions: Instructions,
    dataset: (DatasetVersion, u64),
    options: PlanOptions,
}

impl Prepared {
    async fn of(catalog: &Catalog, request: &RunRequest) -> Result<Self, CampaignError> {
        let campaign = catalog.expect::<CampaignRecord>(Kind::Campaigns, &request.campaign).await?.body;
        let version = request.instructions.as_ref().unwrap_or(&campaign.instructions_version);
        let instructions = versions::instructions(catalog, &campaign.campaign, version).await?;
        let version = request.dataset_version.unwrap_or(campaign.dataset_version);
        let dataset = (versions::dataset(catalog, &campaign.dataset, version).await?, version);
        let run_type = request.run_type.unwrap_or(match request.sample {
            Sample::All => RunType::Production,
            _ => RunType::Test,
        });
        let settings = campaign.run.clone();
        let options = PlanOptions {
            run_id: request.run_id.unwrap_or_else(RunId::now),
            at: Utc::now(),
            run_type,
            seed: request.seed,
            settings: RunSettings {
                concurrency: request.concurrency.unwrap_or(settings.concurrency),
                max_retries: request.max_retries.unwrap_or(settings.max_retries),
                timeout: request.timeout.unwrap_or(settings.timeout),
                screenshots: request.screenshots.unwrap_or(settings.screenshots),
                fetch: request.fetch.unwrap_or(settings.fetch),
                archive: request.archive.unwrap_or(settings.archive),
                allow_addresses: beside(settings.allow_addresses, request.allow_addresses.clone()),
                ..settings
            },
            sample: request.sample.clone(),
            replay_of: None,
        };
        check_settings(&options.settings)?;
        Ok(Self { campaign: campaign.campaign, instructions, dataset, options })
    }

    async fn plan(self, catalog: &Catalog) -> Result<Plan, CampaignError> {
        let (dataset, version) = &self.dataset;
        Ok(plan(catalog, &self.campaign, self.instructions, (dataset, *version), self.options).await?)
    }
}

/// Both lists, without what the first has already.
fn beside(mut own: Vec<IpNet>, more: Vec<IpNet>) -> Vec<IpNet> {
    for net in more {
        if !own.contains(&net) {
            own.push(net);
        }
    }
    own
}

/// What pages come from: a browser is started only where one is used.
pub(super) async fn live(settings: &RunSettings, browser: Option<&str>) -> Result<Source, CampaignError> {
    let contact = settings.politeness.contact.as_deref();
    let guard = Arc::new(AddressGuard::new(&settings.allow_addresses));
    let fleet = if settings.fetch == Fetch::Http {
        None
    } else {
        let source = locate(browser, std::env::var_os("PATH").as_deref())?;
        let version = match &source {
            BrowserSource::Executable(program) => chromium_version(program).await,
            BrowserSource::Remote(_) => None,
        };
        let user_agent = Some(user_agent(contact, version.as_deref()));
        let options = FleetOptions {
            memory: settings.memory.map(|memory| memory.as_u64()),
            recycle_after: settings.recycle_after,
            user_agent,
            ..FleetOptions::new(source, guard.clone())
        };
        Some(Fleet::launch(options).await?)
    };
    Ok(Source::Live { http: HttpTier::new(guard, &user_agent(contact, None))?, fleet })
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
