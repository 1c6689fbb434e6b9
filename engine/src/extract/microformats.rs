use super::microdata::node_value;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::Node;
use mino_datafusion::value::FieldType;

/// Microformats, classic and 2: class names that have a fixed meaning within `vcard`, `h-card`, `hrecipe` and the like.
#[derive(Debug)]
pub(super) struct Microformats;

/// Roots, after https://microformats.org/wiki/.
const ROOTS: [&str; 20] = [
    "vcard",
    "h-card",
    "adr",
    "h-adr",
    "hrecipe",
    "h-recipe",
    "hproduct",
    "h-product",
    "hentry",
    "h-entry",
    "hreview",
    "h-review",
    "hreview-aggregate",
    "h-review-aggregate",
    "vevent",
    "h-event",
    "hlisting",
    "h-resume",
    "hnews",
    "h-geo",
];
const MOST: usize = 300;
/// Longest value, in bytes.
const LONGEST: usize = 64 << 10;

impl Resolver for Microformats {
    fn name(&self) -> &'static str {
        "microformats"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len()).filter(|at| !queries[*at].microformats.is_empty()).collect();
        if wanted.is_empty() || !page.page.nodes().any(is_root) {
            return;
        }
        for field in wanted {
            let query = &queries[field];
            let mut items: Vec<String> = Vec::new();
            let mut first = None;
            for (rank, node) in page.page.nodes().filter_map(|node| Some((rank(node, query)?, node))).take(MOST) {
                // The name in a card is that of a person or a place.
                let Some(root) = node.ancestors().find(|above| is_root(*above)) else { continue };
                let heading = matches!(node.tag(), Some("h1" | "h2" | "h3"));
                if query.is("title") && (is_card(root) || !heading) {
                    continue;
                }
                let value = value(page, node, query);
                if value.is_empty() {
                    continue;
                }
                first = first.or(Some(node.index()));
                if query.is_list() {
                    items.push(value);
                    continue;
                }
                let zone = page.reading().zone(node.index());
                let place = if zone.is(Zone::OTHERS) { 0.5 } else { 1.0 };
                let score = 0.78 * place * 0.97_f64.powi(rank as i32);
                out.push(Candidate {
                    field,
                    raw: value,
                    score,
                    resolver: self.name(),
                    evidence: Evidence::Node(node.index()),
                });
                if query.read(&out[out.len() - 1].raw).is_ok() {
                    break;
                }
            }
            if let (Some(node), Ok(raw), false) = (first, serde_json::to_string(&items), items.is_empty()) {
                out.push(Candidate { field, raw, score: 0.78, resolver: self.name(), evidence: Evidence::Node(node) });
            }
        }
    }
}

fn is_root(node: Node<'_>) -> bool {
    node.attr("class").is_some_and(|class| class.split_ascii_whitespace().any(|name| ROOTS.contains(&name)))
}

fn is_card(root: Node<'_>) -> bool {
    let cards = ["vcard", "h-card", "adr", "h-adr", "h-geo"];
    root.attr("class").is_some_and(|class| class.split_ascii_whitespace().any(|name| cards.contains(&name)))
}

fn rank(node: Node<'_>, query: &FieldQuery) -> Option<usize> {
    let class = node.attr("class")?;
    class.split_ascii_whitespace().find_map(|name| query.microformats.iter().position(|known| known == name))
}

/// The value of a property: what an abbreviation stands for, a date for machines, else the text.
fn value(page: &PageView<'_>, node: Node<'_>, query: &FieldQuery) -> String {
    let abbreviated = node
        .attr("title")
        .filter(|_| matches!(node.tag(), Some("abbr" | "span")) && query.spec.field_type != FieldType::Text);
    let within = || {
        node.descendants().find(|below| {
            below.attr("class").is_some_and(|class| class.split_ascii_whitespace().any(|name| name == "value-title"))
        })
    };
    if let Some(value) = abbreviated.or_else(|| within().and_then(|below| below.attr("title"))) {
        return value.trim().to_owned();
    }
    if query.spec.field_type == FieldType::Email && node.tag() == Some("a") {
        return node.attr("href").map(|href| href.trim_start_matches("mailto:").to_owned()).unwrap_or_default();
    }
    let for_machines = query.spec.field_type == FieldType::Url || node.tag() == Some("time");
    if for_machines { node_value(page, node) } else { node.short_text(LONGEST).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn class_names_mean_something_within_a_root() {
        let card = "<div class=vcard><b class='fn org'>Acme</b><span class=tel>202-456-1414</span><abbr class=dtstart title=2024-05-04>May</abbr></div>";
        assert_eq!(found("organization", card), "Acme");
        assert_eq!(found("phone:phone", card), "202-456-1414");
        assert_eq!(
            found(
                "ingredients:list",
                "<div class=h-recipe><i class=p-ingredient>egg</i><i class=p-ingredient>salt</i></div>"
            ),
            r#"["egg","salt"]"#
        );
        assert_eq!(found("brand", "<p class=p-brand>x</p>"), "x");
    }
}
