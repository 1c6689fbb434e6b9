//! What stands beside a label that stands alone.

use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::{FieldQuery, words};
use crate::page::{Node, PageSnapshot};

/// A text and the number of the node that holds it.
pub(super) type Value = (String, usize);

/// Items of a list.
const MOST_ITEMS: usize = 300;
/// Longest item, and value that is no list, in bytes.
const LONGEST_ITEM: usize = 2_000;
/// Lines of one value below a heading.
const MOST_LINES: usize = 400;

/// The definition of a term, what a form's label is for, else the next element.
pub(super) fn beside_element(label: Node<'_>, query: &FieldQuery) -> Option<Value> {
    let labelled = || {
        let id = label.attr("for")?;
        let top = label.ancestors().last()?;
        top.descendants().find(|node| node.attr("id") == Some(id))
    };
    let value = match label.tag() {
        Some("dt") => label.next_element().filter(|next| next.tag() == Some("dd"))?,
        Some("label") => labelled().or_else(|| label.next_element())?,
        _ => label.next_element()?,
    };
    Some((value_text(value, query), value.index()))
}

/// The next cell of the row; below a column's head, the cell of the first row.
pub(super) fn beside_cell(label: Node<'_>, query: &FieldQuery) -> Option<Value> {
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
    Some((value_text(value, query), value.index()))
}

/// What stands below a heading, up to the next that is as high: the items of its lists, else its lines; for a scalar the
/// first line.
pub(super) fn after_heading(
    page: &PageSnapshot,
    reading: &Reading<'_>,
    at: usize,
    query: &FieldQuery,
) -> Option<Value> {
    let heading = reading.lines().get(at)?.heading;
    let ends = |line: &Line| {
        line.heading > 0 && (line.heading <= heading || words("ingredients_end").prefix(reading.folded(line)).is_some())
    };
    let below: Vec<&Line> = reading.lines()[at + 1..].iter().take_while(|line| !ends(line)).take(MOST_LINES).collect();
    let first: &Line = below.first()?;
    if !query.is_list() {
        let text = reading.text(first);
        return Some((text.to_owned(), reading.element(first, 0, text.len())));
    }
    let item_of = |line: &Line| {
        let node = page.node(reading.first_node(line))?;
        node.ancestors().take(6).find(|node| node.tag() == Some("li")).map(Node::index)
    };
    let mut items: Vec<(Option<usize>, String)> = Vec::new();
    let listed = below.iter().filter(|line| item_of(line).is_some()).count() > 1;
    let mut last_list = None;
    for line in &below {
        let item = item_of(line);
        // Where there is a list, what is far behind it is something else.
        if listed && item.is_none() {
            if last_list.is_some() && line.heading == 0 && reading.text(line).chars().count() > 60 {
                break;
            }
            continue;
        }
        last_list = item;
        let pressed = page
            .node(reading.first_node(line))
            .is_some_and(|node| node.ancestors().take(3).any(|above| above.tag() == Some("button")));
        if line.heading == 0 && !pressed {
            add_item(&mut items, item, reading.text(line));
        }
    }
    let items: Vec<String> = items.into_iter().map(|(_, text)| text).collect();
    Some((serde_json::to_string(&items).ok()?, first.block as usize))
}

/// Adds a text to the item that it is of, or begins an item.
pub(super) fn add_item(items: &mut Vec<(Option<usize>, String)>, item: Option<usize>, text: &str) {
    let full = items.len() >= MOST_ITEMS;
    let goes_on =
        |(known, before): &&mut (Option<usize>, String)| (item.is_some() && *known == item) || is_bare_amount(before);
    match items.last_mut().filter(goes_on) {
        Some((_, known)) => {
            known.push(' ');
            known.push_str(text);
        }
        None if !full => items.push((item, bare_item(text).to_owned())),
        None => {}
    }
}

/// "150 ml" alone: what it is of stands in an element of its own.
pub(super) fn is_bare_amount(text: &str) -> bool {
    let folded = fold_label(text);
    let is_part = |word: &str| {
        let unit = word.trim_start_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215e}')
        });
        unit.is_empty() || words("quantity_units").is(unit)
    };
    text.len() <= 24 && text.starts_with(|c: char| c.is_numeric()) && folded.split(' ').all(is_part)
}

/// An item without the bullet or box before it.
pub(super) fn bare_item(text: &str) -> &str {
    text.trim_start_matches([
        '▢', '□', '☐', '◻', '◯', '○', '●', '•', '·', '*', '✓', '✔', '–', '-', '▪', '■', '►', '▶', ' ', '\u{a0}',
    ])
}

/// The line after a label's, when both are parts of one small thing.
pub(super) fn below_line(page: &PageSnapshot, reading: &Reading<'_>, at: usize, query: &FieldQuery) -> Option<Value> {
    let (label, next) = (reading.lines().get(at)?, reading.lines().get(at + 1)?);
    if next.heading > 0 && label.heading == 0 {
        return None;
    }
    let label_node = page.node(reading.first_node(label))?;
    let next_node = page.node(reading.first_node(next))?;
    let holds = |node: &Node<'_>| node.index() < next_node.index() && next_node.index() < node.end();
    let (steps, around) = label_node.ancestors().enumerate().find(|(_, node)| holds(node))?;
    // Farther apart, they have nothing to do with each other.
    if steps > 5 || matches!(around.tag(), Some("body" | "html")) {
        return None;
    }
    // The next cell of another row, or the term after an empty definition, is not this label's value.
    let row = |node: Node<'_>| node.ancestors().find(|node| node.tag() == Some("tr")).map(Node::index);
    if row(label_node) != row(next_node) {
        return None;
    }
    if query.is_list() {
        let list = next_node
            .ancestors()
            .take_while(|node| node.index() > around.index())
            .find(|node| matches!(node.tag(), Some("ul" | "ol")));
        if let Some(list) = list {
            return Some((value_text(list, query), list.index()));
        }
    }
    let text = reading.text(next);
    Some((text.to_owned(), reading.element(next, 0, text.len())))
}

/// An element's value: the items of a list, a machine-readable date, what a form holds, else its text.
pub(super) fn value_text(node: Node<'_>, query: &FieldQuery) -> String {
    let items: Vec<String> = if query.is_list() {
        let is_pressed =
            |node: &Node<'_>| node.element_children().next().is_some_and(|child| child.tag() == Some("button"));
        let is_item = |below: &Node<'_>| below.tag() == Some("li") && !is_pressed(below);
        // What holds items is a heading of them.
        let all = node.descendants().filter(|below| is_item(below) && !below.descendants().any(|item| is_item(&item)));
        all.filter_map(|item| Some(bare_item(&item.short_text(LONGEST_ITEM)?).to_owned()))
            .filter(|text| !text.is_empty())
            .take(MOST_ITEMS)
            .collect()
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
    held.map_or_else(|| node.short_text(LONGEST_ITEM).unwrap_or_default(), str::to_owned)
}
