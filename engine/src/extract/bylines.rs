use super::class_words::ClassWords;
use super::names::{LONGEST_NAME, MOST, after_words, names};
use super::phrases::fold_label;
use super::reading::Line;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, dates, headline, meta, words};
use crate::page::Node;

/// Who wrote it: links to authors, elements called so, and lines that begin as bylines do.
#[derive(Debug)]
pub(super) struct Bylines;

/// Longest byline in bytes.
const LONGEST: usize = 400;

struct Found {
    names: Vec<String>,
    score: f64,
    node: usize,
    /// Which sign gave it: names by one sign in one place belong together.
    sign: Sign,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Rel,
    Class,
    Address,
    Line,
}

impl Resolver for Bylines {
    fn name(&self) -> &'static str {
        "byline"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        if !queries.iter().any(|query| query.is("author")) {
            return;
        }
        let mut all = Vec::new();
        elements(page, &mut all);
        lines(page, &mut all);
        beside_dates(page, &mut all);
        // A stable sort: of equals the first on the page.
        all.sort_by(|a, b| b.score.total_cmp(&a.score));
        for (field, query) in queries.iter().enumerate().filter(|(_, query)| query.is("author")) {
            for found in all.iter().take(6) {
                let raw = if query.is_list() {
                    serde_json::to_string(&found.names).unwrap_or_default()
                } else {
                    found.names.join(", ")
                };
                out.push(Candidate {
                    field,
                    raw,
                    score: found.score,
                    resolver: self.name(),
                    evidence: Evidence::Node(found.node),
                });
            }
        }
    }
}

/// Makes lists of names of what other resolvers found, and trusts the name of the site less than that of a person.
pub(super) fn refine(page: &PageView<'_>, queries: &[FieldQuery], candidates: &mut Vec<Candidate>) {
    let wanted = |candidate: &Candidate| {
        queries[candidate.field].is("author") && candidate.resolver != "rule" && candidate.resolver != "byline"
    };
    if !candidates.iter().any(wanted) {
        return;
    }
    let site = meta::find(page.page, "og:site_name").map(|(name, _)| headline::letters(&name));
    let host = page.locale().host.as_deref().map(headline::letters);
    // "Heavy rain in the north | The Daily News".
    let title = page.page.title();
    let entitled = headline::parts(&title).skip(1).last().map(headline::letters);
    candidates.retain_mut(|candidate| {
        if !wanted(candidate) || candidate.raw.len() > 4 * LONGEST {
            return true;
        }
        let given: Vec<String> = serde_json::from_str(&candidate.raw).unwrap_or_else(|_| vec![candidate.raw.clone()]);
        let names: Vec<String> = given.iter().flat_map(|given| names(given)).collect();
        if names.is_empty() {
            // A number or a sentence is nobody's name.
            candidate.score *= 0.4;
            return given.iter().any(|given| given.chars().any(char::is_alphabetic));
        }
        let is_site = |name: &String| {
            let name = headline::letters(name);
            Some(&name) == site.as_ref()
                || Some(&name) == entitled.as_ref()
                || host.as_ref().is_some_and(|host| name.len() > 2 && host.starts_with(&name))
                || Some(&name) == host.as_ref()
        };
        if names.iter().all(is_site) {
            candidate.score *= 0.65;
        }
        let more = |given: &String| given.contains(['@', '\n']) || given.contains(|c: char| c.is_ascii_digit());
        if queries[candidate.field].is_list() {
            candidate.raw = serde_json::to_string(&names).unwrap_or_default();
        } else if given.iter().any(more) {
            candidate.raw = names.join(", ");
        }
        true
    });
}

fn elements(page: &PageView<'_>, all: &mut Vec<Found>) {
    let mut skip_until = 0;
    for node in page.page.nodes() {
        let Some(tag) = node.tag() else { continue };
        if node.index() < skip_until || matches!(tag, "html" | "body" | "img" | "svg" | "script" | "style") {
            continue;
        }
        let Some((sign, trust)) = sign_of(node, tag) else { continue };
        // The whole of an article is not its byline.
        if node.end() - node.index() > 120 {
            continue;
        }
        let Some(text) = lines_of(page, node) else { continue };
        let in_caption = node.ancestors().take(6).any(|above| above.tag() == Some("figcaption"));
        let names = names(&text);
        if names.is_empty() || in_caption {
            continue;
        }
        skip_until = node.end();
        let score = trust * place(page, node.index());
        join(page, all, Found { names, score, node: node.index(), sign });
    }
}

