use super::CampaignError;
use super::named::record_and_result;
use crate::catalog::{Catalog, Document};
use crate::model::{CampaignRecord, DatasetVersion, InstructionsRecord, RunRecord, nearest};
use crate::run::ResultRecord;
use futures::{StreamExt, TryStreamExt};
use mino_datafusion::layout::Kind;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a store holds.
#[derive(Debug, Clone, Serialize)]
pub struct Inventory {
    /// Campaigns by name.
    pub campaigns: Vec<CampaignRecord>,
    /// Datasets by name, the newest version of each.
    pub datasets: Vec<(u64, DatasetVersion)>,
    /// Runs, the newest first.
    pub runs: Vec<RunLine>,
}

/// A run in a list: everything about it but its instructions.
#[derive(Debug, Clone, Serialize)]
pub struct RunLine {
    /// The run.
    #[serde(flatten)]
    pub record: RunRecord,
}

/// One thing that a store holds.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shown {
    /// A campaign.
    Campaign {
        /// As it stands.
        campaign: Box<CampaignRecord>,
        /// With the instructions in force.
        instructions: Box<InstructionsRecord>,
        /// And the dataset.
        dataset: Box<DatasetVersion>,
    },
    /// A dataset.
    Dataset {
        /// Version number.
        version: u64,
        /// As it stands.
        dataset: Box<DatasetVersion>,
    },
    /// A run.
    Run {
        /// As it stands.
        run: Box<RunRecord>,
        /// What came of it, when it is finished.
        result: Option<Box<ResultRecord>>,
    },
}

/// Everything in one organization's part of a store.
///
/// # Errors
/// When the store does not answer.
pub async fn inventory(catalog: &Catalog) -> Result<Inventory, CampaignError> {
    let campaigns = all::<CampaignRecord>(catalog, Kind::Campaigns).await?;
    let datasets = all::<DatasetVersion>(catalog, Kind::Datasets).await?;
    let runs = all::<RunRecord>(catalog, Kind::Runs).await?;
    Ok(Inventory {
        campaigns: campaigns.into_iter().map(|document| document.body).collect(),
        datasets: datasets.into_iter().map(|document| (document.version, document.body)).collect(),
        runs: runs.into_iter().rev().map(|document| RunLine { record: document.body }).collect(),
    })
}

async fn all<T: DeserializeOwned + Send>(catalog: &Catalog, kind: Kind) -> Result<Vec<Document<T>>, CampaignError> {
    let documents = futures::stream::iter(catalog.ids(kind).await?)
        .map(|id| async move { catalog.expect::<T>(kind, &id).await })
        .buffered(16)
        .try_collect()
        .await?;
    Ok(documents)
}

/// One campaign, dataset or run by its name; a run by the first letters of its id, or `latest`.
///
/// # Errors
/// When there is none, with the nearest name that there is.
pub async fn show(catalog: &Catalog, name: &str) -> Result<Shown, CampaignError> {
    if let Some(document) = catalog.latest::<CampaignRecord>(Kind::Campaigns, name).await? {
        let campaign = document.body;
        let id = InstructionsRecord::id(&campaign.campaign, &campaign.instructions_version);
        let instructions = catalog.expect::<InstructionsRecord>(Kind::Instructions, &id).await?.body;
        let dataset = catalog.expect::<DatasetVersion>(Kind::Datasets, campaign.dataset.as_str()).await?.body;
        return Ok(Shown::Campaign {
            campaign: campaign.into(),
            instructions: instructions.into(),
            dataset: dataset.into(),
        });
    }
    if let Some(document) = catalog.latest::<DatasetVersion>(Kind::Datasets, name).await? {
        return Ok(Shown::Dataset { version: document.version, dataset: document.body.into() });
    }
    match record_and_result(catalog, name).await {
        Ok((run, result)) => Ok(Shown::Run { run: run.into(), result: result.map(Box::new) }),
        Err(CampaignError::Input(_)) => {
            let mut known = catalog.ids(Kind::Campaigns).await?;
            known.extend(catalog.ids(Kind::Datasets).await?);
            let hint = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`mino list` shows what there is".to_owned(),
            };
            Err(CampaignError::Input(format!("there is no campaign, dataset or run `{name}`; {hint}")))
        }
        Err(error) => Err(error),
    }
}
