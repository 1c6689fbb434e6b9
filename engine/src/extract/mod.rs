//! A page in, fields with confidence and evidence out. Pure: no I/O, no clock; one file a resolver.

mod budget;
mod candidate;
mod choose;
mod error;
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
pub use error::ExtractError;
pub use extractor::{Extraction, Extractor, Found};
pub use lexicon::value_rule;
pub use page_view::PageView;
pub use query::FieldQuery;
pub use resolver::Resolver;
