//! Versioned documents on object storage. A document is never changed: an update is its next version, written
//! create-if-absent, so that the history is the audit log.

mod document;

pub(crate) use document::host_name;
pub use document::{Catalog, CatalogError, Document, Who};
