use super::StoreArgs;
use crate::campaign::{CampaignError, query};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::pretty::pretty_format_batches_with_schema;
use clap::{Args, ValueEnum};
use std::io::Write;
use std::process::ExitCode;

/// Query a store with SQL (read-only)
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mino sql \"select field, accuracy(match), wilson_lower(match), count(match) from \
                        fields group by field\"\n  mino sql --format csv 'select * from results.\"sheriff-contacts\"'\n\nTables: attempts tasks \
                        fields results campaigns datasets instructions runs audit,\nand results.\"<campaign>\" for each campaign. \
                        Functions: field_match, field_similarity, accuracy,\nwilson_lower, wilson_upper, \
                        and DataFusion's own."
)]
pub(super) struct Sql {
    /// The query
    query: String,
    /// How rows are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Print rows as JSON lines
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
}

impl Sql {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let (schema, batches) = query(&self.store.connect().await?, &self.query).await?;
        let format = if self.json { Format::Json } else { self.format };
        match print(format, schema, &batches) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            // As `mino sql … | head`.
            Err(error) if error.to_string().contains("Broken pipe") => Ok(ExitCode::SUCCESS),
            Err(error) => Err(CampaignError::Input(format!("cannot print the rows: {error}"))),
        }
    }
}

fn print(format: Format, schema: SchemaRef, batches: &[RecordBatch]) -> Result<(), arrow::error::ArrowError> {
    let mut out = std::io::stdout().lock();
    let rows: Vec<&RecordBatch> = batches.iter().collect();
    match format {
        Format::Table => {
            writeln!(out, "{}", pretty_format_batches_with_schema(schema, batches)?)?;
            let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
            writeln!(out, "{count} {}", if count == 1 { "row" } else { "rows" })?;
        }
        Format::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut out);
            for batch in rows {
                writer.write(batch)?;
            }
        }
        Format::Json => {
            let mut writer = arrow::json::LineDelimitedWriter::new(&mut out);
            writer.write_batches(&rows)?;
            writer.finish()?;
        }
    }
    Ok(())
}
