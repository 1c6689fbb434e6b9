use arrow::datatypes::{Field, SchemaRef};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3_arrow::ffi::to_schema_pycapsule;

/// Names and types of columns.
#[pyclass(frozen, module = "mino")]
#[derive(Debug)]
pub(crate) struct Schema {
    schema: SchemaRef,
}

impl From<SchemaRef> for Schema {
    fn from(schema: SchemaRef) -> Self {
        Self { schema }
    }
}

#[pymethods]
impl Schema {
    #[getter]
    fn names(&self) -> Vec<&str> {
        self.schema.fields().iter().map(|field| field.name().as_str()).collect()
    }

    #[getter]
    fn types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let types = PyDict::new(py);
        for field in self.schema.fields() {
            types.set_item(field.name(), field.data_type().to_string())?;
        }
        Ok(types)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }

    fn __len__(&self) -> usize {
        self.schema.fields().len()
    }

    fn __repr__(&self) -> String {
        let column = |field: &Field| format!("{} {}", field.name(), field.data_type());
        let columns: Vec<String> = self.schema.fields().iter().map(|field| column(field)).collect();
        format!("<mino.Schema: {}>", columns.join(", "))
    }
}
