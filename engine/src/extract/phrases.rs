use foldhash::fast::FixedState;
use std::collections::HashSet;

/// Phrases that are looked for in folded texts (see [`fold_label`]).
#[derive(Debug, Clone, Default)]
pub(super) struct Phrases {
    /// The phrases are ours and no page's: nobody can make them collide.
    all: HashSet<Box<str>, FixedState>,
    /// Phrases of writings without spaces: no space need stand around them.
    unspaced: Vec<Box<str>>,
    /// Endings of words, as `straße` of `-straße`.
    endings: Vec<Box<str>>,
    longest: usize,
}

impl Phrases {
    pub(super) fn new(phrases: Vec<String>) -> Self {
        let mut found = Self::default();
        for phrase in phrases {
            if let Some(ending) = phrase.strip_prefix('-') {
                found.endings.push(fold_label(ending).into());
                continue;
            }
            let folded = fold_label(&phrase);
            if folded.is_empty() {
                continue;
            }
            if folded.chars().any(is_unspaced) {
                found.unspaced.push(folded.as_str().into());
            }
            found.longest = found.longest.max(folded.split(' ').count());
            found.all.insert(folded.into());
        }
        found
    }

    /// Every phrase.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|phrase| &**phrase)
    }

    /// True for a text that is one of them.
    pub(super) fn is(&self, folded: &str) -> bool {
        self.all.contains(folded)
    }

    /// Length of the longest of them that a text begins with.
    pub(super) fn prefix(&self, folded: &str) -> Option<usize> {
        let mut ends = folded.match_indices(' ').map(|(at, _)| at).chain([folded.len()]);
        let mut found = None;
        for _ in 0..self.longest {
            let Some(end) = ends.next() else { break };
            if self.all.contains(&folded[..end]) {
                found = Some(end);
            }
        }
        found.or_else(|| {
            self.unspaced_for(folded)
                .iter()
                .filter(|known| folded.starts_with(&***known))
                .map(|known| known.len())
                .max()
        })
    }

    /// Where one of them stands in a text, and its length.
    pub(super) fn find(&self, folded: &str) -> Option<(usize, usize)> {
        let starts = std::iter::once(0).chain(folded.match_indices(' ').map(|(at, _)| at + 1));
        let spaced = starts.filter_map(|from| Some((from, self.spaced_prefix(&folded[from..])?))).next();
        spaced
            .or_else(|| self.unspaced_for(folded).iter().find_map(|known| Some((folded.find(&**known)?, known.len()))))
    }

    /// None of them stands in a text without such characters.
    fn unspaced_for(&self, folded: &str) -> &[Box<str>] {
        if folded.is_ascii() { &[] } else { &self.unspaced }
    }

    fn spaced_prefix(&self, folded: &str) -> Option<usize> {
        let ends = folded.match_indices(' ').map(|(at, _)| at).chain([folded.len()]);
        ends.take(self.longest).filter(|end| self.all.contains(&folded[..*end])).last()
    }

    /// Where the last of them in a text ends.
    pub(super) fn last(&self, folded: &str) -> Option<usize> {
        let starts = folded.rmatch_indices(' ').map(|(at, _)| at + 1).chain([0]);
        let spaced = starts.filter_map(|from| Some(from + self.spaced_prefix(&folded[from..])?)).max();
        let unspaced =
            self.unspaced_for(folded).iter().filter_map(|known| Some(folded.rfind(&**known)? + known.len())).max();
        spaced.max(unspaced)
    }

    /// True for a text in which one of them stands.
    pub(super) fn within(&self, folded: &str) -> bool {
        self.find(folded).is_some()
    }

    /// True for a word that is one of them or ends as one of them does.
    pub(super) fn is_or_ends(&self, word: &str) -> bool {
        self.is(word) || self.endings.iter().any(|ending| word.len() > ending.len() && word.ends_with(&**ending))
    }
}

/// Chinese and Japanese characters.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Lower case, anything but letters and digits folded to one space.
pub(super) fn fold_label(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// [`fold_label`] into a buffer, which is emptied first.
pub(super) fn fold_into(text: &str, out: &mut String) {
    out.clear();
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            } else if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if c.is_alphanumeric() || is_mark(c) {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
}

/// Accents that stand by themselves.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_stand_between_words() {
        let phrases = Phrases::new(vec!["in stock".into(), "sold out".into(), "在庫".into(), "-straße".into()]);
        assert!(phrases.is("in stock") && !phrases.is("in"));
        assert_eq!(phrases.prefix("in stock now"), Some(8));
        assert_eq!(phrases.prefix("in stockholm"), None);
        assert_eq!(phrases.find("it is sold out"), Some((6, 8)));
        assert_eq!(phrases.find("it is unsold outside"), None);
        assert!(phrases.within("now in stock") && phrases.within("商品在庫あり"));
        assert!(phrases.is_or_ends("hauptstraße") && !phrases.is_or_ends("straße"));
    }
}
