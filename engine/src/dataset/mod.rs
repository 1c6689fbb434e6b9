//! Data files to validated, versioned rows.

mod csv_file;
mod error;
mod freeze;
mod infer;
mod json_lines;
mod parquet_file;
mod raw_table;
mod report;
mod roles;
mod source;
mod validate;

pub use error::DatasetError;
pub use freeze::{Frozen, FrozenRows, freeze, thaw};
pub use raw_table::RawTable;
pub use report::{CellError, DatasetReport};
pub use source::read;

use crate::model::{Column, ColumnRole, DatasetSource, DatasetVersion, FieldSpec, Slug};
use std::path::Path;

/// Reads a source and makes of it one frozen, not yet stored, dataset version and the report about it.
///
/// # Errors
/// Everything that can be wrong with a data file, as one [`DatasetError`].
pub async fn load(
    name: &Slug,
    source: &DatasetSource,
    base: &Path,
    fields: &[FieldSpec],
) -> Result<(Frozen, DatasetReport), DatasetError> {
    let table = source::read(source, base).await?;
    if table.rows() == 0 {
        return Err(DatasetError::Empty { source_name: source.source.clone() });
    }
    let roles = roles::assign(&table, source, fields)?;
    let types = infer::types(&table, source)?;
    let url_column = roles.url.clone();
    let columns: Vec<Column> = table
        .names()
        .iter()
        .zip(types)
        .enumerate()
        .map(|(index, (column, column_type))| Column {
            name: column.clone(),
            column_type,
            role: roles.of(column),
            filled: table.cells(index).filter(|cell| cell.is_some()).count() as u64,
        })
        .collect();
    let report = validate::check(&table, source, &columns, roles.key.as_deref())?;
    let content_sha256 = freeze::content_sha256(&table, &columns, roles.key.as_deref(), &source.absent);
    let version = DatasetVersion {
        dataset: name.clone(),
        source: source.source.clone(),
        content_sha256,
        rows: table.rows() as u64,
        duplicates: report.duplicates.len() as u64,
        url_column,
        key_column: roles.key,
        absent: source.absent.clone(),
        columns,
    };
    let frozen = freeze::freeze(&table, version)?;
    Ok((frozen, report))
}

/// The host of an address, with or without its scheme; or the address itself.
pub(crate) fn host_of(address: &str) -> String {
    let host = |address: &str| url::Url::parse(address).ok()?.host_str().map(str::to_owned);
    let full = || host(&format!("https://{address}"));
    host(address).or_else(full).unwrap_or_else(|| address.to_owned())
}

/// True for columns that hold an answer and not an input.
pub(crate) fn is_ground_truth(column: &Column) -> bool {
    matches!(column.role, ColumnRole::GroundTruth(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_addresses_as_people_write_them() {
        assert_eq!(host_of("http://Example.org:8080/x"), "example.org");
        assert_eq!(host_of("www.example.org/x?y"), "www.example.org");
        assert_eq!(host_of("example.org:8080/x"), "example.org");
        assert_eq!((host_of(""), host_of("no address")), (String::new(), "no address".to_owned()));
    }
}
