//! Codes of products beside their label: "SKU # 902774", "Ref. 8801500 | In stock".

use super::labels::by_rank;
use super::phrases::fold_label;
use super::word_index::WordIndex;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use mino_datafusion::value::FieldType;

/// Codes that follow their label without a colon.
#[derive(Debug)]
pub(super) struct Codes {
    labels: WordIndex,
}

impl Codes {
    pub(super) fn new(queries: &[FieldQuery]) -> Self {
        let is_text = |query: &FieldQuery| matches!(query.spec.field_type, FieldType::Id | FieldType::Text);
        let wanted = queries.iter().enumerate().filter(|(_, query)| is_code(query) && is_text(query));
        let labels = wanted
            .flat_map(|(field, query)| query.labels.iter().enumerate().map(move |(rank, label)| (label, field, rank)));
        Self { labels: WordIndex::new(labels) }
    }
}

/// Longest line that is looked at in bytes, most words of a label, longest code, and most proposals.
const LONGEST: usize = 240;
const WORDS: usize = 4;
const LONGEST_CODE: usize = 40;
const MOST: usize = 3;

/// A field that asks for a code: letters, digits and few signs, always with a digit.
pub(super) fn is_code(query: &FieldQuery) -> bool {
    ["sku", "mpn"].iter().any(|kind| query.is_like(kind))
}

/// The code with which a text begins.
pub(super) fn code_of(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let ends = |c: char| c.is_whitespace() || matches!(c, '|' | ',' | ';' | '·' | '•' | '(' | ')' | '）' | '（' | '、');
    let code = text.split(ends).next()?.trim_end_matches(|c: char| !c.is_alphanumeric());
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '/' | '_' | '+' | '#');
    let has_digit = code.chars().any(|c| c.is_ascii_digit());
    (has_digit && code.len() > 2 && code.len() <= LONGEST_CODE && code.chars().all(plain)).then_some(code)
}

impl Resolver for Codes {
    fn name(&self) -> &'static str {
        "code"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        if self.labels.is_empty() {
            return;
        }
        let reading = page.reading();
        let mut found = vec![0_usize; queries.len()];
        for line in reading.lines() {
            let text = reading.text(line);
            if text.len() > LONGEST || line.zone.is(Zone::NAVIGATION) || !text.bytes().any(|byte| byte.is_ascii_digit())
            {
                continue;
            }
            let Some((fields, code)) = labelled(text, reading.folded(line), &self.labels) else { continue };
            let share = if line.zone.is(Zone::OTHERS) { 0.5 } else { 1.0 };
            for (field, rank) in fields {
                found[*field] += 1;
                if found[*field] <= MOST {
                    let score = 0.66 * share * by_rank(*rank);
                    let from = code.as_ptr() as usize - text.as_ptr() as usize;
                    let node = reading.element(line, from, from + code.len());
                    let evidence = Evidence::Node(node);
                    out.push(Candidate { field: *field, raw: code.to_owned(), score, resolver: self.name(), evidence });
                }
            }
        }
    }
}

type Fields = (usize, usize);

/// The label of a line that says most, of those that a code follows: a field's own name before a word for many things.
fn labelled<'t, 'w>(text: &'t str, folded: &str, labels: &'w WordIndex) -> Option<(&'w [Fields], &'t str)> {
    let starts: Vec<usize> = std::iter::once(0).chain(folded.match_indices(' ').map(|(at, _)| at + 1)).collect();
    let mut best: Option<(usize, &[Fields], &str)> = None;
    for (nth, start) in starts.iter().enumerate() {
        for words in (1..=WORDS.min(starts.len() - nth)).rev() {
            let end = starts.get(nth + words).map_or(folded.len(), |next| next - 1);
            let fields = labels.get(&folded[*start..end]);
            let Some(rank) = fields.iter().map(|(_, rank)| *rank).min() else { continue };
            if best.is_some_and(|(known, ..)| known <= rank) {
                continue;
            }
            if let Some(code) = code_of(after_words(text, nth + words)) {
                best = Some((rank, fields, code));
            }
        }
    }
    best.map(|(_, fields, code)| (fields, code))
}

/// A text after so many of its words, as they are counted in a folded text.
fn after_words(text: &str, count: usize) -> &str {
    let mut words = 0;
    let mut within = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric();
        if within && !is_word {
            words += 1;
            if words == count {
                return &text[at..];
            }
        }
        within = is_word;
    }
    ""
}

/// Without the label with which a value begins: "Ref. 8801500".
pub(super) fn without_label<'t>(query: &FieldQuery, raw: &'t str) -> &'t str {
    let folded = fold_label(raw);
    let fits = |label: &&String| folded.strip_prefix(label.as_str()).is_some_and(|rest| rest.starts_with(' '));
    let label = query.labels.iter().filter(fits).max_by_key(|label| label.len());
    let code = label.and_then(|label| code_of(after_words(raw, label.split(' ').count())));
    code.unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn codes_follow_their_labels() {
        let sku = |html: &str| found("sku:id", html);
        assert_eq!(sku("<h1>Lamp</h1><p>Part no. 43-1187 &nbsp; SKU # 902774 &nbsp; <a href=/b>Acme</a>"), "902774");
        assert_eq!(sku("<html lang=es><h1>Bici</h1><p>Ref. 8801500 Marca: Pirene"), "8801500");
        assert_eq!(sku("<html lang=de><h1>Lampe</h1><p>Artikelnummer: KR-4417 | Drucken | Frage"), "KR-4417");
        assert_eq!(sku("<h1>Lamp</h1><p>Reference works of 1999"), "");
    }
}
