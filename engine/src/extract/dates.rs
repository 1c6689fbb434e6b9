use super::class_words::ClassWords;
use super::phrases::fold_label;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};
use mino_datafusion::value::FieldType;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// When it was published or changed: `<time>`, and dates in the text by what stands before them and how near the headline
/// they are.
#[derive(Debug)]
pub(super) struct Dates;

/// Dates of one page that are looked at.
const MOST: usize = 80;
/// Longest text of a `<time>`, in bytes.
const LONGEST: usize = 400;

static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let year = r"(?:19|20)\d{2}";
    let clock = r"(?:[\s,T·|\-–]*(?:at|um|à|a las|alle|às|kl\.?|o godz\.)?\s*\d{1,2}[:.h]\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?";
    Regex::new(&format!(
        r"(?i)(?:\b{year}-\d{{2}}-\d{{2}}(?:T\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?|{year}年\s*\d{{1,2}}月\s*\d{{1,2}}日|\b\d{{1,2}}[./-]\x20?\d{{1,2}}[./-]\x20?(?:{year}|\d{{2}})\b{clock}|\b{year}[./]\d{{1,2}}[./]\d{{1,2}}\b{clock}|\b\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?\s*(?:de\s+)?\p{{L}}{{3,12}}\.?,?\s*(?:de\s+|del\s+)?{year}\b{clock}|\b\p{{L}}{{3,12}}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{year}\b{clock})"
    ))
    .ok()
});
static IN_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"/(?P<y>(?:19|20)\d{2})[/-]?(?P<m>0[1-9]|1[0-2])[/-]?(?P<d>0[1-9]|[12]\d|3[01])(?:\D|$)").ok()
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Published,
    Updated,
    Unknown,
}

struct Found {
    raw: String,
    kind: Kind,
    score: f64,
    node: Option<usize>,
}

impl Resolver for Dates {
    fn name(&self) -> &'static str {
        "date"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted = |query: &FieldQuery| query.is("published") || query.is("modified");
        if !queries.iter().any(wanted) {
            return;
        }
        let mut all = Vec::new();
        elements(page, &mut all);
        lines(page, &mut all);
        address(page, &mut all);
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        for (field, query) in queries.iter().enumerate().filter(|(_, query)| wanted(query)) {
            let readable = |found: &&Found| query.spec.field_type == FieldType::Text || query.read(&found.raw).is_ok();
            for found in all.iter().filter(readable).take(10) {
                let fit = match (found.kind, query.is("modified")) {
                    (Kind::Updated, true) => 1.0,
                    (Kind::Updated, false) => 0.55,
                    (_, true) => 0.4,
                    (Kind::Published, false) => 1.0,
                    (Kind::Unknown, false) => 0.9,
                };
                let evidence = found.node.map_or_else(|| Evidence::Path("url".into()), Evidence::Node);
                out.push(Candidate {
                    field,
                    raw: found.raw.clone(),
                    score: found.score * fit,
                    resolver: self.name(),
                    evidence,
                });
            }
        }
    }
}

/// True for a text with a date in it.
pub(super) fn is_dated(text: &str) -> bool {
    DATE.as_ref().is_some_and(|date| date.is_match(text))
}

/// A text without its dates.
pub(super) fn without_dates(text: &str) -> Cow<'_, str> {
    DATE.as_ref().map_or(Cow::Borrowed(text), |date| date.replace_all(text, ""))
}

