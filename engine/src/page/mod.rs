//! A page as columns: the flattened document, from the browser's snapshot or from HTML.

mod archive;
mod css;
mod from_browser;
mod from_html;
mod html_tree;
mod layout;
mod node;
mod snapshot;
mod text;
mod xpath;

pub use archive::{ArchiveError, ArchivedPage};
pub use css::CssTree;
pub use from_browser::{BrowserDocument, STYLES, from_browser};
pub use layout::{Font, Frame};
pub use node::Node;
pub use snapshot::{NodeKind, PageSnapshot};
pub use text::collapse;
pub(crate) use text::is_seam;
pub use xpath::XpathTree;
