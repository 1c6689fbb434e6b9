use super::beside::{Value, after_heading, below_line, beside_cell, beside_element};
use super::codes;
use super::label_text::{LONGEST_LABEL, counted, later_labels, until_next_label};
use super::organizations::is_no_name;
use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::word_index::WordIndex;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::{Node, NodeKind};
use mino_datafusion::value::FieldType;
use std::sync::Arc;

/// Longest value of a scalar field, in characters.
const LONGEST_VALUE: usize = 400;
/// Places with a field's label that are looked at: a page that repeats it more often says nothing more by it, and to look
/// beside every one of them takes time that grows with their square.
const MOST_PLACES: u32 = 64;
/// Proposals that one field gets from here.
const MOST_PROPOSALS: usize = 4;

/// Plain labels: tables by row and by column, definition lists, "Label: value", headings, labels for machines.
#[derive(Debug)]
pub(super) struct Labels {
    labels: Arc<WordIndex>,
}

impl Labels {
    pub(super) fn new(labels: Arc<WordIndex>) -> Self {
        Self { labels }
    }
}

impl Resolver for Labels {
    fn name(&self) -> &'static str {
        "label"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let mut search = Search::new(page, queries, &self.labels);
        for (at, line) in page.reading().lines().iter().enumerate() {
            search.line(at, line);
        }
        for node in page.page.nodes().filter(|node| node.kind() == NodeKind::Element) {
            search.attributes(node);
        }
        search.finish(out);
    }
}

/// Trust in a value by where it stands beside its label.
const CELL: f64 = 0.82;
const COLON: f64 = 0.74;
const EMPHASIS: f64 = 0.7;
const COUNTED: f64 = 0.6;
const NEXT_LINE: f64 = 0.64;
const HEADING: f64 = 0.56;
const MACHINE: f64 = 0.72;

/// The labels of these fields.
pub(super) fn index(queries: &[FieldQuery]) -> WordIndex {
    WordIndex::new(
        queries
            .iter()
            .enumerate()
            .flat_map(|(field, query)| query.labels.iter().enumerate().map(move |(rank, label)| (label, field, rank))),
    )
}

/// The field's own name and its nearest synonyms say more than a word that pages use for many things.
pub(super) fn by_rank(rank: usize) -> f64 {
    1.0 - 0.0007 * rank.min(360) as f64
}

struct Search<'a, 'p> {
    view: &'a PageView<'p>,
    reading: &'a Reading<'p>,
    queries: &'a [FieldQuery],
    labels: &'a WordIndex,
    /// The form that was looked at last, and whether it is to be filled in.
    form: (usize, bool),
    places: Vec<u32>,
    found: Vec<Vec<Candidate>>,
}

impl<'a, 'p> Search<'a, 'p> {
    fn new(view: &'a PageView<'p>, queries: &'a [FieldQuery], labels: &'a WordIndex) -> Self {
        let (places, found) = (vec![0; queries.len()], vec![Vec::new(); queries.len()]);
        Self { view, reading: view.reading(), queries, labels, form: (usize::MAX, false), places, found }
    }

    fn line(&mut self, at: usize, line: &Line) {
        let text = self.reading.text(line);
        if line.zone.is(Zone::NAVIGATION) || self.is_in_form(line) {
            return;
        }
        let colon = text.find([':', '：']).filter(|colon| text[..*colon].chars().count() <= LONGEST_LABEL);
        if let Some(colon) = colon {
            let after = text[colon..].trim_start_matches([':', '：']).trim();
            let label = fold_label(&text[..colon]);
            if after.is_empty() {
                self.alone(at, line, &label);
            } else {
                let from = text.len() - after.len();
                let after = until_next_label(after);
                self.within(line, &label, after, COLON, from);
            }
        } else if text.chars().count() <= LONGEST_LABEL {
            self.alone(at, line, self.reading.folded(line));
            for (label, number, from) in counted(text) {
                self.within(line, &label, number, COUNTED, from);
            }
        }
        for at in
            self.reading.breaks(line).take(3).filter(|at| *at <= LONGEST_LABEL && colon.is_none_or(|colon| *at < colon))
        {
            let (label, value) = text.split_at(at);
            let value = value.trim_start_matches([':', '：', ' ', '-', '–', '|']);
            self.within(line, &fold_label(label), value, EMPHASIS, text.len() - value.len());
        }
        // A line of several labels with their values: "Tel: 1 | Fax: 2".
        for (from, label, value) in later_labels(text).take(4) {
            self.within(line, &fold_label(label), value, COLON, from);
        }
    }

