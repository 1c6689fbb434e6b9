use std::path::PathBuf;

/// No browser could be had.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// None is installed.
    #[error(
        "no browser found: install one with `apt install chromium-headless-shell` (or `chromium`), or name one with \
         --browser PATH, --browser ws://HOST:PORT/… or MINO_BROWSER"
    )]
    Missing,
    /// The one that was named is not there.
    #[error(
        "there is no browser at {}: give the path of an executable Chromium, or leave --browser out to have one found",
        .path.display()
    )]
    NotThere {
        /// As named.
        path: PathBuf,
    },
    /// It did not start.
    #[error("{} did not start: {reason}", .program.display())]
    Launch {
        /// Its path.
        program: PathBuf,
        /// What it said.
        reason: String,
    },
    /// A remote one did not answer.
    #[error("no browser answers at {url}: {reason}")]
    Connect {
        /// Its DevTools address.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The proxy that guards it did not start.
    #[error("the browser's proxy found no port on 127.0.0.1: {reason}")]
    Proxy {
        /// What the system said.
        reason: String,
    },
    /// It stopped answering.
    #[error("the browser stopped answering while asked to {operation}: {reason}")]
    Gone {
        /// What was asked of it.
        operation: &'static str,
        /// What went wrong.
        reason: String,
    },
}

impl BrowseError {
    pub(super) fn gone(operation: &'static str) -> impl FnOnce(chromiumoxide::error::CdpError) -> Self {
        move |error| Self::Gone { operation, reason: error.to_string() }
    }
}
