//! JSON and literals of JavaScript that a page holds for its own scripts.

use super::js_literal;
use crate::page::{Node, PageSnapshot};
use serde_json::Value;

/// Bytes of one script and of all that are read.
const LARGEST: usize = 2 << 20;
const MOST_BYTES: usize = 4 << 20;

/// Calls `take` with every JSON document of a page that is not JSON-LD, and where it is; one at a time, for they are large.
pub(super) fn each_document(page: &PageSnapshot, take: &mut impl FnMut(&str, &Value)) {
    let mut left = MOST_BYTES;
    let mut tries = MOST_BYTES;
    for script in page.elements("script") {
        let kind = script.attr("type").unwrap_or_default();
        if kind.contains("ld+json") {
            continue;
        }
        let mut pieces = script.children().filter_map(Node::content);
        let fits = |text: &&str| (16..=LARGEST).contains(&text.len()) && text.len() <= left;
        let Some(text) = pieces.next().filter(fits) else {
            continue;
        };
        left -= text.len();
        if kind.contains("json") {
            let name = script.attr("id").map_or_else(|| "script".to_owned(), |id| format!("script#{id}"));
            if let Some(value) = json(text) {
                take(&name, &value);
            }
        } else if kind.is_empty() || kind.contains("javascript") || kind == "module" {
            each_literal(text, &mut tries, take);
        }
    }
    let attributes = page.nodes().flat_map(|node| node.attributes().map(move |pair| (node, pair)));
    for (node, (name, text)) in attributes
        .filter(|(_, (name, text))| name.starts_with("data-") && text.len() > 30 && text.starts_with(['{', '[']))
        .take(400)
    {
        if text.len() > left {
            break;
        }
        left -= text.len();
        if let Some(value) = json(text) {
            take(&format!("{}@{name}", node.tag().unwrap_or_default()), &value);
        }
    }
}

/// Literals of one script that are looked at.
const MOST_LITERALS: usize = 32;

/// Objects that a script assigns to names, gives to functions or gives back: `window.__STATE__ = {…};`,
/// `dataLayer.push({…})`.
fn each_literal(text: &str, tries: &mut usize, take: &mut impl FnMut(&str, &Value)) {
    if is_large(text) {
        return;
    }
    let (mut at, mut tried) = (0, 0);
    while let Some(found) = text[at..].find(['{', '[']) {
        let from = at + found;
        at = from + 1;
        let before = text[..from].trim_end();
        let given = before.ends_with(['=', '(', ',']) || before.ends_with("return");
        if !given || before.ends_with("==") {
            continue;
        }
        tried += 1;
        if tried > MOST_LITERALS || *tries == 0 {
            break;
        }
        let read = literal(&text[from..]);
        // What did not read may have been read to its end.
        *tries = tries.saturating_sub(read.as_ref().map_or(text.len() - from, |(_, length)| *length));
        if let Some((value, length)) = read {
            at = from + length.max(1);
            if value.as_object().is_none_or(|object| !object.is_empty()) {
                take(name_before(before), &value);
            }
        }
    }
}

/// Values of one document at most: each takes some hundred bytes of memory, however short it is written.
const MOST_VALUES: usize = 200_000;

fn is_large(text: &str) -> bool {
    text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).take(MOST_VALUES + 1).count() > MOST_VALUES
}

fn json(text: &str) -> Option<Value> {
    if is_large(text) { None } else { serde_json::from_str(text).ok() }
}

/// The value with which a text begins, and its bytes: JSON where its first key is quoted so, else a literal of JavaScript.
fn literal(text: &str) -> Option<(Value, usize)> {
    let inner = text[1..].trim_start();
    if inner.starts_with(['"', '{', '[']) {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            return Some((value, values.byte_offset()));
        }
    }
    // Neither empty nor a block of statements.
    let is_key = inner.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '\'' | '_' | '$' | '{' | '['));
    if is_key { js_literal::parse(text) } else { None }
}

/// The name that a value is assigned to.
fn name_before(before: &str) -> &str {
    let Some(before) = before.strip_suffix('=').map(str::trim_end) else { return "script" };
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '[' | ']' | '"' | '\'');
    let from = before.rfind(|c: char| !is_part(c));
    let name = from.map_or(before, |at| &before[at + before[at..].chars().next().map_or(1, char::len_utf8)..]);
    if name.is_empty() { "script" } else { name }
}
