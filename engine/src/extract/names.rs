//! Names of people in texts that say more.

use super::phrases::fold_label;
use super::words;

/// Longest name in characters, and names of one text.
pub(super) const LONGEST_NAME: usize = 60;
pub(super) const MOST: usize = 12;

/// The names in a byline, without what stands around them.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut rest = text.trim();
    let folded = fold_label(rest);
    if let Some(length) = words("byline").prefix(&folded).filter(|length| *length < folded.len()) {
        rest = after_words(rest, folded[..length].split(' ').count());
    }
    // "小林真由 写真＝佐々木亮": the next credit begins.
    let mut credits = rest.match_indices('＝').filter_map(|(sign, _)| rest[..sign].rfind([' ', '\u{3000}']));
    if let Some(credit) = credits.next() {
        rest = &rest[..credit];
    }
    // Addresses for mail stand behind names.
    let rest: String = rest.split_inclusive([' ', '\n']).filter(|word| !word.contains('@')).collect();
    let rest = rest.trim();
    let parts = rest
        .split([',', ';', '|', '•', '·', '、', '/', '(', ')', '\n', '，', '；'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "));
    let mut names: Vec<String> = Vec::new();
    for part in parts.flat_map(split_and) {
        let name = clean(part);
        // "Ann Lee, Berlin": a place, or a part of a name.
        let lone = names.first().is_some_and(|first| first.contains(' ')) && name.is_ascii() && !name.contains(' ');
        // "Ann Lee", and below it "Born in Rome".
        let sentence = !names.is_empty()
            && name.split(' ').any(|word| word.chars().count() > 1 && !is_capital(word) && !is_particle(word));
        if is_name(name) && !lone && !sentence && names.len() < MOST && !names.iter().any(|known| known == name) {
            names.push(in_case(once(name)));
        } else if !names.is_empty() && (lone || sentence || !is_name(name)) {
            // What follows the names (a role, a date) ends them.
            break;
        }
    }
    names
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(|c| !c.is_lowercase())
}

/// Small words within names.
fn is_particle(word: &str) -> bool {
    const PARTICLES: [&str; 28] = [
        "de", "del", "della", "di", "da", "das", "do", "dos", "du", "des", "van", "von", "vom", "zu", "der", "den",
        "het", "ten", "ter", "la", "le", "el", "al", "bin", "ibn", "af", "av", "und",
    ];
    PARTICLES.contains(&word) || word.contains(['\'', '’'])
}

/// "ANN LEE" as names are written.
fn in_case(name: &str) -> String {
    let shouted = name.contains(' ') && name.chars().count() > 6 && !name.chars().any(char::is_lowercase);
    if !shouted || !name.is_ascii() {
        return name.to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| format!("{first}{}", letters.as_str().to_lowercase())).unwrap_or_default()
    };
    name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// "Ann Lee Ann Lee": a picture's text, and the name beside it.
fn once(name: &str) -> &str {
    let (left, right) = name.split_at(name.floor_char_boundary(name.len() / 2));
    if left.trim() == right.trim() { left.trim() } else { name }
}

fn split_and(part: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    for word in part.split(' ') {
        let folded = fold_label(word);
        if at > 0 && (word == "&" || word == "+" || (words("and").is(&folded) && !folded.is_empty())) {
            parts.push(&part[from..at]);
            from = (at + word.len() + 1).min(part.len());
        }
        at = (at + word.len() + 1).min(part.len());
    }
    parts.push(&part[from..]);
    parts
}

fn clean(part: &str) -> &str {
    let mut name = part.trim_matches(|c: char| !c.is_alphanumeric() && c != '.' && c != ')').trim_end_matches(':');
    let folded = fold_label(name);
    if let Some(length) = words("byline").prefix(&folded).filter(|length| *length < folded.len()) {
        name = after_words(name, folded[..length].split(' ').count());
    }
    // "Ann Lee for the Daily", "Ann Lee Political Editor".
    name = without_date(name);
    let mut at = 0;
    for (count, word) in name.split(' ').enumerate() {
        if count > 1 && words("byline_end").prefix(&fold_label(&name[at..])).is_some() {
            return name[..at].trim();
        }
        at += word.len() + 1;
    }
    name.trim()
}

/// "Ann Lee do 21 maart 2024" without the date.
fn without_date(name: &str) -> &str {
    let Some(digit) = name.find(|c: char| c.is_ascii_digit()) else { return name };
    let mut name = name[..digit].trim_end();
    while let Some((rest, last)) = name.rsplit_once(' ') {
        let folded = fold_label(last);
        // "at 17:21": no name ends in so short a word.
        let at = last.chars().count() <= 2 && last.chars().all(char::is_lowercase);
        if !folded.is_empty() && !at && !words("weekdays_short").is(&folded) && !words("weekdays").is(&folded) {
            break;
        }
        name = rest.trim_end();
    }
    name
}

fn is_name(name: &str) -> bool {
    let ends = |folded: &str| words("byline_end").prefix(folded).is_some_and(|end| folded[..end].contains(' '));
    let count = name.chars().count();
    let tokens: Vec<&str> = name.split(' ').collect();
    let folded = fold_label(name);
    let starts_well = name
        .chars()
        .next()
        .is_some_and(|c| c.is_uppercase() || (!c.is_ascii() && c.is_alphabetic() && !c.is_lowercase()));
    let capitals = tokens.iter().filter(|token| token.chars().next().is_some_and(|c| !c.is_lowercase())).count();
    (2..=LONGEST_NAME).contains(&count)
        && tokens.len() <= 6
        && starts_well
        && capitals * 2 >= tokens.len()
        && !name.chars().any(|c| c.is_ascii_digit() || "@?!:=#{}<>\"“”„»«".contains(c))
        && !words("byline").is(&folded)
        && !words("byline_end").is(&folded)
        && !ends(&folded)
        && !words("navigation").is(&folded)
        && !words("published").within(&folded)
        && !words("updated").within(&folded)
        && !words("weekdays").is(&folded)
        && !words("not_names").within(&folded)
}

/// A text after its first words.
pub(super) fn after_words(text: &str, count: usize) -> &str {
    let mut rest = text;
    for _ in 0..count {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '\'' || c == '’');
    }
    rest.trim_start_matches([' ', ':', '：', '-', '–', '|'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_hold_names() {
        assert_eq!(names("By Ann Lee and Bob Stone, staff writers | May 4, 2024"), ["Ann Lee", "Bob Stone"]);
        assert_eq!(names("Von Lars Brunckhorst"), ["Lars Brunckhorst"]);
        assert_eq!(names("Texte par Zoé Müller-Dupont"), ["Zoé Müller-Dupont"]);
        assert_eq!(names("牛镛、岳弘彬"), ["牛镛", "岳弘彬"]);
        assert_eq!(names("Comments"), [""; 0]);
        assert_eq!(names("Von Katrin Seebald, Potsdam"), ["Katrin Seebald"]);
        assert_eq!(names("Door: Sanne Hoek en Jan de Wolf do 21 maart 2024, 07:15"), ["Sanne Hoek", "Jan de Wolf"]);
        assert_eq!(names("文＝小林真由 写真＝佐々木亮"), ["小林真由"]);
        assert_eq!(names("Ann Lee Senior Editor"), ["Ann Lee"]);
        assert_eq!(names("Ann Lee Ann Lee"), ["Ann Lee"]);
        assert_eq!(names("ANN KOSTELL ann@daily.example"), ["Ann Kostell"]);
        assert_eq!(names("Barbara Sokol o 17:21"), ["Barbara Sokol"]);
    }
}
