//! Runs `tests/*.slt`, the specification of the SQL functions, against a session that knows nothing else of ours.

#![allow(clippy::panic)]

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use datafusion::prelude::{SessionConfig, SessionContext};
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

struct Session(SessionContext);

impl Session {
    fn new() -> Result<Self, DataFusionError> {
        // Several partitions of few rows, so that partial states are merged and many batches are seen.
        let config = SessionConfig::new().with_target_partitions(4).with_batch_size(2);
        let mut context = SessionContext::new_with_config(config);
        mino_datafusion::udf::register_all(&mut context)?;
        Ok(Self(context))
    }
}

#[async_trait]
impl AsyncDB for Session {
    type Error = DataFusionError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, DataFusionError> {
        let frame = self.0.sql(sql).await?;
        let types: Vec<DefaultColumnType> =
            frame.schema().fields().iter().map(|f| column_type(f.data_type())).collect();
        let batches = frame.collect().await?;
        if types.is_empty() || sql.trim_start().to_lowercase().starts_with("create") {
            return Ok(DBOutput::StatementComplete(0));
        }
        let options = FormatOptions::default().with_null("NULL");
        let mut rows = Vec::new();
        for batch in &batches {
            let columns = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
                .collect::<Result<Vec<_>, _>>()?;
            rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|c| c.value(row).to_string()).collect()));
        }
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}
}

fn column_type(data_type: &DataType) -> DefaultColumnType {
    match data_type {
        data_type if data_type.is_integer() => DefaultColumnType::Integer,
        data_type if data_type.is_floating() => DefaultColumnType::FloatingPoint,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DefaultColumnType::Text,
        _ => DefaultColumnType::Any,
    }
}

async fn run(file: &str) {
    let mut runner = Runner::new(|| async { Session::new() });
    runner.with_column_validator(sqllogictest::strict_column_validator);
    let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
    if let Err(error) = runner.run_file_async(&path).await {
        panic!("{}", error.display(false));
    }
}

#[tokio::test]
async fn field_match() {
    run("field_match.slt").await;
}

#[tokio::test]
async fn field_similarity() {
    run("field_similarity.slt").await;
}

#[tokio::test]
async fn wilson() {
    run("wilson.slt").await;
}

#[tokio::test]
async fn reliability() {
    run("reliability.slt").await;
}

#[tokio::test]
async fn accuracy() {
    run("accuracy.slt").await;
}
