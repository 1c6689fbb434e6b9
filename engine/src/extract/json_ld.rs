use super::{Candidate, FieldQuery, PageView, Resolver, structured};
use crate::page::PageSnapshot;
use serde_json::Value;

/// JSON-LD, with `@graph`, nesting and references.
#[derive(Debug)]
pub(super) struct JsonLd;

impl Resolver for JsonLd {
    fn name(&self) -> &'static str {
        "json_ld"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        structured::propose(page.json_ld(), page, queries, self.name(), 0.93, out);
    }
}

/// Every JSON-LD document of a page that can be read, in order.
pub(super) fn documents(page: &PageSnapshot) -> Vec<Value> {
    let scripts = page.elements("script").filter(|script| {
        script.attr("type").is_some_and(|kind| kind.to_ascii_lowercase().contains("application/ld+json"))
    });
    scripts
        .flat_map(|script| {
            let text: String = script.children().filter_map(|text| text.content()).collect();
            parse(&text)
        })
        .collect()
}

/// Reads what pages really hold: several values in one script, comments around, raw line ends inside strings.
fn parse(text: &str) -> Vec<Value> {
    let strict = |text: &str| {
        let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
        values.ok().filter(|values| !values.is_empty())
    };
    let trimmed = trim_wrapping(text);
    strict(trimmed).or_else(|| strict(&repair(trimmed))).unwrap_or_default()
}

fn trim_wrapping(text: &str) -> &str {
    let mut text = text.trim();
    for wrapping in ["<!--", "//<![CDATA[", "/*<![CDATA[*/", "<![CDATA["] {
        text = text.strip_prefix(wrapping).unwrap_or(text).trim_start();
    }
    for wrapping in ["-->", "//]]>", "/*]]>*/", "]]>", ";"] {
        text = text.strip_suffix(wrapping).unwrap_or(text).trim_end();
    }
    text
}

/// Escapes raw control characters inside strings, drops trailing commas and unknown escapes.
fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => match chars.next() {
                Some(next @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => out.extend([c, next]),
                Some(next) => out.push(next),
                None => {}
            },
            c if in_string && c.is_control() => out.push(' '),
            ',' if !in_string => {
                while chars.peek().is_some_and(|next| next.is_whitespace()) {
                    chars.next();
                }
                if !matches!(chars.peek(), Some(']' | '}') | None) {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_pages_really_hold() {
        assert_eq!(parse("<!-- {\"a\": 1} -->"), [json!({"a": 1})]);
        assert_eq!(parse("{\"a\": \"x\ny\"}"), [json!({"a": "x y"})]);
        assert_eq!(parse("{\"a\": [1, 2,],}"), [json!({"a": [1, 2]})]);
        assert_eq!(parse("{\"a\": \"it\\'s\"};"), [json!({"a": "it's"})]);
        assert_eq!(parse("{\"a\": 1} {\"b\": 2}").len(), 2);
        assert!(parse("nonsense").is_empty() && parse("").is_empty());
    }
}