/// The lines of an element, each by itself: who it was comes first, and what is said of them below.
fn lines_of(page: &PageView<'_>, node: Node<'_>) -> Option<String> {
    let reading = page.reading();
    let lines = reading.lines_below(node);
    if lines.len() < 2 {
        return node.short_text(LONGEST);
    }
    let pressed = |line: &&Line| {
        let node = page.page.node(reading.first_node(line));
        node.is_some_and(|node| node.ancestors().take(4).any(|above| above.tag() == Some("button")))
    };
    let lines = reading.lines()[lines].iter().filter(|line| !pressed(line));
    let texts: Vec<&str> = lines.map(|line| reading.text(line)).collect();
    Some(texts.join("\n")).filter(|text| text.len() <= LONGEST)
}

/// Several authors stand side by side, each in an element of its own.
fn join(page: &PageView<'_>, all: &mut Vec<Found>, found: Found) {
    let near = |known: &Found| {
        let node = page.page.node(known.node);
        known.sign == found.sign
            && node.is_some_and(|node| {
                node.ancestors().take(3).any(|above| above.index() < found.node && found.node < above.end())
            })
    };
    let before = all.last_mut().filter(|known| near(known));
    match before {
        Some(known) => {
            for name in found.names {
                if known.names.len() < MOST && !known.names.iter().any(|other| fold_label(other) == fold_label(&name)) {
                    known.names.push(name);
                }
            }
        }
        None => all.push(found),
    }
}

fn sign_of(node: Node<'_>, tag: &str) -> Option<(Sign, f64)> {
    if node.attr("rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|rel| rel == "author")) {
        return Some((Sign::Rel, 0.84));
    }
    let names =
        [node.attr("class"), node.attr("id"), node.attr("data-testid"), node.attr("data-qa"), node.attr("itemprop")];
    for name in names.into_iter().flatten().flat_map(str::split_ascii_whitespace).take(24) {
        let words: Vec<_> = ClassWords::new(name).collect();
        let last = words.last().map(AsRef::as_ref).unwrap_or_default();
        let before = words.len().checked_sub(2).map_or("", |at| words[at].as_ref());
        let trust = match (before, last) {
            (_, "author" | "authors" | "byline" | "autor" | "auteur" | "autore") => 0.7,
            (
                "author" | "byline" | "authors" | "writer" | "reporter",
                "name" | "names" | "link" | "info" | "text" | "title",
            ) => 0.72,
            (_, "bylines" | "contributors" | "contributor" | "writer" | "reporter" | "journalist") => 0.62,
            _ if words.iter().any(|word| matches!(word.as_ref(), "byline" | "author")) && words.len() <= 4 => 0.5,
            _ => continue,
        };
        return Some((Sign::Class, trust));
    }
    let path = node.attr("href").filter(|_| tag == "a")?;
    is_author_path(path).then_some((Sign::Address, 0.7))
}

/// Addresses of pages about those who write.
fn is_author_path(href: &str) -> bool {
    const FOLDERS: [&str; 26] = [
        "author",
        "authors",
        "autor",
        "autoren",
        "autorin",
        "autores",
        "auteur",
        "auteurs",
        "autore",
        "autori",
        "profile",
        "profiles",
        "profil",
        "contributor",
        "contributors",
        "writers",
        "writer",
        "journalist",
        "journalists",
        "reporter",
        "staff",
        "columnists",
        "redakteure",
        "redaktion",
        "firmas",
        "forfatter",
    ];
    let path = href.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.len() >= 2
        && parts[..parts.len() - 1].iter().any(|part| FOLDERS.contains(&part.to_ascii_lowercase().as_str()))
}

