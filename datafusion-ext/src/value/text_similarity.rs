//! How alike two texts are.

use caseless::Caseless;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Edit distances that need more cells than this are not computed: the words decide alone. It is two texts of 2,000
/// characters, after what they begin and end with alike; some 10 ms.
const MOST_CELLS: usize = 4_000_000;

/// A text in the form in which texts are compared: NFKC, casefold, one space for white space, plain quotes and dashes,
/// no punctuation at the end.
#[derive(Debug, Clone)]
pub(super) struct FoldedText {
    text: String,
    /// Words in alphabetical order, without punctuation around them.
    words: Vec<Range<usize>>,
}

impl FoldedText {
    pub(super) fn new(raw: &str) -> Self {
        let text = fold(raw);
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for word in text.split(' ') {
            let start = at + (word.len() - word.trim_start_matches(is_around).len());
            let end = at + word.trim_end_matches(is_around).len();
            if start < end {
                words.push(start..end);
            }
            at += word.len() + 1;
        }
        words.sort_unstable_by(|a, b| text[a.clone()].cmp(&text[b.clone()]));
        Self { text, words }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The larger of edit similarity and word similarity, 0..=1; the same in both directions.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        if self.text == other.text {
            return 1.0;
        }
        let words = self.word_similarity(other);
        words.max(edit_similarity(&self.text, &other.text, words))
    }

    /// Share of common words: the Dice coefficient 2·|A∩B| / (|A|+|B|) of the two multisets.
    ///
    /// The token-set ratio of rapidfuzz gives 1 as soon as one text holds all words of the other, so that "Sauce" would
    /// equal "Tomato Sauce Pasta"; Dice gives that pair 0.5.
    fn word_similarity(&self, other: &Self) -> f64 {
        let total = self.words.len() + other.words.len();
        if total == 0 {
            return 0.0;
        }
        let (mut left, mut right, mut common) = (0, 0, 0_usize);
        while let (Some(a), Some(b)) = (self.words.get(left), other.words.get(right)) {
            match self.text[a.clone()].cmp(&other.text[b.clone()]) {
                std::cmp::Ordering::Less => left += 1,
                std::cmp::Ordering::Greater => right += 1,
                std::cmp::Ordering::Equal => {
                    common += 1;
                    left += 1;
                    right += 1;
                }
            }
        }
        2.0 * common as f64 / total as f64
    }
}

/// Casefold of a trimmed text: how texts that are not of their type are compared.
pub(super) fn casefold(raw: &str) -> String {
    if raw.is_ascii() { raw.to_ascii_lowercase() } else { raw.nfkc().default_case_fold().nfkc().collect() }
}

/// Soft hyphen, marks of direction, zero-width space and byte order mark.
const WITHOUT_WIDTH: [char; 5] = ['\u{ad}', '\u{200b}', '\u{200e}', '\u{200f}', '\u{feff}'];

fn fold(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    // What has no width would keep accents from their letters.
    let seen: String = raw.chars().filter(|c| !WITHOUT_WIDTH.contains(c)).collect();
    for c in casefold(&seen).chars() {
        match c {
            '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => text.push('\''),
            '“' | '”' | '„' | '‟' | '″' | '«' | '»' => text.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => text.push('-'),
            c if c.is_whitespace() => {
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            c => text.push(c),
        }
    }
    let kept = text.trim_end_matches([' ', '.', ',', ';', ':', '!', '?', '。', '、']).len();
    // A text of nothing but punctuation is compared as it is.
    text.truncate(if kept == 0 { text.trim_end().len() } else { kept });
    text
}

/// Punctuation that hangs on a word without being part of it; "c++", "c#" and "-5" keep theirs.
fn is_around(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '(' | ')' | '[' | ']' | '{' | '}')
}

/// Levenshtein distance d as the share (m − d)/m of the longer length m; 0 where it cannot exceed `known`.
fn edit_similarity(a: &str, b: &str, known: f64) -> f64 {
    let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (longer, shorter) = (a.len().max(b.len()), a.len().min(b.len()));
    // At least the difference in length must be inserted.
    if longer == 0 || shorter as f64 / longer as f64 <= known {
        return 0.0;
    }
    // What both begin and end with alike costs nothing.
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    a.truncate(a.len() - tail);
    b.truncate(b.len() - tail);
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    a.drain(..head);
    b.drain(..head);
    if a.len().saturating_mul(b.len()) > MOST_CELLS {
        return 0.0;
    }
    let distance = strsim::generic_levenshtein(&a, &b);
    (longer - distance.min(longer)) as f64 / longer as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn similarity(a: &str, b: &str) -> f64 {
        FoldedText::new(a).similarity(&FoldedText::new(b))
    }

    #[test]
    fn writing_does_not_count() {
        for (a, b) in [
            ("Fish & Chips", "fish  &\u{a0}chips."),
            ("“Quoted” – it’s", "\"quoted\" - it's"),
            ("STRASSE", "Straße"),
            ("ﬁne", "FINE"),
            ("e\u{301}te\u{301}", "été"),
            ("John Smith", "Smith, John"),
            ("wait…", "wait"),
        ] {
            assert_eq!(similarity(a, b), 1.0, "{a} / {b}");
        }
    }

    #[test]
    fn one_word_of_three_is_not_the_text() {
        assert_eq!(similarity("Sauce", "Tomato Sauce Pasta"), 0.5);
        assert!(similarity("Tomato Sauce", "Tomato Sauce Pasta") >= 0.8);
        assert!(similarity("C++", "C#") < 0.8);
        assert!(similarity("abc", "xyz") == 0.0);
        assert!(similarity("!!!", "???") == 0.0);
    }

    #[test]
    fn edits_count_by_the_longer_text() {
        assert_eq!(similarity("colour", "color"), 5.0 / 6.0);
        assert_eq!(similarity("abcde", "abcdX"), 0.8);
        assert_eq!(similarity("ramen", "ramén"), 0.8);
    }

    #[test]
    fn long_texts_are_compared_by_their_words() {
        let long = |word: &str| std::iter::repeat_n(word, 30_000).collect::<Vec<_>>().join(" ");
        let started = std::time::Instant::now();
        assert_eq!(similarity(&long("abc"), &long("xbz")), 0.0);
        assert!(similarity(&long("abc"), &format!("{} end", long("abc"))) > 0.99);
        assert!(started.elapsed().as_secs() < 5);
    }
}
