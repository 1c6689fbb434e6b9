//! What pages say that keep a visitor out or that are broken, by language: data in `lexicon/failures`.

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a phrase speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Topic {
    Captcha,
    Geo,
    RateLimit,
    Paywall,
    Login,
    Consent,
    NotFound,
    Error,
    Denied,
    /// The page waits for its scripts.
    Script,
}

/// Where on a page something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// All of the title, or a part between two of its separators.
    WholeTitle,
    /// All of a heading.
    WholeHeading,
    Title,
    Heading,
    Text,
    /// What is shown where scripts do not run.
    NoScript,
}

/// A phrase found on a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) topic: Topic,
    pub(super) spot: Spot,
    pub(super) phrase: &'static str,
    pub(super) language: &'static str,
}

impl Said {
    /// In words, for a reason.
    pub(super) fn sign(&self) -> String {
        let verb = match self.spot {
            Spot::WholeTitle | Spot::Title => "the page's title says",
            Spot::WholeHeading | Spot::Heading => "the page's heading says",
            Spot::Text | Spot::NoScript => "the page says",
        };
        let language = if self.language == "English" { String::new() } else { format!(" ({})", self.language) };
        format!("{verb} “{}”{language}", self.phrase)
    }

    pub(super) fn is_whole(&self) -> bool {
        matches!(self.spot, Spot::WholeTitle | Spot::WholeHeading)
    }

    /// In the title or a heading.
    pub(super) fn is_prominent(&self) -> bool {
        !matches!(self.spot, Spot::Text | Spot::NoScript)
    }
}

#[derive(Deserialize)]
struct Language {
    language: String,
    #[serde(flatten)]
    topics: HashMap<Topic, Phrases>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrases {
    titles: Vec<String>,
    says: Vec<String>,
}

const LANGUAGES: [&str; 12] = [
    include_str!("../../lexicon/failures/en.toml"),
    include_str!("../../lexicon/failures/de.toml"),
    include_str!("../../lexicon/failures/fr.toml"),
    include_str!("../../lexicon/failures/es.toml"),
    include_str!("../../lexicon/failures/it.toml"),
    include_str!("../../lexicon/failures/nl.toml"),
    include_str!("../../lexicon/failures/pt.toml"),
    include_str!("../../lexicon/failures/pl.toml"),
    include_str!("../../lexicon/failures/sv.toml"),
    include_str!("../../lexicon/failures/ja.toml"),
    include_str!("../../lexicon/failures/da.toml"),
    include_str!("../../lexicon/failures/nb.toml"),
];

#[derive(Debug, Clone)]
struct Entry {
    topic: Topic,
    phrase: String,
    language: String,
}

/// Every phrase, ready to be looked for.
#[derive(Debug)]
pub(super) struct PhraseBook {
    titles: HashMap<String, Entry>,
    says: Vec<Entry>,
    /// Numbers of its patterns are numbers of `says`; `None` only if the phrases could not be compiled, which a test rules out.
    within: Option<AhoCorasick>,
}

/// The files are a part of the program and a test reads them: an unreadable one would be an empty one.
static BOOK: LazyLock<PhraseBook> = LazyLock::new(|| {
    let languages = LANGUAGES.iter().filter_map(|text| toml::from_str::<Language>(text).ok());
    let (mut titles, mut says) = (HashMap::new(), Vec::new());
    for Language { language, topics } in languages {
        for (topic, phrases) in topics {
            let entry = |phrase: String| Entry { topic, phrase, language: language.clone() };
            for title in phrases.titles {
                titles.entry(title.clone()).or_insert_with(|| entry(title));
            }
            says.extend(phrases.says.into_iter().map(entry));
        }
    }
    let patterns = says.iter().map(|entry| entry.phrase.as_str());
    let within = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns).ok();
    PhraseBook { titles, says, within }
});

impl PhraseBook {
    pub(super) fn get() -> &'static Self {
        &BOOK
    }

    /// What a title, or a part of one, says as a whole.
    pub(super) fn whole(&'static self, folded: &str, spot: Spot) -> Option<Said> {
        let bare = folded.trim_matches(|c: char| !c.is_alphanumeric());
        // "404 - Page not found", "Error 404: Not found"
        let unnumbered =
            bare.trim_start_matches("error ").trim_matches(|c: char| c.is_ascii_digit() || !c.is_alphanumeric());
        let entry = self.titles.get(bare).or_else(|| self.titles.get(unnumbered).filter(|_| is_numbered(bare)))?;
        Some(Said { topic: entry.topic, spot, phrase: &entry.phrase, language: &entry.language })
    }

    /// Every phrase that stands in a text, as words of their own.
    pub(super) fn within(&'static self, folded: &str, spot: Spot) -> Vec<Said> {
        let Some(within) = &self.within else { return Vec::new() };
        let found = within.find_overlapping_iter(folded);
        let apart = found.filter(|found| is_apart(folded, found.start(), found.end()));
        let entries = apart.filter_map(|found| self.says.get(found.pattern().as_usize()));
        entries
            .map(|entry| Said { topic: entry.topic, spot, phrase: &entry.phrase, language: &entry.language })
            .collect()
    }
}

