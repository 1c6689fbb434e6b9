//! Pages of sites that do not exist, written as the systems and habits of real ones have them, in a dozen languages: what is
//! extracted from each, held against what a careful reader of it answers. `<set>/truth.jsonl` has one page a line: a list is
//! a list of accepted answers (in a list field: the list), `null` is known to be absent, `""` is unknown.
//!
//! The floors are what was measured, less what one page may cost: they find steps back, and are no estimate of accuracy on
//! pages that nobody has seen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test says by failing what it expected"
)]

use mino_datafusion::compare::compare_cell;
use mino_datafusion::stats::Counts;
use mino_datafusion::value::{DurationUnit, FieldType, ValueRule};
use mino_engine::extract::{Extractor, value_rule};
use mino_engine::model::{FieldSpec, Instructions};
use mino_engine::page::PageSnapshot;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Field, type, and the least F1.
type Fields = [(&'static str, &'static str, f64)];

fn extractor(fields: &Fields) -> (Extractor, Vec<ValueRule>) {
    let specs: Vec<FieldSpec> = fields
        .iter()
        .map(|(name, kind, _)| {
            let mut spec = FieldSpec::new(*name, kind.parse::<FieldType>().unwrap());
            spec.unit = (*kind == "duration").then_some(DurationUnit::Minutes);
            spec
        })
        .collect();
    let rules = specs.iter().map(value_rule).collect();
    let instructions = Instructions {
        version: "1.0".into(),
        prompt: String::new(),
        fields: specs,
        follow: None,
        lexicon: BTreeMap::new(),
    };
    (Extractor::new(&instructions).unwrap(), rules)
}

/// The truth as a cell of a dataset; `None` where it is not known.
fn expected(truth: &Value) -> Option<String> {
    match truth {
        Value::Null => Some("-".into()),
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}

fn judge(set: &str, fields: &Fields) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pages").join(set);
    let (extractor, rules) = extractor(fields);
    let mut counts = vec![Counts::default(); fields.len()];
    let truth = std::fs::read_to_string(folder.join("truth.jsonl")).unwrap();
    for line in truth.lines() {
        let row: Map<String, Value> = serde_json::from_str(line).unwrap();
        let site = row["site"].as_str().unwrap();
        let html = std::fs::read_to_string(folder.join(format!("{site}.html"))).unwrap();
        // Saved pages stand on an address that says nothing.
        let found = extractor.extract(&PageSnapshot::from_html("http://127.0.0.1/page", &html)).fields;
        for (at, (name, ..)) in fields.iter().enumerate() {
            let value = found[at].as_ref().and_then(|found| found.value.as_ref()).map(|value| value.text.as_str());
            let wanted = expected(&row[*name]);
            let cell = compare_cell(&rules[at], wanted.as_deref(), value);
            if let Some(cell) = cell {
                counts[at].add(cell.outcome);
            }
        }
    }
    let mut below = Vec::new();
    for ((name, _, floor), counts) in fields.iter().zip(&counts) {
        let f1 = counts.f1().unwrap_or_default();
        println!(
            "{set:8} {name:14} n {:3}  precision {:.3}  recall {:.3}  F1 {f1:.3}",
            counts.cells(),
            counts.precision().unwrap_or_default(),
            counts.recall().unwrap_or_default()
        );
        if f1 < *floor {
            below.push(format!("{name} has F1 {f1:.3}, at least {floor} is wanted"));
        }
    }
    assert!(below.is_empty(), "{set}: {}", below.join("; "));
}

#[test]
fn products_of_shops() {
    judge(
        "shop",
        &[
            ("name", "text", 0.92),
            ("price", "number", 0.92),
            ("currency", "text", 0.95),
            ("sku", "id", 0.91),
            ("availability", "text", 0.88),
            ("brand", "text", 0.92),
            ("gtin", "id", 0.94),
        ],
    );
}

#[test]
fn contacts_of_organizations() {
    judge(
        "contact",
        &[
            ("name", "text", 0.82),
            ("phone", "phone", 0.83),
            ("fax", "phone", 0.88),
            ("email", "email", 0.88),
            ("address", "text", 0.78),
            ("city", "text", 0.92),
            ("postcode", "id", 0.88),
            ("hours", "text", 0.72),
        ],
    );
}

#[test]
fn articles() {
    judge("article", &[("headline", "text", 0.93), ("authors", "list<text>", 0.80), ("published", "date", 0.78)]);
}

#[test]
fn recipes() {
    judge(
        "recipe",
        &[
            ("title", "text", 0.84),
            ("author", "text", 0.84),
            ("total_time", "duration", 0.65),
            ("yields", "text", 0.77),
            ("ingredients", "list<text>", 0.80),
            ("category", "text", 0.50),
        ],
    );
}
