use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::{Node, NodeKind};
use mino_datafusion::value::FieldType;
use regex::Regex;
use std::sync::LazyLock;

/// Mean ratings: "4.5 out of 5", "4,5/5", in the text and in the labels of stars.
#[derive(Debug)]
pub(super) struct Ratings;

static OUT_OF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[^\d.,/])(?P<mean>[0-5](?:[.,]\d{1,3})?)\s*(?:/|out of|of|von|sur|de|su|van|av|z|su)\s*5(?:[.,]0)?(?:[^\d.,/]|[.,]\D|$)").ok()
});
static STARS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:(?:^|[^\d.,])(?P<mean>[0-5](?:[.,]\d{1,3})?)\s*(?:stars?\b|sterne?\b|étoiles?|estrellas?|stelle\b|sterren|estrelas?|gwiazd\w*|stjärn\w*|★)|(?:rated|rating|average)\D{0,12}(?P<rated>[0-5](?:[.,]\d{1,3})?)(?:[^\d]|$))").ok()
});

impl Resolver for Ratings {
    fn name(&self) -> &'static str {
        "rating"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len())
            .filter(|at| queries[*at].is("ratings") && queries[*at].spec.field_type != FieldType::Integer)
            .collect();
        if wanted.is_empty() {
            return;
        }
        let reading = page.reading();
        let mut found: Vec<(String, f64, usize)> = Vec::new();
        let mut add = |text: &str, zone: Zone, node: usize, trust: f64| {
            let Some((mean, sure)) = mean(text) else { return };
            let whole = !mean.contains(['.', ',']);
            if whole && page.page.node(node).is_some_and(is_vote) {
                return;
            }
            let place = if zone.is(Zone::OTHERS) || zone.is(Zone::NAVIGATION) { 0.5 } else { 1.0 };
            // One reviewer's stars are whole; a mean seldom is.
            let whole = if whole { 0.72 } else { 1.0 };
            found.push((mean.to_owned(), trust * sure * place * whole, node));
        };
        for line in reading.lines() {
            let text = reading.text(line);
            if text.len() <= 120 && text.bytes().any(|byte| byte.is_ascii_digit()) {
                add(text, line.zone, reading.element(line, 0, text.len()), 0.72);
            }
        }
        for node in page.page.nodes().filter(|node| node.kind() == NodeKind::Element) {
            for (name, value) in node.attributes() {
                if matches!(name, "aria-label" | "title" | "alt") && value.len() <= 120 {
                    add(value, reading.zone(node.index()), node.index(), 0.7);
                }
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (at, (mean, score, node)) in found.into_iter().take(4).enumerate() {
            for field in &wanted {
                let score = score * 0.98_f64.powi(at as i32);
                out.push(Candidate {
                    field: *field,
                    raw: mean.clone(),
                    score,
                    resolver: self.name(),
                    evidence: Evidence::Node(node),
                });
            }
        }
    }
}

/// One of a row of stars that a visitor may click.
pub(super) fn is_vote(node: Node<'_>) -> bool {
    let alike = |other: &Node<'_>| other.tag() == node.tag();
    node.parent().is_some_and(|parent| parent.element_children().take(40).filter(alike).count() >= 4)
}

/// The mean in a text, and how surely it is one.
fn mean(text: &str) -> Option<(&str, f64)> {
    if let Some(found) = OUT_OF.as_ref()?.captures(text) {
        return Some((found.name("mean")?.as_str(), 1.0));
    }
    let found = STARS.as_ref()?.captures(text)?;
    Some((found.name("mean").or(found.name("rated"))?.as_str(), 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn means_of_many_stars() {
        let rating = |html: &str| found("rating:number", html);
        assert_eq!(rating("<p>4.5 out of 5 stars"), "4.5");
        assert_eq!(rating("<span aria-label='Bewertung: 4,7 von 5'></span>"), "4,7");
        assert_eq!(rating("<p>4.89/5 (12 votes)"), "4.89");
        assert_eq!(rating("<p>1/2 of 5 cups"), "");
    }
}
