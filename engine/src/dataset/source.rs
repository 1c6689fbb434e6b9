use super::{DatasetError, RawTable, csv_file, json_lines, parquet_file};
use crate::model::DatasetSource;
use bytes::Bytes;
use mino_datafusion::store::Store;
use object_store::path::Path as ObjectPath;
use std::path::Path;

/// Reads a data file from a path (relative to `base`) or a store URL.
///
/// # Errors
/// When it is not there, or not of its format.
pub async fn read(source: &DatasetSource, base: &Path) -> Result<RawTable, DatasetError> {
    let name = source.source.as_str();
    let bytes = if name.contains("://") { from_store(name).await? } else { from_file(name, base)? };
    match format(source, &bytes)? {
        Format::Csv => csv_file::read(name, &bytes, source.delimiter, source.encoding.as_deref()),
        Format::JsonLines => json_lines::read(name, &bytes),
        Format::Parquet => parquet_file::read(name, bytes),
    }
}

enum Format {
    Csv,
    JsonLines,
    Parquet,
}

fn format(source: &DatasetSource, bytes: &[u8]) -> Result<Format, DatasetError> {
    let extension = source.source.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    let given = source.format.as_deref().or(extension.as_deref()).unwrap_or_default();
    Ok(match given {
        "csv" | "tsv" | "txt" => Format::Csv,
        "jsonl" | "ndjson" | "json" => Format::JsonLines,
        "parquet" | "pq" => Format::Parquet,
        other if source.format.is_some() => return Err(DatasetError::UnknownFormat { given: other.to_owned() }),
        _ if bytes.starts_with(b"PAR1") => Format::Parquet,
        _ if bytes.trim_ascii_start().starts_with(b"{") => Format::JsonLines,
        _ => Format::Csv,
    })
}

fn from_file(name: &str, base: &Path) -> Result<Bytes, DatasetError> {
    let path = base.join(name);
    std::fs::read(&path).map(Bytes::from).map_err(|error| DatasetError::NotFound {
        source_name: name.to_owned(),
        hint: match error.kind() {
            std::io::ErrorKind::NotFound => format!(" (looked for {})", path.display()),
            _ => format!(" that can be read ({}: {error})", path.display()),
        },
    })
}

async fn from_store(url: &str) -> Result<Bytes, DatasetError> {
    let missing = || DatasetError::NotFound { source_name: url.to_owned(), hint: String::new() };
    let (folder, file) = url.rsplit_once('/').filter(|(_, file)| !file.is_empty()).ok_or_else(missing)?;
    let folder = if folder.ends_with('/') { format!("{folder}/") } else { folder.to_owned() };
    let path = ObjectPath::parse(file).map_err(|_| missing())?;
    Store::open(&folder)?.get(&path).await?.ok_or_else(missing)
}
