use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Letters of a pattern at most.
const LETTERS: usize = 160;

/// What of a message differs from site to site, by kind. The order matters: an address holds hosts, hosts hold digits.
const PARTS: [(&str, &str); 6] = [
    (r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s"'`<>]+"#, "<url>"),
    (r#""[^"]*"|`[^`]*`|“[^”]*”|„[^“”]*[“”]|«[^»]*»"#, "<text>"),
    (r"(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b", "<id>"),
    (r"(?i)\b(\d{1,3}\.){3}\d{1,3}(:\d+)?\b|\[[0-9a-f:.]*:[0-9a-f:.]*\](:\d+)?", "<host>"),
    (r"(?i)\b([\pL0-9_]([\pL0-9_-]*[\pL0-9_])?\.)+(?<tld>\pL{2,})\b(:\d+)?", "<host>"),
    (r"\d+([.,:]\d+)*", "<n>"),
];

/// What ends as a host does and is a file.
const FILES: [&str; 19] = [
    "txt", "html", "htm", "js", "css", "json", "xml", "php", "aspx", "jsp", "png", "jpg", "gif", "svg", "pdf", "zip",
    "csv", "wasm", "rs",
];

static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    PARTS.iter().filter_map(|(pattern, placeholder)| Some((Regex::new(pattern).ok()?, *placeholder))).collect()
});

/// The pattern of a message: addresses, quoted parts, ids, hosts and numbers replaced by placeholders, so that the same
/// failure on a thousand sites is one line. One line, at most 160 letters.
#[must_use]
pub fn message_pattern(message: &str) -> String {
    // What is cut off below need not be looked at either.
    let start: String = message.chars().take(4 * LETTERS).collect();
    let mut text = start.split_whitespace().collect::<Vec<_>>().join(" ");
    for (rule, placeholder) in RULES.iter() {
        let replaced = rule.replace_all(&text, |found: &Captures<'_>| {
            let file = found.name("tld").is_some_and(|tld| FILES.contains(&tld.as_str().to_lowercase().as_str()));
            if file { found[0].to_owned() } else { (*placeholder).to_owned() }
        });
        text = replaced.into_owned();
    }
    crate::run::event::shortened(&text, LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_by_site_is_replaced() {
        for (message, pattern) in [
            ("the server answered with 503", "the server answered with <n>"),
            ("cannot find the host shop.example.com", "cannot find the host <host>"),
            ("cannot connect to 10.0.0.7:8080", "cannot connect to <host>"),
            ("no answer from [2001:db8::1]:443 in 45 s", "no answer from <host> in <n> s"),
            ("http://127.0.0.1:80/a?b=1 redirects to https://x.org/", "<url> redirects to <url>"),
            ("`not a url` is no address: relative URL", "<text> is no address: relative URL"),
            ("the page says \"Access denied\" and “bitte warten”", "the page says <text> and <text>"),
            ("Ray ID 8f2c9a7be1d04c55", "Ray ID <id>"),
            ("task 0192f3a4-1111-7abc-8def-0123456789ab is gone", "task <id> is gone"),
            ("robots.txt of münchen.example does not allow it", "robots.txt of <host> does not allow it"),
            ("net::ERR_NAME_NOT_RESOLVED", "net::ERR_NAME_NOT_RESOLVED"),
            ("it doesn't answer, the site's own limit", "it doesn't answer, the site's own limit"),
            ("took 1,250.5 ms\n  of 45 s", "took <n> ms of <n> s"),
            ("the required field price was not found", "the required field price was not found"),
        ] {
            assert_eq!(message_pattern(message), pattern);
        }
    }

    #[test]
    fn every_rule_is_one() {
        assert_eq!(RULES.len(), PARTS.len());
    }

    #[test]
    fn a_pattern_is_short() {
        assert_eq!(message_pattern(&"word ".repeat(10_000)).chars().count(), LETTERS);
    }
}
