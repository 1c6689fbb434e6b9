use crate::errors::input;
use mino_engine::model::{IpNet, Networks};
use pyo3::prelude::*;
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

/// A word of the engine.
pub(crate) fn parse<T: FromStr<Err: Display>>(text: &str) -> PyResult<T> {
    text.parse().map_err(|error: T::Err| input(error.to_string()))
}

/// Networks that are named, else those of `MINO_ALLOW_ADDRESSES`.
pub(crate) fn networks(named: Option<Vec<String>>) -> PyResult<Vec<IpNet>> {
    let named = named.map(|named| named.join(","));
    let text = named.or_else(|| std::env::var("MINO_ALLOW_ADDRESSES").ok()).unwrap_or_default();
    Ok(parse::<Networks>(&text)?.0)
}

/// A number that the engine can hold. Python's own are of any size, and its OverflowError is no error of this package.
pub(crate) fn whole<T: TryFrom<i128>>(setting: &str, number: i128) -> PyResult<T> {
    T::try_from(number).map_err(|_| input(format!("{setting} {number} is out of range")))
}
