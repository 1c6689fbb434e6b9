use crate::errors::input;
use pyo3::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the engine would print as JSON, as Python's own objects.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value).map_err(|error| input(error.to_string()))?;
    py.import("json")?.call_method1("loads", (text,))
}

/// What the engine would read from JSON, of Python's own objects.
pub(crate) fn from_python<T: DeserializeOwned>(value: &Bound<'_, PyAny>, name: &str) -> PyResult<T> {
    let wrong = |error: String| input(format!("{name}: {error}"));
    let text = value.py().import("json")?.call_method1("dumps", (value,)).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text.extract::<String>()?).map_err(|error| wrong(error.to_string()))
}
