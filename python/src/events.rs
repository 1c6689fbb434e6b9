use crate::blocking::end;
use crate::json::to_python;
use mino_engine::campaign::Stop;
use mino_engine::run::{Listener, RunEvent};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::block_in_place;

/// Tells a Python function what happens in a run.
#[derive(Debug)]
pub(crate) struct OnProgress {
    function: Py<PyAny>,
    stop: Stop,
    raised: Raised,
}

/// What the function raised, if it did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raised(Arc<Mutex<Option<PyErr>>>);

impl OnProgress {
    /// The run ends when the function raises.
    pub(crate) fn new(function: Bound<'_, PyAny>, stop: Stop) -> PyResult<Self> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err("on_progress is not callable"));
        }
        Ok(Self { function: function.unbind(), stop, raised: Raised::default() })
    }

    pub(crate) fn raised(&self) -> Raised {
        self.raised.clone()
    }
}

impl Raised {
    fn any(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn set(&self, error: PyErr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(error);
    }

    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Listener for OnProgress {
    fn on_event(&mut self, event: &RunEvent) {
        // A function that has raised expects no further call.
        if self.raised.any() {
            return;
        }
        // It may well ask the store something: outside of the runtime it can.
        let told = block_in_place(|| Python::attach(|py| self.function.call1(py, (to_python(py, event)?,)).map(drop)));
        if let Err(error) = told {
            end(&self.stop, &error);
            self.raised.set(error);
        }
    }
}
