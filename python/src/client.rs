use crate::blocking::wait;
use crate::errors::{input, while_handling};
use crate::events::OnProgress;
use crate::json::{from_python, to_python};
use crate::report::RunReport;
use crate::rows::Rows;
use crate::settings::{Settings, parse, whole};
use chrono::Utc;
use mino_engine::campaign::{self, Command, ReplayRequest, ResumeRequest, RunRequest, Stop};
use mino_engine::catalog::Catalog;
use mino_engine::model::{QualityRule, RunId, Shard};
use mino_engine::run::Listener;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

/// Opens a store for one organization.
#[pyfunction]
#[pyo3(signature = (url, org = "default"))]
pub(crate) fn connect(py: Python<'_>, url: PathBuf, org: &str) -> PyResult<Client> {
    let url = url.into_os_string().into_string().map_err(|_| input("the store's url is not UTF-8"))?;
    let catalog = wait(py, None, campaign::connect(&url, org))?;
    // A child process may be in another folder.
    let url = if url.contains("://") { url } else { std::path::absolute(&url)?.to_string_lossy().into_owned() };
    Ok(Client { url, org: org.to_owned(), catalog: Mutex::new((process::id(), Arc::new(catalog))) })
}

/// One organization's part of a store.
#[pyclass(frozen, module = "mino")]
#[derive(Debug)]
pub(crate) struct Client {
    url: String,
    org: String,
    /// Of the process with this id. Locked by who holds the GIL, and never beyond, as forks want it.
    catalog: Mutex<(u32, Arc<Catalog>)>,
}

#[pymethods]
impl Client {
    #[getter]
    fn url(&self) -> String {
        self.known().1.store().url().to_owned()
    }

    #[getter]
    fn org(&self) -> &str {
        &self.org
    }

