use crate::blocking::wait;
use crate::errors::{input, raise};
use crate::json::to_python;
use crate::report::RunReport;
use crate::rows::Rows;
use mino_engine::browse::locate;
use mino_engine::campaign::{self, RunRequest};
use mino_engine::catalog::Catalog;
use mino_engine::run::RunEvent;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Opens a store for one organization.
#[pyfunction]
#[pyo3(signature = (url, org = "default"))]
pub(crate) fn connect(py: Python<'_>, url: PathBuf, org: &str) -> PyResult<Client> {
    let url = url.into_os_string().into_string().map_err(|_| input("the store's url is not UTF-8"))?;
    let catalog = wait(py, None, campaign::connect(&url, org))?;
    Ok(Client { catalog })
}

/// One organization's part of a store.
#[pyclass(frozen, module = "mino")]
#[derive(Debug)]
pub(crate) struct Client {
    catalog: Catalog,
}

/// Seconds, or a text as `45s`.
#[derive(FromPyObject)]
enum Span {
    Seconds(f64),
    Text(String),
}

impl Span {
    fn duration(self) -> PyResult<Duration> {
        let wrong = |what: String| input(format!("timeout {what}: use seconds, or a text as \"45s\""));
        match self {
            Self::Seconds(seconds) => Duration::try_from_secs_f64(seconds).map_err(|_| wrong(seconds.to_string())),
            Self::Text(text) => humantime::parse_duration(&text).map_err(|_| wrong(format!("`{text}`"))),
        }
    }
}

fn parse<T: FromStr<Err: std::fmt::Display>>(text: &str) -> PyResult<T> {
    text.parse().map_err(|error: T::Err| input(error.to_string()))
}

#[pymethods]
impl Client {
    #[getter]
    fn url(&self) -> &str {
        self.catalog.store().url()
    }

    #[getter]
    fn org(&self) -> &str {
        self.catalog.org().as_str()
    }

    #[pyo3(signature = (path, why = None))]
    fn apply<'py>(&self, py: Python<'py>, path: PathBuf, why: Option<String>) -> PyResult<Bound<'py, PyAny>> {
        let applied = wait(py, None, campaign::apply(&self.catalog, &path, why))?;
        to_python(py, &applied)
    }

    #[pyo3(signature = (campaign, *, sample = "all", seed = 0, run_type = None, concurrency = None, max_retries = None,
        timeout = None, screenshots = None, browser = None, on_progress = None))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one Python call")]
    fn run(
        &self,
        py: Python<'_>,
        campaign: &str,
        sample: &str,
        seed: u64,
        run_type: Option<&str>,
        concurrency: Option<u32>,
        max_retries: Option<u32>,
        timeout: Option<Span>,
        screenshots: Option<&str>,
        browser: Option<&str>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<RunReport> {
        let browser = browser.map(str::to_owned).or_else(|| std::env::var("MINO_BROWSER").ok());
        let found = locate(browser.as_deref(), std::env::var_os("PATH").as_deref());
        let browser = found.map_err(|error| raise(&error.into()))?;
        let stop = CancellationToken::new();
        let request = RunRequest {
            sample: parse(sample)?,
            seed,
            run_type: run_type.map(parse).transpose()?,
            concurrency,
            max_retries,
            timeout: timeout.map(Span::duration).transpose()?,
            screenshots: screenshots.map(parse).transpose()?,
            stop: stop.clone(),
            ..RunRequest::new(campaign, browser)
        };
        let raised: Arc<Mutex<Option<PyErr>>> = Arc::default();
        let (failed, stopping) = (raised.clone(), stop.clone());
        let tell = move |event: &RunEvent| {
            let Some(callback) = &on_progress else { return };
            let told = Python::attach(|py| callback.call1(py, (to_python(py, event)?,)).map(drop));
            if let Err(error) = told {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                stopping.cancel();
            }
        };
        let report =
            wait(py, Some(&stop), async { campaign::run(&self.catalog, request, &mut [Box::new(tell)]).await });
        match raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(report?.into()),
        }
    }

    fn sql(&self, py: Python<'_>, query: &str) -> PyResult<Rows> {
        let (schema, batches) = wait(py, None, campaign::query(&self.catalog, query))?;
        Ok(Rows::new(schema, batches))
    }

    fn list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let inventory = wait(py, None, campaign::inventory(&self.catalog))?;
        to_python(py, &inventory)
    }

    #[pyo3(signature = (name = "latest"))]
    fn show<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let shown = wait(py, None, campaign::show(&self.catalog, name))?;
        to_python(py, &shown)
    }

    #[pyo3(signature = (run = "latest"))]
    fn verify<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Bound<'py, PyAny>> {
        let (run_id, tables) = wait(py, None, campaign::verify_run(&self.catalog, run))?;
        let ok = tables.iter().all(|table| table.fault.is_none());
        to_python(py, &serde_json::json!({"run_id": run_id, "ok": ok, "tables": tables}))
    }

    fn __repr__(&self) -> String {
        format!("<mino.Client of {} in {}>", self.catalog.org(), self.catalog.store().url())
    }
}