fn elements(page: &PageView<'_>, all: &mut Vec<Found>) {
    let reading = page.reading();
    for time in page.page.elements("time").take(MOST) {
        let text = time.short_text(LONGEST).unwrap_or_default();
        let attr = time.attr("datetime").filter(|value| is_dated(value));
        let raw = match attr {
            Some(value) => value.trim().to_owned(),
            None if is_dated(&text) => text.clone(),
            None => continue,
        };
        let names = std::iter::once(time)
            .chain(time.ancestors().take(2))
            .flat_map(|node| [node.attr("class"), node.attr("itemprop")])
            .flatten();
        let named = names.flat_map(str::split_ascii_whitespace).take(24).find_map(kind_of_name);
        let before = before(page, time.index());
        let kind = kind_of_words(&fold_label(&text)).or(kind_of_words(&before)).or(named).unwrap_or(Kind::Unknown);
        let sure = if time.attr("pubdate").is_some() || kind == Kind::Published { 0.08 } else { 0.0 };
        all.push(Found { raw, kind, score: (0.74 + sure) * place(page, time.index()), node: Some(time.index()) });
    }
    // Some write the moment into an attribute, for a script to show.
    let attributes = page.page.nodes().flat_map(|node| node.attributes().map(move |pair| (node, pair)));
    let dated = attributes.filter(|(node, (name, value))| {
        name.starts_with("data-")
            && value.len() <= 40
            && value.len() >= 8
            && node.tag() != Some("time")
            && value.as_bytes()[0].is_ascii_digit()
    });
    for (node, (name, value)) in dated.take(4_000) {
        let Some(kind) = kind_of_name(name) else { continue };
        if DATE.as_ref().is_some_and(|date| date.find(value).is_some_and(|found| found.start() == 0))
            && !reading.zone(node.index()).is(Zone::NAVIGATION)
        {
            all.push(Found {
                raw: value.to_owned(),
                kind,
                score: 0.5 * place(page, node.index()),
                node: Some(node.index()),
            });
        }
        if all.len() > 2 * MOST {
            break;
        }
    }
}

/// What a name in code says that a date is.
fn kind_of_name(name: &str) -> Option<Kind> {
    let mut found = None;
    for word in ClassWords::new(name) {
        match word.as_ref() {
            "published" | "publish" | "pubdate" | "posted" | "publication" | "datepublished" | "created" => {
                return Some(Kind::Published);
            }
            "updated" | "update" | "modified" | "datemodified" => return Some(Kind::Updated),
            "date" | "time" | "timestamp" | "datetime" => found = Some(Kind::Unknown),
            _ => {}
        }
    }
    found
}

fn kind_of_words(folded: &str) -> Option<Kind> {
    let published = words("published").last(folded);
    let updated = words("updated").last(folded);
    match (published, updated) {
        (None, None) => None,
        (published, updated) if updated >= published => Some(Kind::Updated),
        _ => Some(Kind::Published),
    }
}

/// Folded words right before a node: in its line, else the line before when that is short.
fn before(page: &PageView<'_>, node: usize) -> String {
    let reading = page.reading();
    let at = reading.lines().partition_point(|line| reading.first_node(line) <= node);
    let Some(line) = at.checked_sub(1).map(|at| &reading.lines()[at]) else { return String::new() };
    let text = reading.text(line);
    // Where the node's own text begins.
    let from = reading.offset_of(line, node).unwrap_or(0).min(text.len());
    let own = tail(&text[..from]);
    if !own.is_empty() || at < 2 {
        return own;
    }
    let above = reading.folded(&reading.lines()[at - 2]);
    if above.chars().count() <= 30 { above.to_owned() } else { String::new() }
}

fn tail(text: &str) -> String {
    let folded = fold_label(text);
    let from = folded.char_indices().rev().nth(36).map_or(0, |(at, _)| at);
    folded[from..].to_owned()
}

