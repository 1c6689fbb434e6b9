use crate::blocking::wait;
use crate::errors::{input, while_handling};
use crate::events::OnProgress;
use crate::json::to_python;
use crate::report::RunReport;
use crate::rows::Rows;
use crate::settings::{Span, networks, parse, whole};
use mino_engine::campaign::{self, Command, ReplayRequest, ResumeRequest, RunRequest, Stop};
use mino_engine::catalog::Catalog;
use mino_engine::model::{RunId, Shard};
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

    #[pyo3(signature = (campaign = None, *, sample = "all", seed = 0, run_type = None, concurrency = None,
        max_retries = None, timeout = None, screenshots = None, fetch = None, archive = None, allow_addresses = None,
        browser = None, resume = None, run_id = None, shard = None, on_progress = None))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one Python call")]
    fn run(
        &self,
        py: Python<'_>,
        campaign: Option<&str>,
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
        browser: Option<String>,
        resume: Option<String>,
        run_id: Option<&str>,
        shard: Option<&str>,
        on_progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<RunReport> {
        let stop = CancellationToken::new();
        let browser = browser.or_else(|| std::env::var("MINO_BROWSER").ok());
        let concurrency = concurrency.map(|number| whole("concurrency", number)).transpose()?;
        let shard = shard.map(parse).transpose()?;
        let (campaign, resumed) = match (campaign, resume) {
            (Some(campaign), None) => (campaign, None),
            (None, Some(run)) => {
                ("", Some(ResumeRequest { run, shard, concurrency, browser: browser.clone(), stop: at_once(&stop) }))
            }
            _ => return Err(input("give the name of a campaign, or resume=RUN to go on with a run: one of the two")),
        };
        let request = RunRequest {
            sample: parse(sample)?,
            seed: whole("seed", seed)?,
            run_type: run_type.map(parse).transpose()?,
            concurrency,
            max_retries: max_retries.map(|number| whole("max_retries", number)).transpose()?,
            timeout: timeout.map(Span::duration).transpose()?,
            screenshots: screenshots.map(parse).transpose()?,
            fetch: fetch.map(parse).transpose()?,
            archive,
            allow_addresses: networks(allow_addresses)?,
            browser,
            run_id: run_id.map(parse_id).transpose()?,
            shard: shard.unwrap_or(Shard::WHOLE),
            stop: at_once(&stop),
            ..RunRequest::new(campaign)
        };
        watched(on_progress, stop, |stop, listeners| match resumed {
            Some(resumed) => wait(py, Some(stop), campaign::resume(&self.catalog, resumed, listeners)),
            None => wait(py, Some(stop), campaign::run(&self.catalog, request, listeners)),
        })
    }

    #[pyo3(signature = (campaign, *, sample = "all", seed = 0, run_type = None, run_id = None))]
    fn plan(
        &self,
        py: Python<'_>,
        campaign: &str,
        sample: &str,
        seed: i128,
        run_type: Option<&str>,
        run_id: Option<&str>,
    ) -> PyResult<String> {
        let request = RunRequest {
            sample: parse(sample)?,
            seed: whole("seed", seed)?,
            run_type: run_type.map(parse).transpose()?,
            run_id: run_id.map(parse_id).transpose()?,
            ..RunRequest::new(campaign)
        };
        Ok(wait(py, None, campaign::plan_run(&self.catalog, request))?.run_id)
    }

    #[pyo3(signature = (run = "latest"))]
    fn finalize(&self, py: Python<'_>, run: &str) -> PyResult<RunReport> {
        Ok(wait(py, None, campaign::finalize_run(&self.catalog, run, &mut []))?.into())
    }

    #[pyo3(signature = (run = None, *, reason = None))]
    fn pause<'py>(&self, py: Python<'py>, run: Option<&str>, reason: Option<String>) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::Pause, reason)
    }

    #[pyo3(signature = (run = None, *, reason = None))]
    fn resume<'py>(&self, py: Python<'py>, run: Option<&str>, reason: Option<String>) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::Resume, reason)
    }

    #[pyo3(signature = (run = None, *, now = false, reason = None))]
    fn stop<'py>(
        &self,
        py: Python<'py>,
        run: Option<&str>,
        now: bool,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::Stop { now }, reason)
    }

    #[pyo3(signature = (run = None, *, concurrency, reason = None))]
    fn set<'py>(
        &self,
        py: Python<'py>,
        run: Option<&str>,
        concurrency: i128,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::SetConcurrency(whole("concurrency", concurrency)?), reason)
    }

    #[pyo3(signature = (task, run = None, *, reason = None))]
    fn skip<'py>(
        &self,
        py: Python<'py>,
        task: String,
        run: Option<&str>,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::Skip(task), reason)
    }

    #[pyo3(signature = (task, run = None, *, reason = None))]
    fn retry<'py>(
        &self,
        py: Python<'py>,
        task: String,
        run: Option<&str>,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::Retry(task), reason)
    }

    #[pyo3(signature = (task, run = None, *, reason = None))]
    fn review<'py>(
        &self,
        py: Python<'py>,
        task: String,
        run: Option<&str>,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.order(py, run, Command::Review(task), reason)
    }

    #[pyo3(signature = (run = None))]
    fn status<'py>(&self, py: Python<'py>, run: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &wait(py, None, campaign::status(&self.catalog, run))?)
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
        let request = ReplayRequest {
            run: run.to_owned(),
            instructions,
            concurrency: concurrency.map(|number| whole("concurrency", number)).transpose()?,
            stop: at_once(&stop),
        };
        watched(on_progress, stop, |stop, listeners| {
            wait(py, Some(stop), campaign::replay(&self.catalog, request, listeners))
        })
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

impl Client {
    fn order<'py>(
        &self,
        py: Python<'py>,
        run: Option<&str>,
        what: Command,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &wait(py, None, campaign::command(&self.catalog, run, what, reason))?)
    }
}

/// Runs something whose events a Python function wants to hear; what that raises stops it and is raised again.
fn watched(
    on_progress: Option<Bound<'_, PyAny>>,
    stop: CancellationToken,
    work: impl FnOnce(&CancellationToken, &mut [Box<dyn Listener>]) -> PyResult<campaign::RunReport>,
) -> PyResult<RunReport> {
    let on_progress = on_progress.map(|function| OnProgress::new(function, stop.clone())).transpose()?;
    let raised = on_progress.as_ref().map(OnProgress::raised).unwrap_or_default();
    let mut listeners: Vec<Box<dyn Listener>> = Vec::new();
    listeners.extend(on_progress.map(|told| Box::new(told) as Box<dyn Listener>));
    let report = work(&stop, &mut listeners);
    match raised.take() {
        Some(error) => Err(while_handling(report.err(), error)),
        None => Ok(report?.into()),
    }
}

fn parse_id(text: &str) -> PyResult<RunId> {
    text.parse().map_err(|_| input(format!("run_id `{text}` is not a UUID")))
}

/// Who presses Ctrl-C in a notebook, or ends a task of an orchestrator, waits for no page.
fn at_once(token: &CancellationToken) -> Stop {
    Stop { now: token.clone(), ..Stop::default() }
}
