use super::named::resolve;
use super::versions;
use super::work::{Work, work_off};
use super::{CampaignError, RunReport, Stop};
use crate::catalog::Catalog;
use crate::model::{RunId, RunRecord, Sample, Shard};
use crate::run::{Archive, Listener, PlanOptions, Source, plan, read_plan};
use chrono::Utc;
use mino_datafusion::layout::Kind;

/// What to extract again.
#[derive(Debug, Clone)]
pub struct ReplayRequest {
    /// Id of a run that kept its pages, its first letters, or `latest`.
    pub run: String,
    /// Version of the campaign's instructions; those of the run unless set.
    pub instructions: Option<String>,
    /// Pages read at once; the run's own unless set.
    pub concurrency: Option<u32>,
    /// How it is ended.
    pub stop: Stop,
}

/// Extracts again from the pages that a run kept, without any traffic: a run of its own, with all tables.
///
/// # Errors
/// When there is no such run or version, the run kept no pages, or the store does not answer.
pub async fn replay(
    catalog: &Catalog,
    request: ReplayRequest,
    listeners: &mut [Box<dyn Listener>],
) -> Result<RunReport, CampaignError> {
    let run_id = resolve(catalog, Kind::Runs, &request.run).await?;
    let source = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    let instructions = match &request.instructions {
        None => source.instructions.clone(),
        Some(version) => versions::instructions(catalog, &source.campaign, version).await?,
    };
    let dataset = versions::dataset(catalog, &source.dataset, source.dataset_version).await?;
    let archive = Archive::open(catalog, &source).await?;
    let rows = read_plan(catalog, source.clone()).await?.tasks.into_iter().map(|task| task.row_id).collect();
    let mut settings = source.settings.clone();
    settings.concurrency = request.concurrency.unwrap_or(settings.concurrency);
    // The same page gives the same extraction: a second try would too.
    settings.max_retries = 0;
    let options = PlanOptions {
        run_id: RunId::now(),
        at: Utc::now(),
        run_type: source.run_type,
        sample: if source.sample == Sample::All { Sample::All } else { Sample::Rows(rows) },
        seed: source.seed,
        settings,
        replay_of: Some(run_id),
    };
    let plan = plan(catalog, &source.campaign, instructions, (&dataset, source.dataset_version), options).await?;
    let work = Work { shard: Some(Shard::WHOLE), browser: None, stop: &request.stop };
    work_off(catalog, &plan, Some(Source::Archive(archive)), work, listeners).await
}
