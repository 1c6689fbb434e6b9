use super::CampaignError;
use crate::catalog::Catalog;
use crate::model::{DatasetVersion, Instructions, InstructionsRecord, Slug, nearest};
use mino_datafusion::layout::Kind;

/// One version of a campaign's instructions.
pub(super) async fn instructions(
    catalog: &Catalog,
    campaign: &Slug,
    version: &str,
) -> Result<Instructions, CampaignError> {
    let id = InstructionsRecord::id(campaign, version);
    if let Some(known) = catalog.latest::<InstructionsRecord>(Kind::Instructions, &id).await? {
        return Ok(known.body.into_instructions());
    }
    let prefix = InstructionsRecord::id(campaign, "");
    let ids = catalog.ids(Kind::Instructions).await?;
    let versions: Vec<&str> = ids.iter().filter_map(|id| id.strip_prefix(&prefix)).collect();
    let hint =
        nearest(version, versions.iter().copied()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(CampaignError::Input(format!(
        "campaign {campaign} has no instructions {version}{hint} (there are: {})",
        versions.join(", ")
    )))
}

/// One version of a dataset.
pub(super) async fn dataset(catalog: &Catalog, name: &Slug, version: u64) -> Result<DatasetVersion, CampaignError> {
    let document = catalog.version::<DatasetVersion>(Kind::Datasets, name.as_str(), version).await?;
    if let Some(document) = document {
        return Ok(document.body);
    }
    let newest =
        catalog.latest::<DatasetVersion>(Kind::Datasets, name.as_str()).await?.map(|document| document.version);
    let known = newest.map_or_else(|| "there is none".to_owned(), |newest| format!("there are 1 to {newest}"));
    Err(CampaignError::Input(format!("dataset {name} has no version {version} ({known})")))
}
