use super::{Candidate, FieldQuery, PageView};
use std::fmt::Debug;

/// One way of finding values. A resolver looks at the page and at what is asked for, and proposes; it decides nothing.
/// The same page and queries give the same candidates in the same order.
pub trait Resolver: Debug + Send + Sync {
    /// Its name in `fields.resolver`.
    fn name(&self) -> &'static str;

    /// Adds its proposals.
    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>);
}
