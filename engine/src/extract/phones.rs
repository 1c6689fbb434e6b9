use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, labels_of};
use crate::page::Node;
use mino_datafusion::value::{TypedValue, ValueRule, normalise};
use phonenumber::country::Id;
use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Telephone and fax numbers: `tel:` links and what reads as a number of one of the page's countries.
#[derive(Debug)]
pub(super) struct Phones;

/// Numbers of one page that are looked at.
const MOST: usize = 60;
/// Different texts that are read as numbers: to read one takes long.
const MOST_READ: usize = 2_000;
/// Longest text of a link, in bytes.
const LONGEST: usize = 400;

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\+|\(\+|00)?\(?\d[\d\s()\[\].\-‐‑–/*]{4,24}\d(?:[\s,;]*(?:x|ext\.?|extension|durchwahl|poste)\s*:?\s*\d{1,6}\b)?").ok()
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Phone,
    Fax,
    Mobile,
    Unknown,
}

struct Number {
    raw: String,
    digits: String,
    kind: Kind,
    /// A label in front says what it is.
    labelled: bool,
    linked: bool,
    /// Folded words in front.
    context: String,
    zone: Zone,
    hidden: bool,
    /// Of the likeliest country.
    local: bool,
    node: usize,
    count: u32,
}

impl Resolver for Phones {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted = |query: &FieldQuery| ["phone", "fax", "mobile"].iter().any(|kind| query.is_like(kind));
        if !queries.iter().any(wanted) {
            return;
        }
        let given = queries.iter().filter(|query| wanted(query)).find_map(|query| query.spec.country.as_deref());
        let numbers = numbers(page, given);
        for (field, query) in queries.iter().enumerate().filter(|(_, query)| wanted(query)) {
            for (rank, number) in numbers.iter().enumerate() {
                let score = score(number, query, rank);
                if score > 0.0 {
                    let evidence = Evidence::Node(number.node);
                    out.push(Candidate { field, raw: number.raw.clone(), score, resolver: self.name(), evidence });
                }
            }
        }
    }
}

fn score(number: &Number, query: &FieldQuery, rank: usize) -> f64 {
    let base = match (number.kind, query.is_like("fax"), query.is_like("mobile")) {
        (Kind::Fax, true, _) => 0.9,
        (_, true, _) => return 0.0,
        (Kind::Fax, ..) => return 0.0,
        (Kind::Mobile, _, true) => 0.85,
        (_, _, true) => return 0.0,
        (Kind::Phone, ..) => 0.86,
        (Kind::Mobile, ..) => 0.6,
        (Kind::Unknown, ..) => 0.64,
    };
    // `office_phone` looks for words of its own beside the number.
    let named = query.labels.first().is_some_and(|own| number.context.ends_with(own.as_str()));
    let linked = if number.linked { 0.06 } else { 0.0 };
    let named = if named { 0.08 } else { 0.0 };
    let repeated = 0.03 * f64::from(number.count.min(3) - 1);
    let place = if number.zone.is(Zone::OTHERS) || number.zone.is(Zone::OVERLAY) { 0.7 } else { 1.0 };
    let seen = if number.hidden { 0.8 } else { 1.0 };
    let local = if number.local { 1.0 } else { 0.92 };
    let order = 0.985_f64.powi(rank.min(20) as i32);
    ((base + linked + named + repeated) * place * seen * local * order).min(0.98)
}

fn numbers(page: &PageView<'_>, given: Option<&str>) -> Vec<Number> {
    let guessed = page.locale().countries.iter().copied();
    let countries: Vec<Id> =
        given.into_iter().chain(guessed).filter_map(|code| code.to_ascii_uppercase().parse().ok()).collect();
    let mut found = Found { all: Vec::new(), by_digits: HashMap::new(), read: HashMap::new(), countries };
    let reading = page.reading();
    for (at, line) in reading.lines().iter().enumerate() {
        found.line(reading, at, line);
    }
    for link in page.page.nodes().filter(|node| node.tag() == Some("a")) {
        found.link(reading, link);
    }
    found.all
}

struct Found {
    all: Vec<Number>,
    by_digits: HashMap<String, usize>,
    /// What was read already.
    read: HashMap<String, Option<(String, bool)>>,
    countries: Vec<Id>,
}

impl Found {
    fn line(&mut self, reading: &Reading<'_>, at: usize, line: &Line) {
        let text = reading.text(line);
        if text.bytes().filter(u8::is_ascii_digit).count() < 6 || text.len() > 4000 {
            return;
        }
        let Some(pattern) = &*NUMBER else { return };
        let mut last_end = 0;
        for matched in pattern.find_iter(text) {
            let raw = matched.as_str().trim_end_matches([' ', '.', '-', '/', '(']);
            let (from, to) = (matched.start(), matched.start() + raw.len());
            let edge = |c: Option<char>| {
                c.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '$' | '€' | '£' | '%' | '@' | '='))
            };
            if !edge(text[..from].chars().next_back()) || !edge(text[to..].chars().next()) {
                continue;
            }
            let Some((digits, local)) = self.read(raw) else { continue };
            let mut context = super::phrases::fold_label(&text[last_end..from]);
            // A number alone in its line is named by the one before.
            if context.is_empty() && at > 0 {
                let above = reading.folded(&reading.lines()[at - 1]);
                if above.chars().count() <= 40 {
                    context = above.to_owned();
                }
            }
            let after =
                super::phrases::fold_label(text[to..].split([',', ';', '|', '\u{2022}']).next().unwrap_or_default());
            let (kind, labelled) = kind_of(&context, &after);
            // Without a word or a plus, digits that only could be a number often are not.
            let plain = !raw.contains(['+', '(', '-', ' ', '.', '/']);
            last_end = to;
            if !labelled && (plain || !self.is_plausible(raw)) {
                continue;
            }
            let node = reading.element(line, from, to);
            self.add(Number {
                raw: raw.to_owned(),
                digits,
                kind,
                labelled,
                linked: false,
                context,
                zone: line.zone,
                hidden: line.hidden,
                local,
                node,
                count: 1,
            });
        }
    }

    fn link(&mut self, reading: &Reading<'_>, link: Node<'_>) {
        let Some(href) = link.attr("href").and_then(|href| href.trim().strip_prefix("tel:")) else { return };
        let written = href.replace("%20", " ").replace("%2B", "+");
        let Some((digits, local)) = self.read(&written) else { return };
        let text = link.short_text(LONGEST).unwrap_or_default();
        // What the reader sees is the value, when it is that number.
        let shown = self.read(&text).filter(|(shown, _)| *shown == digits).map(|_| text.trim().to_owned());
        let folded = super::phrases::fold_label(&text);
        let label = super::phrases::fold_label(link.attr("aria-label").or(link.attr("title")).unwrap_or_default());
        let (kind, _) = kind_of(&label, &folded);
        let zone = reading.zone(link.index());
        let hidden = !link.is_rendered();
        let kind = if kind == Kind::Unknown { Kind::Phone } else { kind };
        self.add(Number {
            raw: shown.unwrap_or(written),
            digits,
            kind,
            labelled: true,
            linked: true,
            context: label,
            zone,
            hidden,
            local,
            node: link.index(),
            count: 1,
        });
    }

    fn add(&mut self, number: Number) {
        if let Some(known) = self.by_digits.get(&number.digits).and_then(|at| self.all.get_mut(*at)) {
            // A fax that stands among the telephones too is both to a machine, and a fax to a reader.
            if known.kind == Kind::Unknown || (number.kind == Kind::Fax && !known.labelled) {
                known.kind = number.kind;
            }
            known.linked |= number.linked;
            known.hidden &= number.hidden;
            known.count += u32::from(!number.linked);
            if !known.labelled && number.labelled {
                (known.labelled, known.context, known.node) = (true, number.context, number.node);
            }
            return;
        }
        if self.all.len() < MOST {
            self.by_digits.insert(number.digits.clone(), self.all.len());
            self.all.push(number);
        }
    }

    /// Its digits in international form, and whether it is of the likeliest country; `None` when it is nobody's number.
    fn read(&mut self, raw: &str) -> Option<(String, bool)> {
        if let Some(known) = self.read.get(raw) {
            return known.clone();
        }
        if self.read.len() == MOST_READ {
            return None;
        }
        let read = self.parse(raw);
        self.read.insert(raw.to_owned(), read.clone());
        read
    }

    fn parse(&self, raw: &str) -> Option<(String, bool)> {
        let digits = raw.bytes().filter(u8::is_ascii_digit).count();
        if !(7..=16).contains(&digits) {
            return None;
        }
        let raw = raw.replace("(0)", "");
        for (rank, country) in self.countries.iter().enumerate() {
            if let Ok(number) = phonenumber::parse(Some(*country), &raw)
                && number.is_valid()
            {
                return Some((format!("{}{}", number.code().value(), number.national()), rank == 0));
            }
        }
        None
    }

    /// Groups of digits as people write numbers, and neither a date nor a price.
    fn is_plausible(&self, raw: &str) -> bool {
        static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"^(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}.*|\d{4}\s*[-–]\s*\d{4}|\d{1,3}(?:[ .]\d{3})+)$").ok()
        });
        let groups = raw.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
        let lengths: Vec<usize> = groups.map(str::len).collect();
        let is_date = DATE.as_ref().is_some_and(|date| date.is_match(raw.trim()));
        !is_date && lengths.len() >= 2 && lengths.iter().filter(|length| **length == 1).count() <= 2
    }
}

/// A number without country code, of a field without country, as a number of the page's country.
pub(super) fn in_own_country(page: &PageView<'_>, query: &FieldQuery, value: TypedValue) -> TypedValue {
    if value.text.starts_with('+') || query.spec.country.is_some() {
        return value;
    }
    let of_country = |country: &&str| {
        let id = country.parse::<Id>().ok()?;
        phonenumber::parse(Some(id), &value.text).ok().filter(phonenumber::PhoneNumber::is_valid)?;
        let rule = ValueRule { country: Some((*country).to_owned()), ..query.rule.clone() };
        normalise(&rule, &value.text).ok()
    };
    page.locale().countries.iter().find_map(of_country).unwrap_or(value)
}

/// What the words around a number say that it is, and whether they say anything.
fn kind_of(before: &str, after: &str) -> (Kind, bool) {
    let fax = labels_of("fax");
    let mobile = labels_of("mobile");
    let phone = labels_of("phone");
    // The label nearest to the number decides.
    let mut best: Option<(usize, Kind)> = None;
    for (kind, phrases) in [(Kind::Phone, phone), (Kind::Mobile, mobile), (Kind::Fax, fax)] {
        let near = phrases.last(before).filter(|at| before.len() - at <= 48);
        if let Some(at) = near.filter(|at| best.is_none_or(|(known, _)| *at >= known)) {
            best = Some((at, kind));
        }
    }
    if let Some((_, kind)) = best {
        return (kind, true);
    }
    for (kind, phrases) in [(Kind::Fax, fax), (Kind::Mobile, mobile), (Kind::Phone, phone)] {
        if phrases.prefix(after).is_some() {
            return (kind, true);
        }
    }
    (Kind::Unknown, false)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn numbers_in_the_country_of_their_page() {
        let value = |html: &str| {
            let found = super::super::testing::extracted(&["phone:phone"], html).fields.pop().flatten();
            found.and_then(|found| found.value).map(|value| value.text).unwrap_or_default()
        };
        assert_eq!(value("<html lang=de-DE><p>Tel. 030 / 22 73 20 37"), "+493022732037");
        assert_eq!(value("<html lang=en-US><p>Call (202) 456-1414"), "+12024561414");
    }

    #[test]
    fn numbers_of_many_countries() {
        let phone = |html: &str| found("phone:phone", html);
        assert_eq!(phone("<html lang=en-US><p>Fax 202-456-1111<p>Call (202) 456-1414 today"), "(202) 456-1414");
        assert_eq!(phone("<html lang=de><p>Bestellnr. 123 456 789<br>Tel. 030 / 22 73 20 37"), "030 / 22 73 20 37");
        assert_eq!(phone("<html lang=fr><p>Le 12/05/2024 · 01 40 20 50 50"), "01 40 20 50 50");
        assert_eq!(phone("<html lang=en><a href='tel:+44-20-7946-0958'>Ring us</a>"), "+44-20-7946-0958");
        assert_eq!(phone("<html lang=ja><p>電話番号：03-3580-3311"), "03-3580-3311");
        assert_eq!(phone("<html lang=en><p>© 1998-2024, 1000 items, ISBN 978-3-16-148410-0"), "");
    }

    #[test]
    fn a_fax_is_no_telephone() {
        let html = "<html lang=en-US><p>Phone<br>(202) 456-1414<p>Fax<br>(202) 456-1111";
        assert_eq!(found("fax:phone", html), "(202) 456-1111");
        assert_eq!(found("phone:phone", html), "(202) 456-1414");
    }
}
