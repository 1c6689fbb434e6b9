use crate::blocking::wait;
use crate::errors::{input, while_handling};
use crate::events::OnProgress;
use crate::json::to_python;
use crate::report::RunReport;
use crate::rows::Rows;
use crate::settings::{Span, networks, parse, whole};
use mino_engine::campaign::{self, ReplayRequest, RunRequest, Stop};
use mino_engine::catalog::Catalog;
use mino_engine::run::Listener;
use pyo3::prelude::*;
use std::path::PathBuf;
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
        timeout = None, screenshots = None, fetch = None, archive = None, allow_addresses = None, browser = None, on_progress = None))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one Python call")]
    fn run(
        &self,
        py: Python<'_>,
        campaign: &str,
        sample: &str,
        seed: i128,
        run_type: Option<&str>,
        concurrency: Option<i128>,
        max_retries: Option<i128>,
        timeout: Option<Span>,
        screenshots: Option<&str>,
        fetch: Option<&str>,
        archive: Option<bool>,
        allow_addresses: Option<Vec<String>>,
        browser: Option<&str>,
        on_progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<RunReport> {
        let stop = CancellationToken::new();
        let on_progress = on_progress.map(|function| OnProgress::new(function, stop.clone())).transpose()?;
        let raised = on_progress.as_ref().map(OnProgress::raised).unwrap_or_default();
        let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
        listeners.extend(on_progress.map(|told| Box::new(told) as Box<dyn Listener>));
        let browser = browser.map(str::to_owned).or_else(|| std::env::var("MINO_BROWSER").ok());
        let request = RunRequest {
            sample: parse(sample)?,
            seed: whole("seed", seed)?,
            run_type: run_type.map(parse).transpose()?,
            concurrency: concurrency.map(|number| whole("concurrency", number)).transpose()?,
            max_retries: max_retries.map(|number| whole("max_retries", number)).transpose()?,
            timeout: timeout.map(Span::duration).transpose()?,
            screenshots: screenshots.map(parse).transpose()?,
            fetch: fetch.map(parse).transpose()?,
            archive,
            allow_addresses: networks(allow_addresses)?,
            browser,
            stop: at_once(&stop),
            ..RunRequest::new(campaign)
        };
        let report = wait(py, Some(&stop), campaign::run(&self.catalog, request, &mut listeners));
        match raised.take() {
            Some(error) => Err(while_handling(report.err(), error)),
            None => Ok(report?.into()),
        }
    }

    #[pyo3(signature = (run = "latest", *, instructions = None, concurrency = None, on_progress = None))]
    fn replay(
        &self,
        py: Python<'_>,
        run: &str,
        instructions: Option<String>,
        concurrency: Option<i128>,
        on_progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<RunReport> {
        let stop = CancellationToken::new();
        let on_progress = on_progress.map(|function| OnProgress::new(function, stop.clone())).transpose()?;
        let raised = on_progress.as_ref().map(OnProgress::raised).unwrap_or_default();
        let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
        listeners.extend(on_progress.map(|told| Box::new(told) as Box<dyn Listener>));
        let request = ReplayRequest {
            run: run.to_owned(),
            instructions,
            concurrency: concurrency.map(|number| whole("concurrency", number)).transpose()?,
            stop: at_once(&stop),
        };
        let report = wait(py, Some(&stop), campaign::replay(&self.catalog, request, &mut listeners));
        match raised.take() {
            Some(error) => Err(while_handling(report.err(), error)),
            None => Ok(report?.into()),
        }
    }

    #[pyo3(signature = (campaign, *, instructions = None))]
    fn calibrate<'py>(
        &self,
        py: Python<'py>,
        campaign: &str,
        instructions: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let calibrated = wait(py, None, campaign::calibrate(&self.catalog, campaign, instructions))?;
        to_python(py, &calibrated)
    }

    fn sql(&self, py: Python<'_>, query: &str) -> PyResult<Rows> {
        let (schema, batches) = wait(py, None, campaign::query(&self.catalog, query))?;
        Ok(Rows::new(schema, batches))
    }

    #[pyo3(signature = (what = None))]
    fn list<'py>(&self, py: Python<'py>, what: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(what) = what.filter(|what| !["campaigns", "datasets", "runs"].contains(what)) {
            return Err(input(format!("`{what}` is none of campaigns, datasets, runs")));
        }
        let inventory = to_python(py, &wait(py, None, campaign::inventory(&self.catalog))?)?;
        match what {
            Some(what) => inventory.get_item(what),
            None => Ok(inventory),
        }
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

/// Who presses Ctrl-C in a notebook, or ends a task of an orchestrator, waits for no page.
fn at_once(token: &CancellationToken) -> Stop {
    Stop { now: token.clone(), ..Stop::default() }
}
