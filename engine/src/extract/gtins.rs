use super::phrases::fold_label;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, labels_of};
use regex::Regex;
use std::sync::LazyLock;

/// Article numbers of GS1 (GTIN-8, -12, -13, -14, ISBN-13) and ISBN-10, by their check digit and the words before them.
#[derive(Debug)]
pub(super) struct Gtins;

const MOST: usize = 8;

static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:97[89][- ]?)?\d(?:[- ]?\d){6,12}[- ]?[\dXx]\b").ok());

impl Resolver for Gtins {
    fn name(&self) -> &'static str {
        "gtin"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let kinds = ["gtin", "isbn"];
        let wanted: Vec<(usize, &str)> = queries
            .iter()
            .enumerate()
            .filter_map(|(at, query)| Some((at, kinds.into_iter().find(|kind| query.is_like(kind))?)))
            .collect();
        let Some(pattern) = NUMBER.as_ref().filter(|_| !wanted.is_empty()) else { return };
        let reading = page.reading();
        let mut count = 0;
        for (at, line) in reading.lines().iter().enumerate() {
            let text = reading.text(line);
            if text.len() > 600 || text.bytes().filter(u8::is_ascii_digit).count() < 8 {
                continue;
            }
            for found in pattern.find_iter(text) {
                let digits: String = found.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
                if !is_valid(&digits) {
                    continue;
                }
                let mut before = fold_label(&text[..found.start()]);
                if before.is_empty() && at > 0 {
                    before = reading.folded(&reading.lines()[at - 1]).to_owned();
                }
                let labelled = |kind: &str| labels_of(kind).last(&before).is_some_and(|end| before.len() - end <= 10);
                let node = reading.element(line, found.start(), found.end());
                for (field, kind) in &wanted {
                    let isbn = digits.len() == 10 || (digits.len() == 13 && digits.starts_with("97"));
                    // Without a word, only the length of a GTIN-13 says that it is one.
                    let score = match (labelled("gtin") || labelled("isbn"), digits.len()) {
                        (true, _) => 0.88,
                        // Telephone numbers have signs between their parts.
                        (false, 13 | 14) if (*kind == "gtin" && digits.len() == found.len()) || isbn => 0.4,
                        _ => continue,
                    };
                    let fits = if *kind == "isbn" && !isbn { continue } else { score };
                    out.push(Candidate {
                        field: *field,
                        raw: found.as_str().to_owned(),
                        score: fits,
                        resolver: self.name(),
                        evidence: Evidence::Node(node),
                    });
                    count += 1;
                }
            }
            if count >= MOST {
                return;
            }
        }
    }
}

/// Lengths and check digits of GTIN (GS1 General Specifications, 7.9) and ISBN-10 (ISO 2108).
pub(super) fn is_valid(digits: &str) -> bool {
    let values: Vec<u32> =
        digits.chars().filter_map(|c| if c.eq_ignore_ascii_case(&'x') { Some(10) } else { c.to_digit(10) }).collect();
    match values.len() {
        10 => {
            values[..9].iter().all(|value| *value < 10)
                && values.iter().zip((1..=10).rev()).map(|(value, weight)| value * weight).sum::<u32>() % 11 == 0
        }
        8 | 12 | 13 | 14 => {
            let sum: u32 =
                values.iter().rev().enumerate().map(|(at, value)| value * if at % 2 == 0 { 1 } else { 3 }).sum();
            values.iter().all(|value| *value < 10) && sum.is_multiple_of(10) && values.iter().any(|value| *value > 0)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;
    use super::*;

    #[test]
    fn check_digits() {
        assert!(
            is_valid("4006381333931") && is_valid("036000291452") && is_valid("96385074") && is_valid("080442957X")
        );
        assert!(!is_valid("4006381333932") && !is_valid("123"));
    }

    #[test]
    fn numbers_of_articles() {
        assert_eq!(found("gtin:id", "<p>Order 1234567890123, EAN: 4006381333931"), "4006381333931");
        assert_eq!(found("isbn:id", "<p>ISBN 978-3-16-148410-0"), "978-3-16-148410-0");
    }
}
