use super::beside::{bare_item, value_text};
use super::class_words::ClassWords;
use super::codes;
use super::named_words::{AROUND, NEUTRAL, NOT_BY_NAME};
use super::ratings::is_vote;
use super::word_index::WordIndex;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::Node;
use mino_datafusion::value::FieldType;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Elements that their makers named as the field is named: `class="product-price"`, `data-testid="sku"`.
#[derive(Debug)]
pub(super) struct Named {
    /// The first words of names.
    names: WordIndex,
}

impl Named {
    pub(super) fn new(queries: &[FieldQuery]) -> Self {
        let wanted = |query: &FieldQuery| !NOT_BY_NAME.iter().any(|kind| query.is_like(kind));
        let fields = queries.iter().enumerate().filter(|(_, query)| wanted(query));
        let names = fields.flat_map(|(field, query)| {
            query.names.iter().enumerate().filter_map(move |(rank, words)| Some((words.first()?, field, rank)))
        });
        Self { names: WordIndex::new(names) }
    }
}

/// Longest value of a scalar field, in bytes; nodes of an element that is looked at; proposals for one field.
const LONGEST: usize = 300;
const LARGEST: usize = 60;
const MOST: usize = 3;
/// Elements looked at for one field.
const MOST_PLACES: usize = 80;
/// Items of a list.
const MOST_ITEMS: usize = 300;

impl Resolver for Named {
    fn name(&self) -> &'static str {
        "named"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let mut search = Search::new(page, queries, &self.names);
        for node in page.page.nodes() {
            search.node(node);
        }
        search.finish(out);
    }
}

struct Search<'a, 'p> {
    view: &'a PageView<'p>,
    queries: &'a [FieldQuery],
    names: &'a WordIndex,
    places: Vec<usize>,
    found: Vec<Vec<Candidate>>,
    /// Elements of one name, which may be the items of a list.
    items: Vec<BTreeMap<&'p str, (f64, Vec<Node<'p>>)>>,
}

impl<'a, 'p> Search<'a, 'p> {
    fn new(view: &'a PageView<'p>, queries: &'a [FieldQuery], names: &'a WordIndex) -> Self {
        let count = queries.len();
        Self {
            view,
            queries,
            names,
            places: vec![0; count],
            found: vec![Vec::new(); count],
            items: vec![BTreeMap::new(); count],
        }
    }

    fn node(&mut self, node: Node<'p>) {
        let Some(tag) = node.tag() else { return };
        if matches!(
            tag,
            "html"
                | "body"
                | "head"
                | "script"
                | "style"
                | "link"
                | "meta"
                | "form"
                | "input"
                | "option"
                | "select"
                | "fieldset"
                | "button"
                | "svg"
                | "path"
                | "noscript"
        ) {
            return;
        }
        for (attribute, value) in node.attributes() {
            // `data-rating="4.7"` holds the value itself.
            if let Some(name) = attribute.strip_prefix("data-").filter(|_| value.len() <= 60) {
                self.name(node, name, Some(value));
            }
            if !matches!(
                attribute,
                "class"
                    | "id"
                    | "data-testid"
                    | "data-test"
                    | "data-qa"
                    | "data-test-id"
                    | "data-field"
                    | "data-type"
                    | "data-name"
            ) || value.len() > 400
            {
                continue;
            }
            for name in value.split_ascii_whitespace().take(12) {
                self.name(node, name, None);
            }
        }
    }

