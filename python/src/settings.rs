use crate::errors::input;
use mino_engine::campaign::RunRequest;
use mino_engine::model::{IpNet, Networks};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// Seconds, or a text as `45s`.
#[derive(Debug, FromPyObject)]
pub(crate) enum Span {
    Seconds(f64),
    Text(String),
}

impl Span {
    pub(crate) fn duration(self) -> PyResult<Duration> {
        let wrong = |what: String| input(format!("timeout {what}: use seconds, or a text as \"45s\""));
        match self {
            Self::Seconds(seconds) => Duration::try_from_secs_f64(seconds).map_err(|_| wrong(seconds.to_string())),
            Self::Text(text) => humantime::parse_duration(&text).map_err(|_| wrong(format!("`{text}`"))),
        }
    }
}

/// How a run is to be planned, as keywords.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    sample: Option<String>,
    seed: Option<i128>,
    instructions: Option<String>,
    dataset_version: Option<i128>,
    run_type: Option<String>,
    max_retries: Option<i128>,
    timeout: Option<Span>,
    screenshots: Option<String>,
    fetch: Option<String>,
    archive: Option<bool>,
    allow_addresses: Option<Vec<String>>,
}

impl<'py> FromPyObject<'_, 'py> for Settings {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let mut settings = Self::default();
        for (name, value) in given.cast::<PyDict>()?.iter() {
            match name.extract::<String>()?.as_str() {
                "sample" => settings.sample = taken("sample", value.py(), value.extract())?,
                "seed" => settings.seed = taken("seed", value.py(), value.extract())?,
                "instructions" => settings.instructions = taken("instructions", value.py(), value.extract())?,
                "dataset_version" => settings.dataset_version = taken("dataset_version", value.py(), value.extract())?,
                "run_type" => settings.run_type = taken("run_type", value.py(), value.extract())?,
                "max_retries" => settings.max_retries = taken("max_retries", value.py(), value.extract())?,
                "timeout" => settings.timeout = taken("timeout", value.py(), value.extract())?,
                "screenshots" => settings.screenshots = taken("screenshots", value.py(), value.extract())?,
                "fetch" => settings.fetch = taken("fetch", value.py(), value.extract())?,
                "archive" => settings.archive = taken("archive", value.py(), value.extract())?,
                "allow_addresses" => settings.allow_addresses = taken("allow_addresses", value.py(), value.extract())?,
                other => return Err(PyTypeError::new_err(format!("there is no setting `{other}`"))),
            }
        }
        Ok(settings)
    }
}

fn taken<T>(name: &str, py: Python<'_>, extracted: Result<T, impl Into<PyErr>>) -> PyResult<T> {
    extracted.map_err(|error| PyTypeError::new_err(format!("{name}: {}", error.into().value(py))))
}

impl Settings {
    /// A run of a campaign with them.
    pub(crate) fn request(self, campaign: &str) -> PyResult<RunRequest> {
        let known = RunRequest::new(campaign);
        Ok(RunRequest {
            sample: self.sample.as_deref().map(parse).transpose()?.unwrap_or(known.sample),
            seed: self.seed.map_or(Ok(known.seed), |seed| whole("seed", seed))?,
            instructions: self.instructions,
            dataset_version: self.dataset_version.map(|version| whole("dataset_version", version)).transpose()?,
            run_type: self.run_type.as_deref().map(parse).transpose()?,
            max_retries: self.max_retries.map(|number| whole("max_retries", number)).transpose()?,
            timeout: self.timeout.map(Span::duration).transpose()?,
            screenshots: self.screenshots.as_deref().map(parse).transpose()?,
            fetch: self.fetch.as_deref().map(parse).transpose()?,
            archive: self.archive,
            allow_addresses: networks(self.allow_addresses)?,
            ..RunRequest::new(campaign)
        })
    }
}

/// A word of the engine.
pub(crate) fn parse<T: FromStr<Err: Display>>(text: &str) -> PyResult<T> {
    text.parse().map_err(|error: T::Err| input(error.to_string()))
}

/// Networks that are named, else those of `MINO_ALLOW_ADDRESSES`.
fn networks(named: Option<Vec<String>>) -> PyResult<Vec<IpNet>> {
    let named = named.map(|named| named.join(","));
    let text = named.or_else(|| std::env::var("MINO_ALLOW_ADDRESSES").ok()).unwrap_or_default();
    Ok(parse::<Networks>(&text)?.0)
}

/// A number that the engine can hold. Python's own are of any size, and its OverflowError is no error of this package.
pub(crate) fn whole<T: TryFrom<i128>>(setting: &str, number: i128) -> PyResult<T> {
    T::try_from(number).map_err(|_| input(format!("{setting} {number} is out of range")))
}
