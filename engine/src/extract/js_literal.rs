//! Object literals of JavaScript, as scripts of pages hold them: keys without quotes, single quotes, trailing commas, and
//! names of variables, which are unknown here and become null.

use serde_json::{Map, Number, Value};

/// How deep literals are followed into each other.
const DEEPEST: usize = 64;

/// The literal with which a text begins, and the bytes that it takes; `None` where there is none.
pub(super) fn parse(text: &str) -> Option<(Value, usize)> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    Some((value, reader.at))
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let comment = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += comment;
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip_blank();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blank();
        match self.peek()? {
            _ if depth > DEEPEST => None,
            '{' => self.object(depth),
            '[' => self.array(depth),
            quote @ ('"' | '\'' | '`') => self.string(quote).map(Value::String),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.take('{');
        let mut object = Map::new();
        while !self.take('}') {
            let key = match self.peek()? {
                quote @ ('"' | '\'') => self.string(quote)?,
                _ => self.name()?,
            };
            if !self.take(':') {
                return None;
            }
            let value = self.value(depth + 1)?;
            object.insert(key, value);
            if !self.take(',') && {
                self.skip_blank();
                self.peek()
            } != Some('}')
            {
                return None;
            }
        }
        Some(Value::Object(object))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.take('[');
        let mut items = Vec::new();
        while !self.take(']') {
            items.push(self.value(depth + 1)?);
            if !self.take(',') && {
                self.skip_blank();
                self.peek()
            } != Some(']')
            {
                return None;
            }
        }
        Some(Value::Array(items))
    }

    fn string(&mut self, quote: char) -> Option<String> {
        self.at += 1;
        let mut out = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' | 'b' | 'f' => out.push(' '),
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, digit)| digit).collect();
                        // Halves of a pair mean nothing alone.
                        out.push(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
                    }
                    'x' => {
                        let digits: String = chars.by_ref().take(2).map(|(_, digit)| digit).collect();
                        out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                    }
                    other => out.push(other),
                },
                c if c == quote => {
                    self.at += at + 1;
                    return Some(out);
                }
                // Only a template goes on in the next line.
                '\n' if quote != '`' => return None,
                c => out.push(c),
            }
        }
        None
    }

    fn name(&mut self) -> Option<String> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let rest = self.rest();
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let name = rest.get(..end).filter(|name| !name.is_empty())?.to_owned();
        self.at += end;
        Some(name)
    }

    /// A number, `true`, `!0`, or an expression, which is unknown.
    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', ';', '\n', '{', '"', '\'']).unwrap_or(rest.len());
        if matches!(rest[end..].chars().next(), Some('{' | '"' | '\'')) {
            return None;
        }
        let word = rest[..end].trim();
        if word.is_empty() {
            return None;
        }
        let value = match word {
            "true" | "!0" => Value::Bool(true),
            "false" | "!1" => Value::Bool(false),
            word => word.parse::<Number>().map_or(Value::Null, Value::Number),
        };
        self.at += end;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn literals_as_scripts_hold_them() {
        let read = |text: &str| parse(text).map(|(value, _)| value);
        assert_eq!(
            read("{a:1,'b':\"x\\u00e9\",c:[!0,d,],/* no */}"),
            Some(json!({"a": 1, "b": "xé", "c": [true, null]}))
        );
        assert_eq!(read("{ a: .5e, b: -2.5, c: void 0 }"), Some(json!({"a": null, "b": -2.5, "c": null})));
        assert_eq!(parse("{a:1};go()").map(|(_, length)| length), Some(5));
        for broken in ["", "{", "{a}", "{a:1", "{a:'x\n'}", "{a:function(){}}"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[\\{\\}\\[\\]:,'\"`a-c0-2\\\\ /*\n]{0,60}") {
            if let Some((_, length)) = parse(&text) {
                prop_assert!(text.is_char_boundary(length));
            }
        }
    }
}
