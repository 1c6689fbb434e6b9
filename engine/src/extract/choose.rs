//! One value per field out of all proposals, and how far it can be trusted (SEMANTICS, "Confidence").

use super::grounding::grounding;
use super::phrases::fold_label;
use super::{Candidate, FieldQuery, PageView, currencies, phones};
use crate::model::Confidence;
use mino_datafusion::value::{FieldType, TypedValue, similarity};
use std::collections::{BTreeMap, HashSet};

/// Confidence of a value that is not of its type, at most.
const INVALID_AT_MOST: f64 = 0.3;

/// The chosen value of one field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) candidate: Candidate,
    /// `Err`: why it is not a value of the field.
    pub(super) value: Result<TypedValue, String>,
    pub(super) confidence: Confidence,
    /// For the trace.
    pub(super) why: String,
}

/// Proposals that say the same.
struct Group<'a> {
    best: &'a Candidate,
    value: Result<TypedValue, String>,
    /// Resolvers that agree, with the score of each.
    backers: Vec<(&'static str, f64)>,
}

impl Group<'_> {
    /// Probability that one of the backers is right, were their sources independent.
    fn support(&self) -> f64 {
        let mut sources: BTreeMap<&str, f64> = BTreeMap::new();
        for (resolver, score) in &self.backers {
            let best = sources.entry(source(resolver)).or_insert(0.0);
            *best = best.max(*score);
        }
        1.0 - sources.values().map(|score| 1.0 - score).product::<f64>()
    }
}

/// Pages print `<title>`, `<h1>` and `<meta>` from one field of their own: these agreeing says no more than one of them; nor
/// do two ways to read a label.
fn source(resolver: &'static str) -> &'static str {
    match resolver {
        "headline" => "meta",
        "code" | "neighbour" => "label",
        _ => resolver,
    }
}

pub(super) fn choose(view: &PageView<'_>, query: &FieldQuery, candidates: &[&Candidate]) -> Option<Choice> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for candidate in candidates {
        let value = query.read(&candidate.raw);
        let value = match query.spec.field_type {
            FieldType::Money => value.map(|value| currencies::in_own_currency(view, &candidate.raw, value)),
            FieldType::Phone => value.map(|value| phones::in_own_country(view, query, value)),
            _ => value,
        };
        let same = groups.iter_mut().find(|group| agree(query, group, candidate, value.as_ref().ok()));
        match same {
            Some(group) => back(group, candidate, value),
            None => groups.push(Group { best: candidate, value, backers: vec![(candidate.resolver, candidate.score)] }),
        }
    }
    let rank = |group: &Group<'_>| {
        let by_rule = group.backers.iter().any(|(resolver, _)| *resolver == "rule");
        (group.value.is_ok(), by_rule, group.support())
    };
    let winner = groups.iter().enumerate().reduce(|best, next| {
        let (a, b) = (rank(best.1), rank(next.1));
        let better = (b.0, b.1).cmp(&(a.0, a.1)).then(b.2.total_cmp(&a.2)).is_gt();
        if better { next } else { best }
    })?;
    let opposition = groups
        .iter()
        .enumerate()
        .filter(|(index, group)| *index != winner.0 && group.value.is_ok())
        .map(|(_, group)| group.best.score)
        .fold(0.0, f64::max);
    let group = winner.1;
    let agreement = group.support() * (1.0 - 0.5 * opposition);
    let grounded = grounding(view.reading().all_folded(), &group.best.raw, group.value.as_ref().ok());
    let mut confidence = grounded * (0.5 + 0.5 * agreement);
    if group.value.is_err() {
        confidence = confidence.min(INVALID_AT_MOST);
    }
    let backers: Vec<&str> = group.backers.iter().map(|(resolver, _)| *resolver).collect();
    let why =
        format!("{} at {} ({} proposals)", backers.join("+"), group.best.evidence.text(view.page), candidates.len());
    Some(Choice {
        candidate: group.best.clone(),
        value: group.value.clone(),
        confidence: Confidence::clamped(confidence),
        why,
    })
}

fn agree(query: &FieldQuery, group: &Group<'_>, candidate: &Candidate, value: Option<&TypedValue>) -> bool {
    match (&group.value, value) {
        (Ok(known), Some(value)) if query.is_list() => known.text == value.text || same_words(&known.text, &value.text),
        (Ok(known), Some(value)) => {
            known.text == value.text
                || similarity(&query.rule, &known.text, &value.text)
                    .is_some_and(|s| s >= query.rule.threshold.unwrap_or(mino_datafusion::value::DEFAULT_THRESHOLD))
        }
        _ => group.best.raw == candidate.raw,
    }
}

/// Two lists that are made of the same words, nearly: whether they agree needs no assignment of their items, which takes
/// time that grows with the cube of their number.
fn same_words(a: &str, b: &str) -> bool {
    const NEARLY: f64 = 0.8;
    let (a, b) = (fold_label(a), fold_label(b));
    let (a, b): (HashSet<&str>, HashSet<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    let common = a.intersection(&b).count() as f64;
    2.0 * common / (a.len() + b.len()) as f64 >= NEARLY
}

fn back<'a>(group: &mut Group<'a>, candidate: &'a Candidate, value: Result<TypedValue, String>) {
    match group.backers.iter_mut().find(|(resolver, _)| *resolver == candidate.resolver) {
        Some(known) => known.1 = known.1.max(candidate.score),
        None => group.backers.push((candidate.resolver, candidate.score)),
    }
    if candidate.score > group.best.score {
        group.best = candidate;
        group.value = value;
    }
}
