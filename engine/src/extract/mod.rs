//! A page in, fields with confidence and evidence out. Pure: no I/O, no clock; one file a resolver.

mod addresses;
mod beside;
mod budget;
mod bylines;
mod candidate;
mod choose;
mod class_words;
mod codes;
mod dates;
mod emails;
mod error;
mod extractor;
mod grounding;
mod gtins;
mod headline;
#[cfg(test)]
mod hostile;
mod hours;
mod ingredients;
mod json_ld;
mod labels;
mod lexicon;
mod links;
mod locale;
mod meta;
mod microdata;
mod microformats;
mod named;
mod organizations;
mod page_view;
mod phones;
mod phrases;
mod postal;
mod prices;
mod query;
mod ratings;
mod rdfa;
mod reading;
mod resolver;
mod rules;
mod state;
mod stock;
mod structured;
mod sums;
#[cfg(test)]
mod testing;
mod zone;

pub use candidate::{Candidate, Evidence};
pub use error::ExtractError;
pub use extractor::{Extraction, Extractor, Found};
pub use lexicon::value_rule;
use lexicon::{labels_of, words};
pub use links::Link;
pub use page_view::PageView;
pub use query::FieldQuery;
pub use resolver::Resolver;