    #[pyo3(signature = (path, why = None))]
    fn apply<'py>(&self, py: Python<'py>, path: PathBuf, why: Option<String>) -> PyResult<Bound<'py, PyAny>> {
        let applied = wait(py, None, campaign::apply(&*self.catalog(py)?, &path, why))?;
        to_python(py, &applied)
    }

    #[pyo3(signature = (campaign = None, *, concurrency = None, browser = None, resume = None, run_id = None,
        shard = None, on_progress = None, **settings))]
    #[allow(clippy::too_many_arguments, reason = "keywords of one Python call")]
    fn run(
        &self,
        py: Python<'_>,
        campaign: Option<&str>,
        concurrency: Option<i128>,
        browser: Option<String>,
        resume: Option<String>,
        run_id: Option<&str>,
        shard: Option<&str>,
        on_progress: Option<Bound<'_, PyAny>>,
        settings: Option<Settings>,
    ) -> PyResult<RunReport> {
        let stop = Stop::default();
        let browser = browser.or_else(|| std::env::var("MINO_BROWSER").ok());
        let concurrency = concurrency.map(|number| whole("concurrency", number)).transpose()?;
        let shard = shard.map(parse).transpose()?;
        let catalog = self.catalog(py)?;
        if let (None, Some(run)) = (campaign, &resume) {
            let request = ResumeRequest { run: run.clone(), shard, concurrency, browser, stop: stop.clone() };
            return watched(on_progress, stop, |stop, listeners| {
                wait(py, Some(stop), campaign::resume(&catalog, request, listeners))
            });
        }
        let (Some(campaign), None) = (campaign, resume) else {
            return Err(input("give the name of a campaign, or resume=RUN to go on with a run: one of the two"));
        };
        let request = RunRequest {
            concurrency,
            browser,
            run_id: run_id.map(parse_id).transpose()?,
            shard: shard.unwrap_or(Shard::WHOLE),
            stop: stop.clone(),
            ..settings.unwrap_or_default().request(campaign)?
        };
        watched(on_progress, stop, |stop, listeners| wait(py, Some(stop), campaign::run(&catalog, request, listeners)))
    }

    #[pyo3(signature = (campaign, *, concurrency = None, run_id = None, **settings))]
    fn plan(
        &self,
        py: Python<'_>,
        campaign: &str,
        concurrency: Option<i128>,
        run_id: Option<&str>,
        settings: Option<Settings>,
    ) -> PyResult<String> {
        let request = RunRequest {
            concurrency: concurrency.map(|number| whole("concurrency", number)).transpose()?,
            run_id: run_id.map(parse_id).transpose()?,
            ..settings.unwrap_or_default().request(campaign)?
        };
        Ok(wait(py, None, campaign::plan_run(&*self.catalog(py)?, request))?.run_id)
    }

    #[pyo3(signature = (run = "latest"))]
    fn finalize(&self, py: Python<'_>, run: &str) -> PyResult<RunReport> {
        Ok(wait(py, None, campaign::finalize_run(&*self.catalog(py)?, run, &mut []))?.into())
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
        to_python(py, &wait(py, None, campaign::status(&*self.catalog(py)?, run))?)
    }

    #[pyo3(signature = (run = "latest", rules = None))]
    fn quality<'py>(
        &self,
        py: Python<'py>,
        run: &str,
        rules: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rules = rules.map(|rules| from_python::<Vec<QualityRule>>(&rules, "rules")).transpose()?;
        let (_, all) = wait(py, None, campaign::quality(&*self.catalog(py)?, run, rules, Utc::now()))?;
        to_python(py, &all)
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
        let stop = Stop::default();
        let request = ReplayRequest {
            run: run.to_owned(),
            instructions,
            concurrency: concurrency.map(|number| whole("concurrency", number)).transpose()?,
            stop: stop.clone(),
        };
        watched(on_progress, stop, |stop, listeners| {
            wait(py, Some(stop), campaign::replay(&*self.catalog(py)?, request, listeners))
        })
    }

    #[pyo3(signature = (campaign, *, instructions = None))]
    fn calibrate<'py>(
        &self,
        py: Python<'py>,
        campaign: &str,
        instructions: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let calibrated = wait(py, None, campaign::calibrate(&*self.catalog(py)?, campaign, instructions))?;
        to_python(py, &calibrated)
    }

    fn sql(&self, py: Python<'_>, query: &str) -> PyResult<Rows> {
        let (schema, batches) = wait(py, None, campaign::query(&*self.catalog(py)?, query))?;
        Ok(Rows::new(schema, batches))
    }

    #[pyo3(signature = (what = None))]
    fn list<'py>(&self, py: Python<'py>, what: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(what) = what.filter(|what| !["campaigns", "datasets", "runs"].contains(what)) {
            return Err(input(format!("`{what}` is none of campaigns, datasets, runs")));
        }
        let inventory = to_python(py, &wait(py, None, campaign::inventory(&*self.catalog(py)?))?)?;
        match what {
            Some(what) => inventory.get_item(what),
            None => Ok(inventory),
        }
    }

    #[pyo3(signature = (name = "latest"))]
    fn show<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let shown = wait(py, None, campaign::show(&*self.catalog(py)?, name))?;
        to_python(py, &shown)
    }

    fn artifact<'py>(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = wait(py, None, campaign::artifact(&*self.catalog(py)?, path))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[pyo3(signature = (run = "latest"))]
    fn verify<'py>(&self, py: Python<'py>, run: &str) -> PyResult<Bound<'py, PyAny>> {
        let (run_id, tables) = wait(py, None, campaign::verify_run(&*self.catalog(py)?, run))?;
        let ok = tables.iter().all(|table| table.fault.is_none());
        to_python(py, &serde_json::json!({"run_id": run_id, "ok": ok, "tables": tables}))
    }

    fn __repr__(&self) -> String {
        format!("<mino.Client of {} in {}>", self.org, self.url())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let known = self.known();
        // As for reconnecting: what a parent had open is not ours to close.
        if known.0 != process::id() {
            std::mem::forget(known.1.clone());
        }
    }
}

impl Client {
    fn known(&self) -> (u32, Arc<Catalog>) {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The store, connected by this process: connections that a parent had open before it forked are of no use here.
    fn catalog(&self, py: Python<'_>) -> PyResult<Arc<Catalog>> {
        let (owner, catalog) = self.known();
        // What is in memory alone is nowhere else.
        if owner == process::id() || self.url.starts_with("memory:") {
            return Ok(catalog);
        }
        // The parent's is left as it is: it may wait for threads that are not here.
        std::mem::forget(catalog);
        let catalog = Arc::new(wait(py, None, campaign::connect(&self.url, &self.org))?);
        let mut known = self.catalog.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::forget(std::mem::replace(&mut *known, (process::id(), catalog.clone())));
        Ok(catalog)
    }

    fn order<'py>(
        &self,
        py: Python<'py>,
        run: Option<&str>,
        what: Command,
        reason: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &wait(py, None, campaign::command(&*self.catalog(py)?, run, what, reason))?)
    }
}

/// Runs something whose events a Python function wants to hear; what that raises stops it and is raised again.
fn watched(
    on_progress: Option<Bound<'_, PyAny>>,
    stop: Stop,
    work: impl FnOnce(&Stop, &mut [Box<dyn Listener>]) -> PyResult<campaign::RunReport>,
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