/// True for texts that begin or end with a status from 400 on, or with "error" and one.
fn is_numbered(text: &str) -> bool {
    let status = |word: &str| {
        let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
        digits.len() == 3 && digits.starts_with(['4', '5'])
    };
    text.split_whitespace().any(status)
}

/// True where neither the letter before nor the one after belongs to the same word. Japanese has no such borders.
fn is_apart(text: &str, from: usize, to: usize) -> bool {
    let letter = |c: char| c.is_alphanumeric() && (c as u32) < 0x2e80;
    let joined = |left: Option<char>, right: Option<char>| left.is_some_and(letter) && right.is_some_and(letter);
    let (Some(before), Some(phrase), Some(after)) = (text.get(..from), text.get(from..to), text.get(to..)) else {
        return false;
    };
    !joined(before.chars().next_back(), phrase.chars().next())
        && !joined(phrase.chars().next_back(), after.chars().next())
}

/// Lower case, straight apostrophes and hyphens, single spaces.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '’' | '‘' | 'ʼ' => out.push('\''),
            '‐' | '‑' => out.push('-'),
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A title as a whole, and its parts: "Page not found | Acme" is of two.
pub(super) fn parts(folded: &str) -> impl Iterator<Item = &str> {
    let separators = [" | ", " - ", " – ", " — ", " · ", " • ", " :: ", " » ", " « ", " / ", ": "];
    let mut parts = vec![folded];
    for separator in separators {
        parts = parts.into_iter().flat_map(|part| part.split(separator)).collect();
    }
    let whole = (parts.len() > 1).then_some(folded);
    whole.into_iter().chain(parts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_folded() {
        for text in LANGUAGES {
            let language: Language = toml::from_str(text).unwrap();
            assert_eq!(language.topics.len(), 10, "{}", language.language);
            for (topic, phrases) in language.topics {
                for phrase in phrases.titles.iter().chain(&phrases.says) {
                    assert_eq!(phrase, &fold(phrase), "{topic:?} in {}", language.language);
                    assert!(!phrase.ends_with('.') && phrase.chars().count() > 2, "{phrase}");
                }
            }
        }
        assert!(BOOK.within.is_some());
    }

    #[test]
    fn whole_titles_with_and_without_numbers() {
        let whole = |text: &str| BOOK.whole(&fold(text), Spot::WholeTitle).map(|said| (said.topic, said.phrase));
        assert_eq!(whole("404 Not Found"), Some((Topic::NotFound, "not found")));
        assert_eq!(whole("Error 404: Page Not Found!"), Some((Topic::NotFound, "page not found")));
        assert_eq!(whole("Page not found (404)"), Some((Topic::NotFound, "page not found")));
        assert_eq!(whole("500 Internal Server Error"), Some((Topic::Error, "internal server error")));
        assert_eq!(whole("404"), Some((Topic::NotFound, "404")));
        assert_eq!(whole("Room 404"), None);
        assert_eq!(whole("Peugeot 404"), None);
        assert_eq!(whole("Just a moment..."), Some((Topic::Captcha, "just a moment")));
        assert_eq!(whole("Just a moment of your time"), None);
    }

    #[test]
    fn phrases_are_words_of_their_own() {
        let topics =
            |text: &str| -> Vec<Topic> { BOOK.within(&fold(text), Spot::Text).iter().map(|said| said.topic).collect() };
        assert_eq!(topics("The  page you’re looking for"), [Topic::NotFound]);
        assert_eq!(topics("the page you're looking forward to"), []);
        assert_eq!(topics("申し訳ございません。お探しのページは"), [Topic::NotFound]);
        assert!(topics("Nur für Abonnenten").contains(&Topic::Paywall));
    }

    #[test]
    fn titles_come_apart() {
        let of = |text: &str| parts(text).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            of("page not found | acme - shop"),
            ["page not found | acme - shop", "page not found", "acme", "shop"]
        );
        assert_eq!(of("acme"), ["acme"]);
    }
}
