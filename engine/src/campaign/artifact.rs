use super::CampaignError;
use crate::catalog::Catalog;
use bytes::Bytes;
use mino_datafusion::layout;
use object_store::path::Path;

/// A file that a run kept beside its rows, by the path that `attempts.screenshots` says.
///
/// # Errors
/// When the path is none of this organization's, nothing is there, or the store does not answer.
pub async fn artifact(catalog: &Catalog, path: &str) -> Result<Bytes, CampaignError> {
    let wrong = |why: &str| CampaignError::Input(format!("`{path}` {why}: use a `path` of attempts.screenshots"));
    let parsed = Path::parse(path).map_err(|_| wrong("is no path in a store"))?;
    if !parsed.prefix_matches(&layout::all_artifacts(catalog.org())) {
        return Err(wrong(&format!("is no artifact of organization {}", catalog.org())));
    }
    catalog.store().get(&parsed).await?.ok_or_else(|| wrong("is not there"))
}
