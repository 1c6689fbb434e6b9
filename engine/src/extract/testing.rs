//! What tests of resolvers share.

#![allow(clippy::unwrap_used)]

use super::{Extraction, Extractor};
use crate::model::{FieldSpec, Instructions};
use crate::page::PageSnapshot;

/// Instructions for fields written as `name:type`.
pub(super) fn instructions(fields: &[&str]) -> Instructions {
    let spec = |field: &&str| {
        let (name, kind) = field.split_once(':').unwrap_or((field, "text"));
        FieldSpec::new(name, kind.parse().unwrap_or(mino_datafusion::value::FieldType::Text))
    };
    Instructions {
        version: "1.0".into(),
        prompt: String::new(),
        fields: fields.iter().map(spec).collect(),
        follow: None,
        lexicon: std::collections::BTreeMap::new(),
    }
}

/// What a page gives for fields written as `name:type`.
pub(super) fn extracted(fields: &[&str], html: &str) -> Extraction {
    let page = PageSnapshot::from_html("http://127.0.0.1/page", html);
    Extractor::new(&instructions(fields)).unwrap().extract(&page)
}

/// The raw value of one field; empty when there is none that is valid.
pub(super) fn found(field: &str, html: &str) -> String {
    let found = extracted(&[field], html).fields.pop().flatten().filter(|found| found.value.is_some());
    found.map(|found| found.raw).unwrap_or_default()
}

/// How sure one field's value is, before calibration; 0 when there is none.
pub(super) fn sureness(field: &str, html: &str) -> f64 {
    extracted(&[field], html).fields.pop().flatten().map_or(0.0, |found| found.confidence.get())
}
