use crate::schema::Schema;
use crate::settings::whole;
use arrow::array::{ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{Field, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use std::sync::Arc;

/// Rows of a query as Arrow record batches, handed over without a copy.
#[pyclass(frozen, module = "mino")]
#[derive(Debug)]
pub(crate) struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Rows {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    fn count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

#[pymethods]
impl Rows {
    #[getter]
    fn schema(&self) -> Schema {
        self.schema.clone().into()
    }

    #[getter]
    fn column_names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    #[getter]
    fn num_rows(&self) -> usize {
        self.count()
    }

    fn __len__(&self) -> usize {
        self.count()
    }

    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let whole = Field::new_struct("", self.schema.fields().clone(), false);
        let whole = Arc::new(whole.with_metadata(self.schema.metadata().clone()));
        let batches = self.batches.clone().into_iter().map(|batch| Ok(Arc::new(StructArray::from(batch)) as ArrayRef));
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(batches, whole)), requested_schema)?)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }

    #[pyo3(signature = (n = 10))]
    fn head(&self, n: i128) -> PyResult<Self> {
        let mut left = whole::<usize>("n", n)?;
        let taken = self.batches.iter().map(|batch| {
            let rows = left.min(batch.num_rows());
            left -= rows;
            batch.slice(0, rows)
        });
        Ok(Self { schema: self.schema.clone(), batches: taken.filter(|batch| batch.num_rows() > 0).collect() })
    }

    /// The one method that needs pyarrow installed.
    fn to_pyarrow<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    /// By way of JSON: for a look at few rows.
    fn to_pylist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let failed = |error: arrow::error::ArrowError| crate::errors::input(error.to_string());
        let mut writer = arrow::json::WriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, arrow::json::writer::JsonArray>(Vec::new());
        for batch in &self.batches {
            writer.write(batch).map_err(failed)?;
        }
        writer.finish().map_err(failed)?;
        let text = String::from_utf8_lossy(writer.get_ref()).into_owned();
        let text = if text.is_empty() { "[]".to_owned() } else { text };
        Ok(py.import("json")?.call_method1("loads", (text,))?.cast_into::<PyList>()?)
    }

    fn __repr__(&self) -> String {
        format!("<mino.Rows: {} rows of {}>", self.count(), self.column_names().join(", "))
    }
}
