use super::named::resolve;
use super::work::{Work, work_off};
use super::{CampaignError, RunReport, Stop};
use crate::catalog::Catalog;
use crate::model::{DatasetVersion, InstructionsRecord, RunId, RunRecord, Sample, Shard, nearest};
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
        Some(version) => instructions(catalog, &source, version).await?,
    };
    let dataset = catalog
        .version::<DatasetVersion>(Kind::Datasets, source.dataset.as_str(), source.dataset_version)
        .await?
        .ok_or_else(|| {
            CampaignError::Input(format!("dataset {} v{} is gone", source.dataset, source.dataset_version))
        })?;
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
    let plan = plan(catalog, &source.campaign, instructions, (&dataset.body, source.dataset_version), options).await?;
    let work = Work { shard: Some(Shard::WHOLE), browser: None, stop: &request.stop };
    work_off(catalog, &plan, Some(Source::Archive(archive)), work, listeners).await
}

async fn instructions(
    catalog: &Catalog,
    run: &RunRecord,
    version: &str,
) -> Result<crate::model::Instructions, CampaignError> {
    let id = InstructionsRecord::id(&run.campaign, version);
    if let Some(known) = catalog.latest::<InstructionsRecord>(Kind::Instructions, &id).await? {
        return Ok(known.body.into_instructions());
    }
    let prefix = InstructionsRecord::id(&run.campaign, "");
    let ids = catalog.ids(Kind::Instructions).await?;
    let versions: Vec<&str> = ids.iter().filter_map(|id| id.strip_prefix(&prefix)).collect();
    let hint =
        nearest(version, versions.iter().copied()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(CampaignError::Input(format!(
        "campaign {} has no instructions {version}{hint} (there are: {})",
        run.campaign,
        versions.join(", ")
    )))
}
