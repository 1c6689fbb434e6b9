use super::ShardProgress;
use crate::catalog::Catalog;
use mino_datafusion::layout;
use mino_datafusion::store::StoreError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Deserialize;

/// What a shard's file says.
#[derive(Debug, Clone, PartialEq)]
pub enum ShardFile {
    /// Its figures.
    Figures(Box<ShardProgress>),
    /// It was written by a later version, or is damaged: the shard's number, and why it cannot be read.
    Unreadable(u32, String),
}

/// Replaces the live figures of a shard.
///
/// # Errors
/// When the store does not take them; the next ones may be taken.
pub async fn publish_progress(catalog: &Catalog, progress: &ShardProgress) -> Result<(), StoreError> {
    let path = layout::progress(catalog.org(), &progress.identity.run_id, progress.identity.shard);
    let bytes = serde_json::to_vec(progress).map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?;
    catalog.store().put(&path, bytes.into()).await
}

/// The live figures of every shard of a run that has any, by number.
///
/// # Errors
/// When the store does not answer.
pub async fn read_progress(catalog: &Catalog, run_id: &str) -> Result<Vec<ShardFile>, StoreError> {
    let mut shards = Vec::new();
    for object in catalog.store().list(&layout::progress_files(catalog.org(), run_id)).await? {
        let number = object.location.filename().and_then(|name| name.strip_suffix(".json")?.parse().ok());
        let (Some(number), Some(bytes)) = (number, catalog.store().get(&object.location).await?) else { continue };
        // A worker that is just beginning has none yet: only that it is there.
        if bytes.is_empty() {
            continue;
        }
        shards.push((number, read(number, &bytes)));
    }
    shards.sort_by_key(|(number, _)| *number);
    Ok(shards.into_iter().map(|(_, file)| file).collect())
}

/// Tasks of a run's plan; 0 where the plan is not written yet.
///
/// # Errors
/// When the store does not answer or the plan cannot be read.
pub(crate) async fn planned_tasks(catalog: &Catalog, run_id: &str) -> Result<u64, StoreError> {
    let path = layout::plan(catalog.org(), run_id);
    let Some(bytes) = catalog.store().get(&path).await? else { return Ok(0) };
    let reader =
        SerializedFileReader::new(bytes).map_err(|error| catalog.store().corrupt(&path, &error.to_string()))?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0))
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn read(shard: u32, bytes: &[u8]) -> ShardFile {
    match serde_json::from_slice::<Format>(bytes) {
        Ok(Format { format }) if format > ShardProgress::FORMAT => {
            let known = ShardProgress::FORMAT;
            ShardFile::Unreadable(shard, format!("its figures have format {format}, this mino reads up to {known}"))
        }
        _ => match serde_json::from_slice(bytes) {
            Ok(figures) => ShardFile::Figures(Box::new(figures)),
            Err(error) => ShardFile::Unreadable(shard, format!("its figures cannot be read: {error}")),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Slug;
    use crate::run::testing::shard;
    use mino_datafusion::store::Store;

    #[tokio::test]
    async fn figures_read_as_they_are_written_and_others_are_told() {
        let catalog = Catalog::new(Store::open("memory://").unwrap(), Slug::parse("acme").unwrap());
        let (first, eleventh) = (shard(0, 12), shard(10, 12));
        publish_progress(&catalog, &eleventh).await.unwrap();
        publish_progress(&catalog, &first).await.unwrap();
        let put = async |shard, text: &'static str| {
            let path = layout::progress(catalog.org(), "run", shard);
            catalog.store().put(&path, text.into()).await.unwrap();
        };
        put(3, r#"{"format": 2}"#).await;
        put(2, "{").await;
        let files = read_progress(&catalog, "run").await.unwrap();
        assert_eq!(files[0], ShardFile::Figures(Box::new(first)));
        assert!(matches!(&files[1], ShardFile::Unreadable(2, why) if why.starts_with("its figures cannot be read")));
        let later = "its figures have format 2, this mino reads up to 1";
        assert_eq!(files[2], ShardFile::Unreadable(3, later.into()));
        assert_eq!(files[3], ShardFile::Figures(Box::new(eleventh)));
    }
}
