//! A page in, fields with confidence and evidence out. Pure: no I/O, no clock; one file a resolver.

mod candidate;
mod choose;
mod extractor;
mod grounding;
mod headline;
mod json_ld;
mod labels;
mod lexicon;
mod meta;
mod microdata;
mod page_view;
mod query;
mod rdfa;
mod resolver;
mod rules;
mod structured;

pub use candidate::Candidate;
pub use extractor::{ExtractError, Extraction, Extractor, Found};
pub use lexicon::value_rule;
pub use page_view::PageView;
pub use query::FieldQuery;
pub use resolver::Resolver;
