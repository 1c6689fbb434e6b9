//! How alike two lists are.

use super::ValueRule;
use super::similarity::Prepared;
use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use std::collections::HashMap;

/// Longer lists are first freed of items that occur in both; of the rest this many a side are assigned.
const LONGEST: usize = 500;

/// F1 = 2·matched / (|expected| + |found|), where as many items as possible are matched one to one by the rule of an
/// item; two empty lists are alike.
pub(super) fn similarity(item: &ValueRule, expected: &[Prepared], found: &[Prepared]) -> f64 {
    let total = expected.len() + found.len();
    if total == 0 {
        return 1.0;
    }
    2.0 * matched(item, expected, found) as f64 / total as f64
}

fn matched(item: &ValueRule, expected: &[Prepared], found: &[Prepared]) -> usize {
    let mut expected: Vec<&Prepared> = expected.iter().collect();
    let mut found: Vec<&Prepared> = found.iter().collect();
    if expected.len().max(found.len()) <= LONGEST {
        return assign(item, &expected, &found);
    }
    let equal = drop_equal(&mut expected, &mut found);
    expected.truncate(LONGEST);
    found.truncate(LONGEST);
    equal + assign(item, &expected, &found)
}

/// Takes out pairs with the same text, and counts them.
fn drop_equal(expected: &mut Vec<&Prepared>, found: &mut Vec<&Prepared>) -> usize {
    let mut waiting: HashMap<&str, usize> = HashMap::with_capacity(found.len());
    for item in found.iter() {
        *waiting.entry(item.key()).or_default() += 1;
    }
    let before = expected.len();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    expected.retain(|item| match waiting.get_mut(item.key()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            *taken.entry(item.key()).or_default() += 1;
            false
        }
        _ => true,
    });
    found.retain(|item| match taken.get_mut(item.key()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    before - expected.len()
}

/// Most pairs that match at once (Hungarian method; a pair weighs 1 where it matches, since F1 only counts pairs).
fn assign(item: &ValueRule, expected: &[&Prepared], found: &[&Prepared]) -> usize {
    if expected.is_empty() || found.is_empty() {
        return 0;
    }
    let threshold = item.match_threshold();
    let matches = |e: &Prepared, f: &Prepared| i64::from(e.similarity(f, item) >= threshold);
    // The method wants no more rows than columns.
    let weights = if expected.len() <= found.len() {
        Matrix::from_fn(expected.len(), found.len(), |(e, f)| matches(expected[e], found[f]))
    } else {
        Matrix::from_fn(found.len(), expected.len(), |(f, e)| matches(expected[e], found[f]))
    };
    let (count, _) = kuhn_munkres(&weights);
    usize::try_from(count).unwrap_or(0)
}