fn lines(page: &PageView<'_>, all: &mut Vec<Found>) {
    let Some(pattern) = &*DATE else { return };
    let reading = page.reading();
    let mut seen = 0;
    for (at, line) in reading.lines().iter().enumerate() {
        let text = reading.text(line);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if digits < 3 || text.len() > 600 {
            continue;
        }
        let mut last = 0;
        for found in pattern.find_iter(text).take(4) {
            let (from, to) = (found.start(), found.end());
            let mut context = tail(&text[last..from]);
            if context.is_empty() && last == 0 && at > 0 {
                let above = reading.folded(&reading.lines()[at - 1]);
                if above.chars().count() <= 30 {
                    context = above.to_owned();
                }
            }
            last = to;
            let kind = kind_of_words(&context);
            // In a sentence of the text a date is that of something else.
            let alone = text.len() - (to - from) <= 60 || segment(text, from, to).len() - (to - from) <= 40;
            let base = match (kind, alone) {
                (Some(Kind::Published), true) => 0.76,
                (Some(_), true) => 0.6,
                (None, true) => 0.62,
                (Some(_), false) => 0.4,
                (None, false) => 0.12,
            };
            let node = reading.element(line, from, to);
            all.push(Found {
                raw: found.as_str().trim().to_owned(),
                kind: kind.unwrap_or(Kind::Unknown),
                score: base * place(page, node),
                node: Some(node),
            });
            seen += 1;
        }
        if seen > MOST {
            break;
        }
    }
}

/// What stands between the separators around a part of a line: "By Ann Lee | 4 May 2024 | 3 minutes".
fn segment(text: &str, from: usize, to: usize) -> &str {
    const SEPARATORS: [char; 5] = ['|', '·', '•', '–', '—'];
    let begin = text[..from].rfind(SEPARATORS).map_or(0, |at| at + 1);
    let end = text[to..].find(SEPARATORS).map_or(text.len(), |at| to + at);
    text.get(begin..end).unwrap_or(text)
}

/// The date in the page's address: `/2024/04/15/`.
fn address(page: &PageView<'_>, all: &mut Vec<Found>) {
    let canonical = super::meta::find(page.page, "link:canonical").map(|(address, _)| address);
    for address in [Some(page.page.url.clone()), canonical].into_iter().flatten() {
        let found = IN_ADDRESS.as_ref().and_then(|pattern| pattern.captures(&address));
        if let Some(found) = found {
            all.push(Found {
                raw: format!("{}-{}-{}", &found["y"], &found["m"], &found["d"]),
                kind: Kind::Published,
                score: 0.55,
                node: None,
            });
            return;
        }
    }
}

/// How far a place speaks for the page's own date: near its headline most.
fn place(page: &PageView<'_>, node: usize) -> f64 {
    let zone = page.reading().zone(node);
    if zone.is(Zone::OTHERS) || zone.is(Zone::NAVIGATION) {
        return 0.45;
    }
    if zone.is(Zone::FOOTER) || zone.is(Zone::OVERLAY) || zone.is(Zone::ASIDE) {
        return 0.6;
    }
    // Above the headline many pages have the day of today.
    if zone.is(Zone::HEADER) && page.distance(node).is_some_and(|lines| lines < 0) {
        return 0.7;
    }
    match page.distance(node) {
        Some(-8..=12) => 1.0,
        Some(13..=30) => 0.9,
        Some(_) => 0.7,
        None => 0.9,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    fn published(html: &str) -> String {
        found("published:date", html)
    }

    #[test]
    fn dates_of_articles() {
        assert_eq!(published("<h1>T</h1><p>Updated 6 May 2024. Published 4 May 2024"), "4 May 2024");
        assert_eq!(
            published(
                "<h1>T</h1><p>15.4.2024, 13:38 Uhr<p>Born on 1 March 1950 in Rome, he went on to write many books."
            ),
            "15.4.2024, 13:38"
        );
        assert_eq!(
            published("<h1>T</h1><time datetime='2024-04-15T10:00:00Z'>today</time><p>© 2024"),
            "2024-04-15T10:00:00Z"
        );
        assert_eq!(published("<h1>記事</h1><p>2024年4月15日 公開"), "2024年4月15日");
        assert_eq!(published("<link rel=canonical href=https://a.org/2024/04/15/x><h1>T</h1><p>Text"), "2024-04-15");
        assert_eq!(published("<h1>T</h1><p>In 2024 it was so."), "");
        assert_eq!(published("<h1>T</h1><p>4. 12. 2023 9:05</p>"), "4. 12. 2023 9:05");
        assert_eq!(published("<h1>T</h1><p>14 ноября 2023, 16:40</p>"), "14 ноября 2023, 16:40");
    }
}
