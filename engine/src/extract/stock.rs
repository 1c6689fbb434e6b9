use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};

/// Whether a product can be bought: lines and buttons that say so.
#[derive(Debug)]
pub(super) struct Stock;

/// Longest line that says so, in characters.
const LONGEST: usize = 80;

/// Words that say so, by what they say.
const SAYINGS: [&str; 5] = ["in_stock", "out_of_stock", "preorder", "backorder", "discontinued"];

impl Resolver for Stock {
    fn name(&self) -> &'static str {
        "stock"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        for (field, query) in queries.iter().enumerate().filter(|(_, query)| query.is("availability")) {
            let Some(terms) = query.rule.terms.as_ref() else { continue };
            let reading = page.reading();
            let mut found: Vec<(f64, &str, usize)> = Vec::new();
            for line in reading.lines() {
                let text = reading.text(line);
                if text.chars().count() > LONGEST || line.zone.is(Zone::NAVIGATION) || line.zone.is(Zone::OTHERS) {
                    continue;
                }
                if !SAYINGS.iter().any(|purpose| words(purpose).within(reading.folded(line))) {
                    continue;
                }
                let Some(term) = terms.canonical(text) else { continue };
                let node = reading.element(line, 0, text.len());
                let short = if text.chars().count() <= 30 { 1.0 } else { 0.7 };
                let near = match page.distance(node) {
                    Some(0..=30) => 1.0,
                    Some(31..=60) => 0.8,
                    Some(-3..=-1) | None => 0.8,
                    Some(_) => 0.4,
                };
                // "Sold out" is said only when it is; a button to buy may be there all the same.
                let telling = if query.rule.terms.as_ref().is_some_and(|terms| terms.yes.iter().any(|yes| yes == term))
                {
                    0.56
                } else {
                    0.7
                };
                let seen = if line.hidden { 0.4 } else { 1.0 };
                let place = if line.zone.is_main() { 1.0 } else { 0.6 };
                found.push((telling * short * near * seen * place, text, node));
            }
            found.sort_by(|a, b| b.0.total_cmp(&a.0));
            for (score, text, node) in found.into_iter().take(3) {
                out.push(Candidate {
                    field,
                    raw: text.to_owned(),
                    score,
                    resolver: self.name(),
                    evidence: Evidence::Node(node),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::extracted;

    #[test]
    fn what_can_be_bought() {
        let stock = |html: &str| {
            let found = extracted(&["availability"], html).fields.pop().flatten();
            found.and_then(|found| found.value).map(|value| value.text).unwrap_or_default()
        };
        assert_eq!(stock("<h1>Lamp</h1><p>$5<button>Add to cart</button>"), "InStock");
        assert_eq!(stock("<h1>Lamp</h1><p>Sold out<button>Add to cart</button>"), "OutOfStock");
        assert_eq!(stock("<h1>Lampe</h1><p>Sofort lieferbar, auf Lager"), "InStock");
        assert_eq!(stock("<h1>Lamp</h1><p>It gives light."), "");
    }
}
