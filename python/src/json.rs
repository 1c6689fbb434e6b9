use pyo3::prelude::*;
use serde::Serialize;

/// What the engine would print as JSON, as Python's own objects.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(|error| crate::errors::input(error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}
