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
    /// Selector or path that finds it again.
    pub evidence: String,
}