    fn name(&mut self, node: Node<'p>, name: &'p str, held: Option<&str>) {
        let words: Vec<Cow<'_, str>> = ClassWords::new(name).take(8).collect();
        for at in 0..words.len() {
            let matching: Vec<(usize, usize, usize)> = self
                .names
                .get(words[at].as_ref())
                .iter()
                .filter_map(|(field, rank)| {
                    let wanted = self.queries[*field].names.get(*rank)?;
                    let all = wanted.len() <= words.len() - at && wanted.iter().zip(&words[at..]).all(|(a, b)| a == b);
                    all.then_some((*field, *rank, wanted.len()))
                })
                .collect();
            for (field, rank, length) in matching {
                // `prep_time` is not any time.
                if self.queries[field].names_another(&words, at, length) {
                    continue;
                }
                let (mut strange, mut after, mut around) = (0, 0, 0);
                for (other, word) in words.iter().enumerate().filter(|(other, _)| !(at..at + length).contains(other)) {
                    if AROUND.contains(&word.as_ref()) {
                        around += 1;
                    } else if !NEUTRAL.contains(&word.as_ref()) && !word.bytes().all(|byte| byte.is_ascii_digit()) {
                        strange += i32::from(other < at);
                        after += i32::from(other > at);
                    }
                }
                let before: f64 = if length > 1 { 0.9 } else { 0.72 };
                // `category-drinks` says which category, not where the category stands.
                let behind: f64 = if length > 1 { 0.8 } else { 0.4 };
                let fit = if around > 0 { 0.3 } else { before.powi(strange) * behind.powi(after) }
                    * 0.995_f64.powi(rank.min(30) as i32);
                if fit >= 0.3 {
                    self.take(node, name, field, fit, held);
                }
            }
        }
    }

    fn take(&mut self, node: Node<'p>, name: &'p str, field: usize, fit: f64, held: Option<&str>) {
        self.places[field] += 1;
        // What scripts read is often something else: words are not taken from there.
        if held.is_some() && (self.queries[field].is_list() || self.queries[field].spec.field_type == FieldType::Text) {
            return;
        }
        if self.queries[field].is("title") || self.queries[field].is("description") {
            if self.places[field] > MOST_PLACES {
                return;
            }
            return self.of_thing(node, field, fit);
        }
        let zone = self.view.reading().zone(node.index());
        if self.places[field] > MOST_PLACES * if self.queries[field].is_list() { 8 } else { 1 }
            || zone.is(Zone::NAVIGATION)
        {
            return;
        }
        let query = &self.queries[field];
        if query.is_of_product() && self.view.is_in_card(node.index()) {
            return;
        }
        let place = if zone.is(Zone::OTHERS) {
            0.4
        } else if zone.is(Zone::OVERLAY) {
            0.6
        } else {
            1.0
        };
        let score = 0.62 * fit * place;
        if query.is_list() {
            let items = self.items[field].entry(name).or_insert((score, Vec::new()));
            if items.1.len() < MOST_ITEMS && items.1.last().is_none_or(|last| last.end() <= node.index()) {
                items.1.push(node);
            }
            return;
        }
        let size = node.end() - node.index();
        if size > LARGEST {
            return;
        }
        let fit = if held.is_some() { 0.75 } else { 1.0 };
        let score = score * fit;
        let held = held.or_else(|| node.attr("content").or(node.attr("data-value")).filter(|value| !value.is_empty()));
        let raw = held.map_or_else(|| value_text(node, query), str::to_owned);
        let (node, raw) = whole_duration(query, node, raw);
        let long = query.is_like("description") || query.spec.field_type != FieldType::Text;
        if raw.is_empty() || (raw.len() > LONGEST && !long) || !query.says_a_term(&raw) || query.read(&raw).is_err() {
            return;
        }
        if codes::is_code(query) && codes::code_of(codes::without_label(query, &raw)).is_none() {
            return;
        }
        if query.is("ratings") && !raw.contains(['.', ',']) && is_vote(node) {
            return;
        }
        // Of nested elements with one name the innermost is the value.
        let found = &mut self.found[field];
        if let Some(known) = found.iter_mut().find(|known| known.raw == raw) {
            known.score = known.score.max(score);
            return;
        }
        let score = score * 0.97_f64.powi(found.len().min(20) as i32) * if node.is_rendered() { 1.0 } else { 0.85 };
        found.push(Candidate { field, raw, score, resolver: "named", evidence: Evidence::Node(node.index()) });
    }

