//! Small web sites on loopback: what the demo shows and the tests run on. Every site is a folder with a `site.json`; each
//! has an address of its own in 127.0.0.0/8, all one port.

mod answer;
mod example;
mod server;
mod site;

pub use example::{EXAMPLE_PORT, Examples};
pub use server::SiteServer;
pub use site::{Site, SiteFault};

/// Why sites cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A `site.json` makes no sense.
    #[error("{0}")]
    Site(#[from] SiteFault),
    /// An address cannot be listened on.
    #[error("cannot serve a site at {address}: {reason}; choose another port with --port")]
    Listen {
        /// Address and port.
        address: std::net::SocketAddr,
        /// What the system says.
        reason: std::io::Error,
    },
    /// An example cannot be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// Where.
        path: std::path::PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
}
