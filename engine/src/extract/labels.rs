use super::lexicon::fold_label;
use super::{Candidate, FieldQuery, PageView, Resolver};
use crate::page::{Node, NodeKind};
use mino_datafusion::value::FieldType;
use std::collections::HashMap;

/// Longest label, in characters, and longest value of a scalar field.
const LONGEST_LABEL: usize = 60;
const LONGEST_VALUE: usize = 400;
/// Items of a list.
const MOST_ITEMS: usize = 300;
/// Places with a field's label that are looked at: a page that repeats it more often says nothing more by it, and to look
/// beside every one of them takes time that grows with their square.
const MOST_PLACES: u32 = 64;

/// Plain labels: tables by row and by column, definition lists, "Label: value".
#[derive(Debug)]
pub(super) struct Labels;

impl Resolver for Labels {
    fn name(&self) -> &'static str {
        "label"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let mut wanted: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
        for (field, query) in queries.iter().enumerate() {
            for (rank, label) in query.labels.iter().enumerate() {
                wanted.entry(label).or_default().push((field, rank));
            }
        }
        let mut best: HashMap<usize, Candidate> = HashMap::new();
        let mut places = vec![0_u32; queries.len()];
        for node in page.page.nodes().filter(|node| is_content(*node)) {
            let Some((label, how)) = label_of(node) else { continue };
            let Some(fields) = wanted.get(label.as_str()) else { continue };
            for (field, rank) in fields {
                places[*field] += 1;
                if places[*field] > MOST_PLACES {
                    continue;
                }
                let Some((raw, trust, evidence)) = value_beside(node, &how, &queries[*field]) else { continue };
                // The field's own name and its nearest synonyms say more than a word that pages use for many things.
                let score = trust * (1.0 - 0.012 * (*rank).min(20) as f64);
                let candidate = Candidate { field: *field, raw, score, resolver: self.name(), evidence };
                let known = best.entry(*field).or_insert_with(|| candidate.clone());
                if candidate.score > known.score {
                    *known = candidate;
                }
            }
        }
        let mut found: Vec<Candidate> = best.into_values().collect();
        found.sort_by_key(|candidate| candidate.field);
        out.append(&mut found);
    }
}

fn is_content(node: Node<'_>) -> bool {
    let unseen = |node: Node<'_>| matches!(node.tag(), Some("script" | "style" | "noscript" | "template" | "head"));
    !unseen(node) && (node.kind() == NodeKind::Element || !node.parent().is_some_and(unseen))
}

/// Where a label stands: alone in an element, in a text before its value, or after a number that counts it.
enum How {
    Alone,
    Before(String),
    After(String),
}

/// A node's text as a label: the whole of a short element, or what stands before a colon in a text.
fn label_of(node: Node<'_>) -> Option<(String, How)> {
    match node.kind() {
        NodeKind::Element => {
            // The innermost element that holds the text stands for it.
            if node.element_children().count() > 1 || node.end() - node.index() > 8 {
                return None;
            }
            let text = node.text();
            let short = !text.is_empty() && text.chars().count() <= LONGEST_LABEL;
            short.then(|| (fold_label(&text), How::Alone))
        }
        NodeKind::Text => {
            let content = node.content()?;
            let Some((before, after)) = content.split_once([':', '：']) else {
                return counted(content.trim()).or_else(|| followed(node, content));
            };
            let after = after.trim();
            if after.is_empty() {
                return followed(node, before);
            }
            let usable = !before.trim().is_empty() && before.chars().count() <= LONGEST_LABEL;
            usable.then(|| (fold_label(before), How::Before(after.to_owned())))
        }
        NodeKind::Document => None,
    }
}

/// A short text with something after it in its element: "Price: <b>$31</b>".
fn followed(node: Node<'_>, text: &str) -> Option<(String, How)> {
    let label = fold_label(text);
    let usable = !label.is_empty() && text.chars().count() <= LONGEST_LABEL;
    let goes_on = || node.parent().is_some_and(|parent| parent.end() > node.end());
    (usable && goes_on()).then_some((label, How::Alone))
}

/// "Serves 4" and "4 servings": the words beside the only number of a short text are its label.
fn counted(text: &str) -> Option<(String, How)> {
    if text.chars().count() > LONGEST_LABEL {
        return None;
    }
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let last = text.rfind(|c: char| c.is_ascii_digit())?;
    let (before, number, after) = (&text[..first], &text[first..=last], text[last + 1..].trim());
    match (before.trim().is_empty(), after.is_empty()) {
        (false, _) => Some((fold_label(before), How::Before(text[first..].to_owned()))),
        (true, false) => Some((fold_label(after), How::After(number.to_owned()))),
        (true, true) => None,
    }
}

/// The value that belongs to a label, how far that can be trusted, and a selector.
fn value_beside(label: Node<'_>, how: &How, query: &FieldQuery) -> Option<(String, f64, String)> {
    let text_beside = match how {
        How::Alone => None,
        How::Before(value) => Some((value, 0.72)),
        How::After(number) if query.counts() || query.spec.field_type != FieldType::Text => Some((number, 0.6)),
        How::After(_) => return None,
    };
    if let Some((value, trust)) = text_beside {
        let parent = label.parent()?;
        return accept(value.clone(), query).map(|raw| (raw, trust, parent.selector()));
    }
    let (value, trust) = match label.tag().unwrap_or_default() {
        "dt" => (label.next_element().filter(|next| next.tag() == Some("dd")), 0.82),
        "th" | "td" => return cell_beside(label, query),
        "label" => (labelled(label).or_else(|| label.next_element()), 0.7),
        _ => (None, 0.0),
    };
    if let Some(value) = value {
        return accept(value_text(value, query), query).map(|raw| (raw, trust, value.selector()));
    }
    beside_in_line(label, query)
}