/// Lines such as "By Ann Lee, staff writer".
fn lines(page: &PageView<'_>, all: &mut Vec<Found>) {
    let reading = page.reading();
    for (at, line) in reading.lines().iter().enumerate() {
        let (text, folded) = (reading.text(line), reading.folded(line));
        if text.len() > 200 || line.zone.is(Zone::NAVIGATION) || line.heading > 0 {
            continue;
        }
        let Some(length) = words("byline").prefix(folded) else { continue };
        let count = folded[..length].split(' ').count();
        // "By" alone is followed by the names in the next line.
        let next = reading.lines().get(at + 1).filter(|_| folded.len() == length);
        let (text, node) = match next {
            Some(next) => (reading.text(next), next.block as usize),
            None => (after_words(text, count), line.block as usize),
        };
        let names = if text.len() <= 200 && text.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_ascii()) {
            names(text)
        } else {
            Vec::new()
        };
        if names.is_empty() || names[0].split(' ').count() > 4 {
            continue;
        }
        let plain = names.iter().all(|name| name.contains(' ') || !name.is_ascii());
        let trust = if plain { 0.66 } else { 0.42 };
        all.push(Found { names, score: trust * place(page, reading.first_node(line)), node, sign: Sign::Line });
    }
}

/// "9 Apr 2024 | Ann Lee" near the headline: names between the separators of a line that also has the date.
fn beside_dates(page: &PageView<'_>, all: &mut Vec<Found>) {
    const AROUND: usize = 6;
    let reading = page.reading();
    let Some(headline) = page.headline() else { return };
    let lines = reading.lines().iter().skip(headline + 1).take(AROUND);
    for line in lines.filter(|line| line.heading == 0 && line.len() <= 160) {
        let text = reading.text(line);
        let parts: Vec<&str> = text.split(['|', '·', '•', '–', '—']).map(str::trim).collect();
        if parts.len() < 2 || !parts.iter().any(|part| dates::is_dated(part)) {
            continue;
        }
        let dated = |part: &&&str| !dates::is_dated(part) && part.contains(' ');
        let Some(part) = parts.iter().find(dated).or(parts.iter().find(|part| dates::is_dated(part))) else { continue };
        let part = dates::without_dates(part);
        let names = names(part.trim());
        let whole = |name: &String| {
            name.contains(' ') && name.split(' ').all(|word| word.chars().next().is_some_and(char::is_uppercase))
        };
        if names.len() == 1 && names.iter().all(whole) && part.trim().len() <= LONGEST_NAME {
            let node = reading.first_node(line);
            all.push(Found { names, score: 0.5 * place(page, node), node: line.block as usize, sign: Sign::Line });
        }
    }
}

/// How far a place speaks for the page's own author: near its headline most.
fn place(page: &PageView<'_>, node: usize) -> f64 {
    let zone = page.reading().zone(node);
    if zone.is(Zone::OTHERS) || zone.is(Zone::NAVIGATION) {
        return 0.45;
    }
    if zone.is(Zone::ASIDE) || zone.is(Zone::FOOTER) || zone.is(Zone::OVERLAY) {
        return 0.62;
    }
    match page.distance(node) {
        Some(-6..=14) => 1.0,
        Some(15..=40) => 0.92,
        Some(_) => 0.8,
        None => 0.9,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{found, sureness};

    #[test]
    fn authors_of_articles() {
        let authors = |html: &str| found("authors:list", html);
        assert_eq!(authors("<h1>T</h1><p>By <a href=/x>Ann Lee</a></p><p>Text by nobody."), r#"["Ann Lee"]"#);
        assert_eq!(
            authors("<h1>T</h1><div><a rel=author>Ann Lee</a>, <a rel=author>Bob Stone</a></div>"),
            r#"["Ann Lee","Bob Stone"]"#
        );
        assert_eq!(authors("<h1>T</h1><span class=author-name>Ann Lee</span>"), r#"["Ann Lee"]"#);
        assert_eq!(authors("<h1>T</h1><p>9 Apr 2024 | Ann Lee</p>"), r#"["Ann Lee"]"#);
        assert_eq!(authors("<h1>T</h1><div class=author-box><h4>Ann Lee</h4><p>Born in Rome</div>"), r#"["Ann Lee"]"#);
        assert_eq!(
            found("author", "<meta name=author content='105092'><h1>T</h1><a href=/autor/ann-lee>Ann Lee</a>"),
            "Ann Lee"
        );
    }

    #[test]
    fn the_site_that_the_title_names_is_less_sure_to_be_an_author() {
        let html = "<title>Rain | The Daily News</title><meta name=author content='WHO'><h1>Rain</h1>";
        let [site, person] = ["The Daily News", "Ann Lee"].map(|name| sureness("author", &html.replace("WHO", name)));
        assert!(site < person, "{site} {person}");
    }
}
