//! A fleet of Chromium: opens addresses, tells why a page did not come, and hands over what did.

mod block;
mod chromium;
mod context;
mod crash;
mod document;
mod error;
mod failure;
mod figures;
mod flags;
mod fleet;
mod http;
mod locate;
mod memory;
mod process;
mod profile;
mod relief;
mod settle;
mod tab;
mod watch;

pub use block::{Block, detect_block};
pub use document::Opened;
pub use error::BrowseError;
pub use failure::PageFailure;
pub use figures::{FleetFigures, Pressure};
pub use fleet::{Fleet, FleetOptions};
pub use http::HttpTier;
pub use locate::{BrowserSource, locate};
pub use tab::{Picture, Tab};
