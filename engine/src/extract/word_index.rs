use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Which fields a word leads to, and its place among theirs. Made once for an extractor: pages are looked up in it word by
/// word. The words are ours or the campaign's and no page's: nobody can make them collide.
#[derive(Debug, Default)]
pub(super) struct WordIndex {
    fields: HashMap<Box<str>, Vec<(usize, usize)>, FixedState>,
}

impl WordIndex {
    /// Of `(word, field, place)`.
    pub(super) fn new<S: AsRef<str>>(entries: impl Iterator<Item = (S, usize, usize)>) -> Self {
        let mut fields: HashMap<Box<str>, Vec<(usize, usize)>, FixedState> = HashMap::default();
        for (word, field, place) in entries {
            fields.entry(word.as_ref().into()).or_default().push((field, place));
        }
        Self { fields }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// `(field, place)` of a word, in the order of the fields.
    pub(super) fn get(&self, word: &str) -> &[(usize, usize)] {
        self.fields.get(word).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        self.fields.contains_key(word)
    }
}
