use super::amounts::first_amount;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::Node;
use mino_datafusion::value::{FieldType, ValueRule, normalise};
use std::collections::BTreeMap;

/// Records that a page repeats, as the offers of a list: what each of them has, as one list.
#[derive(Debug)]
pub(super) struct Records;

/// Fewest records of a list, and most; lists of a page that are looked at; lines of a record.
const FEWEST: usize = 3;
const MOST: usize = 300;
const MOST_LISTS: usize = 60;
const MOST_LINES: usize = 30;
/// Share of the records that must have the value.
const LEAST: f64 = 0.6;

impl Resolver for Records {
    fn name(&self) -> &'static str {
        "record"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<(usize, &FieldQuery, &FieldType)> = queries
            .iter()
            .enumerate()
            .filter_map(|(at, query)| match &query.spec.field_type {
                FieldType::List(item) if is_repeated(query, item) => Some((at, query, &**item)),
                _ => None,
            })
            .collect();
        if wanted.is_empty() {
            return;
        }
        let lists = lists(page);
        for (field, query, item) in wanted {
            let best = lists.iter().filter_map(|list| {
                let values: Vec<String> = list.iter().filter_map(|record| part(page, *record, item)).collect();
                let share = values.len() as f64 / list.len() as f64;
                (values.len() >= FEWEST && share >= LEAST).then_some((values, share, list[0].index()))
            });
            // Of equally long ones the first.
            let Some((values, share, node)) = best.reduce(|a, b| if b.0.len() > a.0.len() { b } else { a }) else {
                continue;
            };
            let Ok(raw) = serde_json::to_string(&values) else { continue };
            if query.read(&raw).is_ok() {
                let evidence = Evidence::Node(page.page.node(node).and_then(Node::parent).map_or(node, Node::index));
                out.push(Candidate { field, raw, score: 0.5 * share, resolver: self.name(), evidence });
            }
        }
    }
}

/// A list of typed values, or of what things are called: other texts are told from each other by their labels alone.
fn is_repeated(query: &FieldQuery, item: &FieldType) -> bool {
    match item {
        FieldType::Text => query.is_like("title"),
        FieldType::Money | FieldType::Url | FieldType::Date | FieldType::Phone | FieldType::Email => {
            !query.is_like("image")
        }
        _ => false,
    }
}

/// Elements of one kind, side by side.
fn lists<'p>(page: &PageView<'p>) -> Vec<Vec<Node<'p>>> {
    let mut lists = Vec::new();
    for parent in page.page.nodes().filter(|node| node.end() - node.index() > 2 * FEWEST) {
        let zone = page.reading().zone(parent.index());
        if [Zone::NAVIGATION, Zone::FOOTER, Zone::OVERLAY, Zone::HEADER].into_iter().any(|other| zone.is(other)) {
            continue;
        }
        let mut kinds: BTreeMap<(&str, &str), Vec<Node<'p>>> = BTreeMap::new();
        for child in parent.element_children().filter(|child| child.end() - child.index() > 1).take(MOST) {
            let class = child.attr("class").and_then(|class| class.split_ascii_whitespace().next()).unwrap_or_default();
            kinds.entry((child.tag().unwrap_or_default(), class)).or_default().push(child);
        }
        lists.extend(kinds.into_values().filter(|list| list.len() >= FEWEST));
    }
    // The longest say most.
    lists.sort_by_key(|list| (std::cmp::Reverse(list.len()), list[0].index()));
    lists.truncate(MOST_LISTS);
    lists
}

/// The first value of a type in a record.
fn part(page: &PageView<'_>, record: Node<'_>, item: &FieldType) -> Option<String> {
    let reading = page.reading();
    let lines = || reading.lines_below(record).take(MOST_LINES).filter_map(|at| reading.lines().get(at));
    match item {
        FieldType::Url => {
            let link = std::iter::once(record).chain(record.descendants()).find(|node| node.attr("href").is_some())?;
            Some(page.absolute(link.attr("href")?))
        }
        FieldType::Money => lines().find_map(|line| first_amount(reading.text(line))).map(str::to_owned),
        FieldType::Text => {
            let name = lines().find(|line| line.heading > 0).or_else(|| {
                let link = record.descendants().find(|node| {
                    matches!(node.tag(), Some("a" | "b" | "strong" | "th")) && node.end() - node.index() > 1
                })?;
                reading.lines_below(link).next().and_then(|at| reading.lines().get(at))
            })?;
            Some(reading.text(name).to_owned())
        }
        _ => {
            let rule = ValueRule::new(item.clone());
            lines().map(|line| reading.text(line)).find(|text| normalise(&rule, text).is_ok()).map(str::to_owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    const OFFERS: &str = "<nav><a href=/1>A</a><a href=/2>B</a><a href=/3>C</a><a href=/4>D</a></nav><h1>Lamps</h1><ul>\
        <li class=card><a href=/a><h3>Desk lamp</h3></a><p>$20.00<p>2 May 2024</li><li class=card><a href=/b><h3>Floor lamp</h3></a><p>$49.00<p>3 May 2024</li>\
        <li class=card><a href=/c><h3>Wall lamp</h3></a><p>Sold out<p>4 May 2024</li></ul>";

    #[test]
    fn what_a_page_repeats_is_a_list() {
        assert_eq!(found("offers:list<money>", OFFERS), "");
        let offers = OFFERS.replace("Sold out", "$15.00");
        assert_eq!(found("offers:list<money>", &offers), r#"["$20.00","$49.00","$15.00"]"#);
        assert_eq!(
            found("targets:list<url>", OFFERS),
            r#"["http://127.0.0.1/a","http://127.0.0.1/b","http://127.0.0.1/c"]"#
        );
        assert_eq!(found("titles:list<text>", OFFERS), "");
        assert_eq!(found("product_name:list<text>", OFFERS), r#"["Desk lamp","Floor lamp","Wall lamp"]"#);
    }
}
