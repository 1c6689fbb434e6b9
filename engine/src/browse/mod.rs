//! A fleet of Chromium: opens addresses, tells why a page did not come, and hands over what did.

mod broken;
mod context;
mod document;
mod error;
mod failure;
mod finding;
mod fleet;
mod headers;
mod http;
mod locate;
mod phrases;
mod settle;
mod signals;
mod tab;
mod vendors;
mod walls;

pub use document::Opened;
pub use error::BrowseError;
pub use failure::PageFailure;
pub use finding::{Answer, Finding, detect_failure};
pub use fleet::{Fleet, FleetOptions};
pub use http::HttpTier;
pub use locate::{BrowserSource, locate};
pub use tab::{Picture, Tab};