    /// What is named `recipe-name` is the name of the recipe, whatever the page is called; where several are, they are names
    /// of others too.
    fn of_thing(&mut self, node: Node<'p>, field: usize, fit: f64) {
        let Some(raw) = node.short_text(4 * LONGEST) else { return };
        let zone = self.view.reading().zone(node.index());
        if raw.is_empty() || node.end() - node.index() > LARGEST || !(zone.is_main() || zone.is(Zone::HEADER)) {
            return;
        }
        // A title has its line to itself.
        let one_line = self.view.reading().lines_below(node).len() == 1;
        if self.queries[field].is("title") && !one_line {
            return;
        }
        let found = &mut self.found[field];
        if !found.iter().any(|known| known.raw == raw) {
            let score = 0.88 * fit;
            found.push(Candidate { field, raw, score, resolver: "named", evidence: Evidence::Node(node.index()) });
        }
    }

    fn finish(mut self, out: &mut Vec<Candidate>) {
        for (field, named) in self.items.into_iter().enumerate() {
            let query = &self.queries[field];
            for (score, nodes) in named.into_values() {
                let Some((raw, node)) = list_of(&nodes, query) else { continue };
                if query.read(&raw).is_ok() {
                    self.found[field].push(Candidate {
                        field,
                        raw,
                        score,
                        resolver: "named",
                        evidence: Evidence::Node(node),
                    });
                }
            }
        }
        for (query, mut found) in self.queries.iter().zip(self.found) {
            if (query.is("title") || query.is("description")) && found.len() > 1 {
                let share = 0.8 / found.len() as f64;
                found.iter_mut().for_each(|candidate| candidate.score *= share);
            }
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            out.extend(found.into_iter().take(MOST));
        }
    }
}

/// Hours and minutes often stand in elements of their own, side by side.
fn whole_duration<'p>(query: &FieldQuery, node: Node<'p>, raw: String) -> (Node<'p>, String) {
    if query.spec.field_type != FieldType::Duration {
        return (node, raw);
    }
    let number = |raw: &str| query.read(raw).ok().and_then(|value| value.number);
    let around =
        node.ancestors().take(2).filter(|above| above.end() - above.index() <= 16).map(|above| (above, above.text()));
    let larger = around.filter(|(_, text)| number(text) > number(&raw)).last();
    larger.unwrap_or((node, raw))
}

/// The items of one list, or elements that are each an item.
fn list_of(nodes: &[Node<'_>], query: &FieldQuery) -> Option<(String, usize)> {
    let first = nodes.first()?;
    if nodes.len() <= 2 {
        // One element that holds the list.
        let largest = nodes.iter().max_by_key(|node| node.end() - node.index())?;
        let raw = value_text(*largest, query);
        return raw.starts_with('[').then_some((raw, largest.index()));
    }
    let texts: Vec<String> = nodes
        .iter()
        .filter_map(|node| Some(bare_item(&node.short_text(LONGEST)?).to_owned()))
        .filter(|text| !text.is_empty())
        .collect();
    (texts.len() > 1).then(|| serde_json::to_string(&texts).ok().map(|raw| (raw, first.index()))).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn elements_named_as_the_field() {
        assert_eq!(found("sku", "<div class=product-sku>AB-12</div>"), "AB-12");
        assert_eq!(found("brand", "<span data-testid=brandName>Acme</span>"), "Acme");
        assert_eq!(found("sku", "<div class='sku-label'>Article</div><b class=sku>AB-12</b>"), "AB-12");
        assert_eq!(
            found(
                "ingredients:list",
                "<p class=recipe-ingredient>1 egg<p class=recipe-ingredient>2 cups flour<p class=recipe-ingredient>salt"
            ),
            r#"["1 egg","2 cups flour","salt"]"#
        );
    }
}
