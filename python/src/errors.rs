use mino_engine::campaign::{CampaignError, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The exceptions, as `mino/errors.py` defines them: Python can derive a class from two others, and this API cannot.
pub(crate) const NAMES: [&str; 5] = ["MinoError", "InputError", "UnreachableError", "RunFailed", "RunBusy"];

pub(crate) fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    Ok(py.import("mino.errors")?.getattr(name)?.cast_into::<PyType>()?)
}

/// The exception for an error of the engine.
pub(crate) fn raise(error: &CampaignError) -> PyErr {
    let name = match error.kind() {
        ErrorKind::Input => "InputError",
        ErrorKind::Unreachable => "UnreachableError",
        ErrorKind::Busy => "RunBusy",
        ErrorKind::Failed => "RunFailed",
    };
    // On one line, as the command line prints it.
    raise_as(name, error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An [`ErrorKind::Input`] that only Python can make.
pub(crate) fn input(message: impl Into<String>) -> PyErr {
    raise_as("InputError", message.into())
}

/// `error`, with an earlier one that would be lost without it.
pub(crate) fn while_handling(earlier: Option<PyErr>, error: PyErr) -> PyErr {
    if earlier.is_some() {
        Python::attach(|py| error.set_context(py, earlier));
    }
    error
}

fn raise_as(name: &str, message: String) -> PyErr {
    Python::attach(|py| match class(py, name) {
        Ok(class) => PyErr::from_type(class, message),
        Err(error) => error,
    })
}
