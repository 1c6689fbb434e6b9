//! How Mino's results are made: datasets, browsers, extraction, durable runs.
//!
//! Modules import downward only, in this order: [`cli`] → [`serve`] → [`campaign`] → [`run`] → [`extract`] and [`browse`] (siblings) →
//! [`page`] → [`dataset`] → [`catalog`] → [`model`].

pub mod browse;
pub mod campaign;
pub mod catalog;
pub mod cli;
pub mod dataset;
pub mod extract;
pub mod model;
pub mod page;
pub mod run;
pub mod serve;
