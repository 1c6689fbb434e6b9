//! A fleet of Chromium: opens addresses, tells why a page did not come, and hands over what did.

mod block;
mod context;
mod document;
mod error;
mod failure;
mod fleet;
mod http;
mod locate;
mod settle;
mod tab;

pub use block::{Block, detect_block};
pub use document::Opened;
pub use error::BrowseError;
pub use failure::PageFailure;
pub use fleet::{Fleet, FleetOptions};
pub use http::HttpTier;
pub use locate::{BrowserSource, locate};
pub use tab::{Picture, Tab};
