use crate::page::PageSnapshot;

/// One proposal of one resolver for one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which field, as its number in the instructions.
    pub field: usize,
    /// As found on the page.
    pub raw: String,
    /// How far the resolver trusts it, 0..=1.
    pub score: f64,
    /// Which resolver.
    pub resolver: &'static str,
    /// What finds it again.
    pub evidence: Evidence,
}

/// Where on a page something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A node by its number. Its selector is worked out for the few that are kept.
    Node(usize),
    /// A selector or path.
    Path(String),
}

impl Evidence {
    /// A selector or path that finds it again.
    #[must_use]
    pub fn text(&self, page: &PageSnapshot) -> String {
        match self {
            Self::Node(index) => page.node(*index).map(crate::page::Node::selector).unwrap_or_default(),
            Self::Path(path) => path.clone(),
        }
    }
}