    /// In a form to be filled in stand labels of what a visitor is to say. (Some sites wrap the whole page in a form.)
    fn is_in_form(&mut self, line: &Line) -> bool {
        let Some(block) = self.view.page.node(line.block as usize) else { return false };
        let form = std::iter::once(block).chain(block.ancestors().take(12)).find(|node| node.tag() == Some("form"));
        let Some(form) = form else { return false };
        // The lines of one form come one after another: it is looked through once.
        if self.form.0 != form.index() {
            let fields = form.descendants().filter(|node| is_blank_input(*node)).take(2).count();
            self.form = (form.index(), fields > 1 && (form.end() - form.index()) * 4 < self.view.page.len());
        }
        self.form.1
    }

    /// The fields of a label, unless it stood in too many places.
    fn fields(&mut self, label: &str) -> Vec<(usize, usize)> {
        let mut fields = self.labels.get(label).to_vec();
        fields.retain(|(field, _)| {
            self.places[*field] += 1;
            self.places[*field] <= MOST_PLACES
        });
        fields
    }

    /// A label and its value in one line.
    fn within(&mut self, line: &Line, label: &str, value: &str, trust: f64, from: usize) {
        for (field, rank) in self.fields(label) {
            let query = &self.queries[field];
            let counts = query.counts() || query.spec.field_type != FieldType::Text || label_leads(label, query);
            if trust == COUNTED && !counts {
                continue;
            }
            // "22 € <small>a person</small>": the first part alone may do.
            let first = self.reading.breaks(line).find(|at| *at > from).filter(|at| *at < from + value.len());
            let part = || value.get(..first? - from);
            let Some(raw) = accept(value, query).or_else(|| accept(part()?, query)) else { continue };
            let node = self.reading.element(line, from, from + value.len());
            self.keep(field, rank, raw, trust * share(line), node);
        }
    }

    /// A label that has its line, cell or element to itself.
    fn alone(&mut self, at: usize, line: &Line, label: &str) {
        for (field, rank) in self.fields(label) {
            let query = &self.queries[field];
            let Some(block) = self.view.page.node(line.block as usize) else { continue };
            let mut places: Vec<(Option<Value>, f64)> = Vec::new();
            match block.tag() {
                Some("td" | "th") => places.push((beside_cell(block, query), CELL)),
                Some("dt" | "label") => places.push((beside_element(block, query), CELL)),
                _ if line.heading > 0 => places.push((after_heading(self.view.page, self.reading, at, query), HEADING)),
                _ => {}
            }
            places.push((below_line(self.view.page, self.reading, at, query), NEXT_LINE));
            for (value, trust) in places {
                let Some((raw, node)) = value else { continue };
                if let Some(raw) = accept(&raw, query) {
                    self.keep(field, rank, raw, trust * share(line), node);
                    break;
                }
            }
        }
    }

    /// Labels for those who do not see the page, and for narrow screens.
    fn attributes(&mut self, node: Node<'_>) {
        for (name, label) in node.attributes() {
            if !matches!(name, "aria-label" | "data-label" | "data-title" | "data-th")
                || label.len() > 4 * LONGEST_LABEL
            {
                continue;
            }
            if let Some((label, value)) = label.split_once(':').filter(|(_, value)| !value.trim().is_empty()) {
                self.machine(node, &fold_label(label), value);
            } else if let Some((label, number, _)) = counted(label).into_iter().next() {
                self.machine(node, &label, number);
            } else if self.labels.contains(fold_label(label).as_str()) && node.end() - node.index() < 40 {
                self.machine(node, &fold_label(label), &node.text());
            }
        }
    }

    fn machine(&mut self, node: Node<'_>, label: &str, value: &str) {
        for (field, rank) in self.fields(label) {
            let Some(raw) = accept(value, &self.queries[field]) else { continue };
            let zone = self.reading.zone(node.index());
            let share = if zone.is(Zone::OTHERS) { 0.5 } else { 1.0 };
            self.keep(field, rank, raw, MACHINE * share, node.index());
        }
    }

    fn keep(&mut self, field: usize, rank: usize, raw: String, trust: f64, node: usize) {
        // The head of the next column.
        if self.queries[field].spec.field_type == FieldType::Text && self.labels.contains(fold_label(&raw).as_str()) {
            return;
        }
        let trust =
            if self.queries[field].is_of_product() && self.view.is_in_card(node) { trust * 0.45 } else { trust };
        let score = trust * by_rank(rank);
        let known = &mut self.found[field];
        match known.iter_mut().find(|known| known.raw == raw) {
            Some(known) if known.score >= score => {}
            Some(known) => (known.score, known.evidence) = (score, Evidence::Node(node)),
            None => known.push(Candidate { field, raw, score, resolver: "label", evidence: Evidence::Node(node) }),
        }
        if known.len() > 2 * MOST_PROPOSALS {
            best_of(known);
        }
    }

    fn finish(self, out: &mut Vec<Candidate>) {
        for mut found in self.found {
            best_of(&mut found);
            out.append(&mut found);
        }
    }
}

