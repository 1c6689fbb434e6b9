use crate::json::to_python;
use mino_engine::campaign;
use pyo3::prelude::*;

/// A finished run.
#[pyclass(frozen, module = "mino")]
#[derive(Debug)]
pub(crate) struct RunReport {
    report: campaign::RunReport,
}

impl From<campaign::RunReport> for RunReport {
    fn from(report: campaign::RunReport) -> Self {
        Self { report }
    }
}

#[pymethods]
impl RunReport {
    #[getter]
    fn run_id(&self) -> &str {
        &self.report.run_id
    }

    #[getter]
    fn campaign(&self) -> &str {
        &self.report.campaign
    }

    #[getter]
    fn status(&self) -> &str {
        self.report.status.as_str()
    }

    #[getter]
    fn accuracy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.report.summary.as_ref().and_then(|summary| summary.accuracy))
    }

    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.report.summary)
    }

    fn __repr__(&self) -> String {
        let counts = self.report.summary.as_ref().map(|summary| summary.counts).unwrap_or_default();
        format!(
            "<mino.RunReport {} of {}: {}, {} of {} tasks completed>",
            self.report.run_id, self.report.campaign, self.report.status, counts.completed, counts.tasks
        )
    }
}