fn labelled(label: Node<'_>) -> Option<Node<'_>> {
    let id = label.attr("for")?;
    let top = label.ancestors().last()?;
    top.descendants().find(|node| node.attr("id") == Some(id))
}

/// The next cell of the row; below a column's head, the cell of the first row.
fn cell_beside(label: Node<'_>, query: &FieldQuery) -> Option<(String, f64, String)> {
    let row = label.parent()?;
    let is_head =
        |row: Node<'_>| row.element_children().count() > 1 && row.element_children().all(|c| c.tag() == Some("th"));
    let value = if is_head(row) {
        let column = row.element_children().take_while(|cell| *cell != label).count();
        let table = row.ancestors().find(|node| node.tag() == Some("table"))?;
        let below = table.descendants().find(|node| node.tag() == Some("tr") && node.index() > row.index())?;
        below.element_children().nth(column)
    } else {
        label.next_element()
    }?;
    let trust = if label.tag() == Some("th") { 0.82 } else { 0.76 };
    accept(value_text(value, query), query).map(|raw| (raw, trust, value.selector()))
}

/// What follows the label in its line, or the element after it, or after the box that holds the label alone; where the
/// whole of it is no value, its first part ("22 € <small>a person</small>").
fn beside_in_line(label: Node<'_>, query: &FieldQuery) -> Option<(String, f64, String)> {
    let mut at = label;
    for _ in 0..3 {
        let parent = at.parent()?;
        let (line, first) = rest_of_line(at, parent, query);
        if let Some(raw) = accept(line.clone(), query).or_else(|| accept(first, query)) {
            let trust = if is_heading(label) { 0.5 } else { 0.66 };
            return Some((raw, trust, parent.selector()));
        }
        if !line.is_empty() {
            return None;
        }
        at = parent;
    }
    None
}

/// The text after a node in its line, and the first part of it.
fn rest_of_line(at: Node<'_>, parent: Node<'_>, query: &FieldQuery) -> (String, String) {
    let (mut line, mut first) = (String::new(), String::new());
    for sibling in parent.children().filter(|sibling| sibling.index() > at.index()) {
        if !line.is_empty() && (ends_line(sibling) || is_emphasised(sibling)) {
            break;
        }
        let text = sibling.content().map_or_else(|| value_text(sibling, query), str::to_owned);
        line.push_str(&text);
        if first.is_empty() {
            first = without_separator(&text);
        }
        if !text.trim().is_empty() && sibling.kind() == NodeKind::Element && !is_inline(sibling) {
            break;
        }
    }
    (without_separator(&line), first)
}

fn without_separator(text: &str) -> String {
    crate::page::collapse(text.trim_start_matches([':', '：', ' ', '\u{a0}', '-', '–', '\n', '\t']))
}

fn ends_line(node: Node<'_>) -> bool {
    matches!(node.tag(), Some("br" | "hr"))
}

/// The next label of a run of "<b>Label</b> value".
fn is_emphasised(node: Node<'_>) -> bool {
    matches!(node.tag(), Some("b" | "strong" | "dt" | "th" | "label"))
}

fn is_heading(node: Node<'_>) -> bool {
    matches!(node.tag(), Some("h1" | "h2" | "h3" | "h4" | "h5" | "h6"))
}

fn is_inline(node: Node<'_>) -> bool {
    matches!(
        node.tag(),
        Some("a" | "span" | "em" | "i" | "b" | "strong" | "small" | "abbr" | "time" | "font" | "u" | "code")
    )
}

/// An element's value: the items of a list, a machine-readable date, what a form holds, else its text.
fn value_text(node: Node<'_>, query: &FieldQuery) -> String {
    let items: Vec<String> = if query.is_list() {
        let all = node.descendants().filter(|below| below.tag() == Some("li"));
        all.map(|item| item.text()).filter(|text| !text.is_empty()).take(MOST_ITEMS).collect()
    } else {
        Vec::new()
    };
    if items.len() > 1 {
        return serde_json::to_string(&items).unwrap_or_default();
    }
    let held = match node.tag() {
        Some("input") => node.attr("value"),
        Some("time") => node.attr("datetime"),
        _ => None,
    };
    held.map_or_else(|| node.text(), str::to_owned)
}

/// A value is taken when it reads as the field's type and is no longer than a value is.
fn accept(raw: String, query: &FieldQuery) -> Option<String> {
    let raw = raw.trim().to_owned();
    let fits = !raw.is_empty() && (query.is_list() || raw.chars().count() <= LONGEST_VALUE);
    (fits && query.read(&raw).is_ok()).then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FieldSpec;
    use crate::page::PageSnapshot;
    use mino_datafusion::value::FieldType;

    fn label(name: &str, field_type: FieldType, html: &str) -> Option<String> {
        let page = PageSnapshot::from_html("http://site.example/", html);
        let query = FieldQuery::new(&FieldSpec::new(name, field_type)).ok()?;
        let mut found = Vec::new();
        Labels.propose(&PageView::new(&page), &[query], &mut found);
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
        assert_eq!(label("bedrooms", FieldType::Integer, "<li>3 bedrooms</li>").as_deref(), Some("3"));
        assert_eq!(label("author", FieldType::Text, "<li>3 author</li>"), None);
        let price = "<p>Price: <b>22 €</b> <small>a person</small></p>";
        assert_eq!(label("price", FieldType::Money, price).as_deref(), Some("22 €"));
    }
}