/// A stable sort: of equals the first on the page.
fn best_of(found: &mut Vec<Candidate>) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MOST_PROPOSALS);
}

/// A line of a form to be filled in.
fn is_blank_input(node: Node<'_>) -> bool {
    match node.tag() {
        Some("textarea") => true,
        Some("input") => {
            matches!(node.attr("type"), None | Some("text" | "email" | "tel" | "password"))
                && node.attr("value").is_none_or(str::is_empty)
        }
        _ => false,
    }
}

/// How far a line's place lets it speak for the page.
pub(super) fn share(line: &Line) -> f64 {
    let place = if line.zone.is(Zone::OTHERS) {
        0.5
    } else if line.zone.is(Zone::OVERLAY) {
        0.6
    } else if line.zone.is_main() {
        1.0
    } else {
        0.9
    };
    if line.hidden { place * 0.85 } else { place }
}

/// A label that is the field's own name.
fn label_leads(label: &str, query: &FieldQuery) -> bool {
    query.labels.first().is_some_and(|own| own == label) && query.is_like("yields")
}

/// A value is taken when it reads as the field's type and is no longer than a value is; of a text with more in it, its
/// first part may do ("22 € a person").
pub(super) fn accept(raw: &str, query: &FieldQuery) -> Option<String> {
    let raw = raw.trim();
    let raw = if codes::is_code(query) {
        codes::code_of(raw)?
    } else if query.is("brand") {
        raw.split(['|', '·', '•']).next().unwrap_or(raw).trim()
    } else {
        raw
    };
    let counts = query.is("yields") || query.is("opening_hours");
    if counts && !raw.contains(|c: char| c.is_numeric()) {
        return None;
    }
    // Of a few things that it may say, one must be said.
    if !query.says_a_term(raw) {
        return None;
    }
    let fits = !raw.is_empty() && (query.is_list() || raw.chars().count() <= LONGEST_VALUE);
    // A form has the next label where a table has a value.
    let is_label = query.spec.field_type == FieldType::Text && raw.trim_end_matches(['*', ' ']).ends_with([':', '：']);
    let no_name = query.is("organization") && is_no_name(raw);
    (fits && !is_label && !no_name && query.read(raw).is_ok()).then(|| raw.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FieldSpec;
    use crate::page::PageSnapshot;
    use mino_datafusion::value::FieldType;

    fn label(name: &str, field_type: FieldType, html: &str) -> Option<String> {
        let page = PageSnapshot::from_html("http://site.example/", html);
        let query = FieldQuery::alone(&FieldSpec::new(name, field_type))?;
        let mut found = Vec::new();
        let queries = [query];
        Labels::new(Arc::new(index(&queries))).propose(&PageView::new(&page), &queries, &mut found);
        found.pop().map(|candidate| candidate.raw)
    }

    #[test]
    fn values_stand_beside_their_labels() {
        let text = |html| label("phone", FieldType::Text, html).unwrap_or_default();
        assert_eq!(text("<dl><dt>Phone</dt><dd>555</dd></dl>"), "555");
        assert_eq!(text("<table><tr><th>Phone<td>555</table>"), "555");
        assert_eq!(text("<table><tr><th>A<th>Phone<tr><td>1<td>555</table>"), "555");
        assert_eq!(text("<p>Phone: 555</p>"), "555");
        assert_eq!(text("<p>Phone: <b>555</b></p>"), "555");
        assert_eq!(text("<p><b>Phone</b> 555<br><b>Fax</b> 666</p>"), "555");
        assert_eq!(text("<div><div><span>Phone</span></div><div>555</div></div>"), "555");
        assert_eq!(text("<p>Our phone is broken</p>"), "");
    }

    #[test]
    fn numbers_stand_beside_what_they_count() {
        assert_eq!(label("yields", FieldType::Text, "<p><i>Serves 4</i></p>").as_deref(), Some("4"));
        assert_eq!(label("yields", FieldType::Text, "<li>4 servings</li>").as_deref(), Some("4"));
        assert_eq!(label("yields", FieldType::Text, "<li>Für 3 bis 4 Portionen</li>").as_deref(), Some("3 bis 4"));
        assert_eq!(
            label("yields", FieldType::Text, "<li>Feeds 10–12, with some for the pan</li>").as_deref(),
            Some("10–12, with some for the pan")
        );
        assert_eq!(label("cook_time", FieldType::Duration, "<li>調理時間 約40分</li>").as_deref(), Some("40分"));
        assert_eq!(label("bedrooms", FieldType::Integer, "<li>3 bedrooms</li>").as_deref(), Some("3"));
        assert_eq!(label("author", FieldType::Text, "<li>3 author</li>"), None);
        let price = "<p>Price: <b>22 €</b> <small>a person</small></p>";
        assert_eq!(label("price", FieldType::Money, price).as_deref(), Some("22 €"));
    }
}
