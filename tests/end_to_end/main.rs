//! The command `mino` from the outside: a real browser, real pages on loopback, a real store in a folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test says by failing what it expected"
)]

mod bad_input;
mod broken_sites;
mod examples;
mod failures;
mod isolation;
mod mino;
mod repeating;
mod runs;
mod stopping;
mod tiers;
