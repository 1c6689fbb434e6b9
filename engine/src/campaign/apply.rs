use super::{CampaignError, read_campaign_file};
use crate::catalog::{Catalog, CatalogError, Who};
use crate::dataset::{DatasetReport, Frozen, load, thaw};
use crate::extract::Extractor;
use crate::model::{CampaignFile, CampaignRecord, DatasetVersion, InstructionsRecord};
use crate::run::check_prompt;
use mino_datafusion::layout::{self, Kind};
use mino_datafusion::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// What applying a campaign file did.
#[derive(Debug, Clone, Serialize)]
pub struct Applied {
    /// The campaign as it stands now.
    pub campaign: CampaignRecord,
    /// Its document is new or has a new version.
    pub campaign_changed: bool,
    /// Its instructions are a new version.
    pub instructions_changed: bool,
    /// The dataset is a new version.
    pub dataset_changed: bool,
    /// The dataset's columns and what they were taken for.
    pub dataset: DatasetVersion,
    /// What checking the rows brought to light.
    pub report: DatasetReport,
    /// What to know about the file: parts that are kept but not acted on, how sites are met.
    pub notes: Vec<String>,
}

/// Makes the store say what a campaign file says: dataset, instructions, campaign. The same file again changes nothing.
/// Everything is checked before anything is written.
///
/// # Errors
/// One line about the first thing that is wrong.
pub async fn apply(catalog: &Catalog, path: &Path, why: Option<String>) -> Result<Applied, CampaignError> {
    let (file, base) = read_campaign_file(path).await?;
    Extractor::new(&file.instructions)?;
    let name = file.dataset.name.clone().unwrap_or_else(|| file.campaign.clone());
    let (frozen, report) = load(&name, &file.dataset, &base, &file.instructions.fields).await?;
    check_prompt(&file.instructions.prompt, &frozen.version, thaw(&frozen.version, frozen.parquet.clone())?)?;
    let instructions = InstructionsRecord::new(file.campaign.clone(), file.instructions.clone());
    let instructions_changed = is_new(catalog, &instructions).await?;
    catalog.store().initialise().await?;
    let who = |action: &str| match &why {
        Some(why) => Who::here(action).because(why.clone()),
        None => Who::here(action),
    };
    let (dataset_version, dataset_changed) = store_dataset(catalog, &frozen, who("apply")).await?;
    if instructions_changed {
        let id = InstructionsRecord::id(&file.campaign, &instructions.instructions_version);
        write(catalog, Kind::Instructions, &id, 0, who("apply"), instructions.clone()).await?;
    }
    let notes = notes(&file);
    let record = CampaignRecord {
        campaign: file.campaign.clone(),
        purpose: file.purpose,
        status: "active".into(),
        instructions_version: instructions.instructions_version,
        dataset: name,
        dataset_version,
        run: file.run,
        quality: file.quality,
        schedule: file.schedule.and_then(|schedule| serde_json::to_value(schedule).ok()),
        alerts: file.alerts,
        budget: file.budget,
    };
    let known = catalog.latest::<CampaignRecord>(Kind::Campaigns, file.campaign.as_str()).await?;
    let campaign_changed = known.as_ref().is_none_or(|known| known.body != record);
    if campaign_changed {
        let version = known.map_or(0, |known| known.version);
        write(catalog, Kind::Campaigns, file.campaign.as_str(), version, who("apply"), record.clone()).await?;
    }
    Ok(Applied {
        campaign: record,
        campaign_changed,
        instructions_changed,
        dataset_changed,
        dataset: frozen.version,
        report,
        notes,
    })
}

/// Writes the next version of a document. A race lost to somebody who wrote the same is won.
async fn write<T>(
    catalog: &Catalog,
    kind: Kind,
    id: &str,
    previous: u64,
    who: Who,
    body: T,
) -> Result<(), CampaignError>
where
    T: Serialize + DeserializeOwned + Clone + PartialEq,
{
    match catalog.write(kind, id, previous, who, body.clone()).await {
        Ok(_) => Ok(()),
        Err(lost @ CatalogError::LostRace { .. }) => {
            let winner = catalog.version::<T>(kind, id, previous + 1).await?;
            if winner.is_some_and(|winner| winner.body == body) { Ok(()) } else { Err(lost.into()) }
        }
        Err(error) => Err(error.into()),
    }
}

/// True when there is no such version yet.
async fn is_new(catalog: &Catalog, instructions: &InstructionsRecord) -> Result<bool, CampaignError> {
    let (campaign, version) = (&instructions.campaign, &instructions.instructions_version);
    let id = InstructionsRecord::id(campaign, version);
    match catalog.latest::<InstructionsRecord>(Kind::Instructions, &id).await? {
        None => Ok(true),
        Some(known) if known.body == *instructions => Ok(false),
        Some(known) => {
            let changed = if known.body.prompt == instructions.prompt { "fields" } else { "prompt" };
            let next = match version.rsplit_once('.') {
                Some((major, minor)) => format!("{major}.{}", minor.parse::<u32>().unwrap_or(0) + 1),
                None => "1.1".into(),
            };
            Err(CampaignError::Input(format!(
                "instructions {version} of campaign {campaign} are in the store with other {changed}: what runs were made \
                 with never changes; set instructions.version to \"{next}\""
            )))
        }
    }
}

/// The version that holds these rows: one that is there already, else a new one.
async fn store_dataset(catalog: &Catalog, frozen: &Frozen, who: Who) -> Result<(u64, bool), CampaignError> {
    let name = &frozen.version.dataset;
    let latest =
        catalog.latest::<DatasetVersion>(Kind::Datasets, name.as_str()).await?.map_or(0, |known| known.version);
    for version in (1..=latest).rev() {
        let known = catalog.version::<DatasetVersion>(Kind::Datasets, name.as_str(), version).await?;
        if known.is_some_and(|known| known.body.content_sha256 == frozen.version.content_sha256) {
            return Ok((version, false));
        }
    }
    let mut version = latest + 1;
    loop {
        let path = layout::dataset_rows(catalog.org(), name, version);
        match catalog.store().create(&path, frozen.parquet.clone()).await {
            Ok(()) => break,
            // Rows without a document: left by somebody who was interrupted, or is at it now. Ours, or not ours to touch.
            Err(StoreError::AlreadyExists { .. }) => {
                if catalog.store().get(&path).await?.as_ref() == Some(&frozen.parquet) {
                    break;
                }
                version += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    write(catalog, Kind::Datasets, name.as_str(), version - 1, who, frozen.version.clone()).await?;
    Ok((version, true))
}

fn notes(file: &CampaignFile) -> Vec<String> {
    let mut notes = Vec::new();
    if file.run.politeness.contact.is_none() {
        notes.push(
            "sites cannot ask anybody about these visits: set `run.politeness.contact` to a mailbox or address".into(),
        );
    }
    if let Some(reason) = &file.run.politeness.ignore_robots {
        notes.push(format!("robots.txt is not asked: {reason}"));
    }
    if file.schedule.is_some() {
        notes.push(
            "`schedule` is for your orchestrator: MinoDag of mino.airflow and the component of mino.dagster keep it"
                .into(),
        );
    }
    let parts = [(!file.alerts.is_empty(), "alerts"), (file.budget.is_some(), "budget")];
    for (present, name) in parts {
        if present {
            notes.push(format!("`{name}` is kept with the campaign, but this version does not act on it yet"));
        }
    }
    notes
}
