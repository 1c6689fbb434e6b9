use mino_datafusion::store::StoreError;

/// What is wrong with a data file. One line each: what, where, what to do.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// There is nothing at that place.
    #[error("there is no file `{source_name}`{hint}")]
    NotFound {
        /// As given.
        source_name: String,
        /// Where it was looked for.
        hint: String,
    },
    /// The store that holds it does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are not what they should be.
    #[error("`{source_name}` is not {format}: {reason}")]
    NotThatFormat {
        /// As given.
        source_name: String,
        /// `a CSV`, `JSON lines`, `Parquet`.
        format: &'static str,
        /// What was found, and where.
        reason: String,
    },
    /// The format is not one we read.
    #[error("`{given}` is no format of a dataset: use csv, jsonl or parquet")]
    UnknownFormat {
        /// As given.
        given: String,
    },
    /// The encoding is not one we know.
    #[error("`{given}` is no known encoding: use a name as utf-8, windows-1252 or shift_jis")]
    UnknownEncoding {
        /// As given.
        given: String,
    },
    /// No rows.
    #[error("`{source_name}` has no rows: a dataset needs at least one row with an address")]
    Empty {
        /// As given.
        source_name: String,
    },
    /// A column stands twice.
    #[error("`{source_name}` has two columns named `{column}`: rename one")]
    DuplicateColumn {
        /// As given.
        source_name: String,
        /// Which.
        column: String,
    },
    /// No column holds addresses.
    #[error("`{source_name}` has no column with addresses (its columns: {columns}): name one with `dataset.url`")]
    NoUrlColumn {
        /// As given.
        source_name: String,
        /// What there is.
        columns: String,
    },
    /// Several columns could hold the address.
    #[error("`{source_name}` has more than one column with addresses ({columns}): choose one with `dataset.url`")]
    AmbiguousUrlColumn {
        /// As given.
        source_name: String,
        /// Which.
        columns: String,
    },
    /// A column is named that is not there.
    #[error("`{source_name}` has no column `{column}`, which `{key}` names{hint}")]
    UnknownColumn {
        /// As given.
        source_name: String,
        /// Which.
        column: String,
        /// The key of the campaign file that names it.
        key: String,
        /// The nearest name.
        hint: String,
    },
    /// Ground truth for a field that the instructions do not have.
    #[error("`dataset.ground_truth` names the field `{field}`, which the instructions do not have{hint}")]
    UnknownField {
        /// Which.
        field: String,
        /// The nearest name.
        hint: String,
    },
    /// Cells break the rules of their columns.
    #[error("`{source_name}` breaks its rules in {count} cells; {first}{more}")]
    Invalid {
        /// As given.
        source_name: String,
        /// How many cells.
        count: usize,
        /// The first of them.
        first: String,
        /// How many more are not shown.
        more: String,
    },
    /// A validation rule cannot be used.
    #[error("the pattern of column `{column}` is not a regular expression: {reason}")]
    BadPattern {
        /// Which column.
        column: String,
        /// Why.
        reason: String,
    },
    /// Two rows have one key.
    #[error(
        "`{source_name}`: key `{key}` stands in rows {first} and {second}: `dataset.key` needs a column without repeats"
    )]
    DuplicateKey {
        /// As given.
        source_name: String,
        /// The key.
        key: String,
        /// Row number, from 1.
        first: usize,
        /// Row number, from 1.
        second: usize,
    },
    /// Columns and rows did not fit; a fault of ours.
    #[error("cannot freeze the dataset: {0}")]
    Freeze(String),
}
