//! A fleet of Chromium: opens addresses, tells why a page did not come, and hands over what did.

mod address_kind;
mod block;
mod client;
mod context;
mod dial;
mod document;
mod error;
mod failure;
mod faults;
mod fleet;
mod forward;
mod guard;
mod guarded;
mod http;
mod locate;
mod names;
mod proxy;
mod settle;
mod tab;

pub use address_kind::{AddressKind, refusal};
pub use block::{Block, detect_block};
pub use document::Opened;
pub use error::BrowseError;
pub use failure::PageFailure;
pub use fleet::{Fleet, FleetOptions};
pub use guard::{AddressGuard, GuardError, Resolve};
pub use http::{HttpTier, USER_AGENT};
pub use locate::{BrowserSource, locate};
pub use proxy::{Proxy, ProxyBytes};
pub use tab::{Picture, Tab};
