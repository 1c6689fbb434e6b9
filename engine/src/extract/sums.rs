use super::lexicon::Lexicon;
use super::{Candidate, Evidence, ExtractError, FieldQuery};
use crate::model::FieldSpec;
use crate::page::PageSnapshot;
use mino_datafusion::value::FieldType;

/// A field that is the sum of others where a page does not say it: preparation and cooking make the total time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    /// Number of the field.
    of: usize,
    /// Numbers of its parts, which are looked for with the fields.
    parts: Vec<usize>,
}

/// Adds the parts of fields to what is looked for.
///
/// # Errors
/// Never, as parts have no patterns of their own; passed on all the same.
pub(super) fn with_parts(queries: &mut Vec<FieldQuery>, lexicon: &Lexicon) -> Result<Vec<Sum>, ExtractError> {
    let mut sums = Vec::new();
    for of in 0..queries.len() {
        if queries[of].spec.field_type != FieldType::Duration {
            continue;
        }
        let mut parts = Vec::new();
        for key in queries[of].parts.clone() {
            let Some(concept) = lexicon.concept(&key) else { continue };
            let spec = FieldSpec {
                name: key.clone(),
                required: false,
                from: Vec::new(),
                synonyms: Vec::new(),
                ..queries[of].spec.clone()
            };
            let query = FieldQuery::new(&spec, Some((concept, true)));
            queries.push(query.map_err(|error| ExtractError::Pattern { field: key, reason: error.to_string() })?);
            parts.push(queries.len() - 1);
        }
        if parts.len() > 1 {
            sums.push(Sum { of, parts });
        }
    }
    Ok(sums)
}

/// Proposes the sums, each from the best of its parts.
pub(super) fn propose(page: &PageSnapshot, sums: &[Sum], queries: &[FieldQuery], candidates: &mut Vec<Candidate>) {
    for sum in sums {
        let best = |part: &usize| {
            let own = candidates.iter().filter(|candidate| candidate.field == *part);
            let read = own.filter_map(|candidate| Some((queries[*part].read(&candidate.raw).ok()?.number?, candidate)));
            read.max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score))
        };
        let parts: Vec<(f64, &Candidate)> = sum.parts.iter().filter_map(best).collect();
        // One part alone may be all there is, or not.
        let trust = if parts.len() > 1 { 0.82 } else { 0.5 };
        // In the unit of the field, as a bare number is.
        let total: f64 = parts.iter().map(|(number, _)| number).sum();
        let score = parts.iter().map(|(_, candidate)| candidate.score).fold(1.0, f64::min) * trust;
        let evidence: Vec<String> = parts.iter().map(|(_, candidate)| candidate.evidence.text(page)).collect();
        if total > 0.0 {
            candidates.push(Candidate {
                field: sum.of,
                raw: total.to_string(),
                score,
                resolver: "sum",
                evidence: Evidence::Path(evidence.join(" + ")),
            });
        }
    }
}
