//! What machines, stores and people do to runs: each test small by default, large with `MINO_CHAOS=long` (`make chaos`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test says by failing what it expected"
)]

mod control;
mod frozen;
mod kills;
mod many;
#[path = "../end_to_end/mino.rs"]
#[allow(dead_code, reason = "shared with the end-to-end tests")]
mod mino;
mod site;
mod worker;

/// A figure of a test: small, or as large as what must be shown.
fn size(short: usize, long: usize) -> usize {
    if std::env::var("MINO_CHAOS").is_ok_and(|value| value == "long") { long } else { short }
}
