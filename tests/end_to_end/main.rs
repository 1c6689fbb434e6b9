//! The command `mino` from the outside: a real browser, real pages on loopback, a real store in a folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test says by failing what it expected"
)]

mod address_guard;
mod bad_input;
mod broken_sites;
mod canary;
mod examples;
mod failures;
mod fleet;
mod guard_proxy;
mod isolation;
mod mino;
mod politeness;
mod processes;
mod repeating;
mod runs;
mod shards;
mod stopping;
mod tiers;
mod watching;
