use super::phrases::fold_label;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, headline, labels_of};
use crate::page::Node;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Whose page it is: the name beside ©, in the title, on the logo, above the postal address, and the words that make the
/// name of the site's host.
#[derive(Debug)]
pub(super) struct Organizations;

/// Longest name, in characters.
const LONGEST: usize = 70;

static COPYRIGHT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:©|\(c\)|&copy;|\bcopyright\b|℗)[\s:©]*(?:\(c\)\s*)?(?:(?:19|20)\d\d(?:\s*[-–—/,&]\s*(?:(?:19|20)?\d\d))*)?[\s,.:–\-|]*(?:by\s+)?(?P<name>[^|•·©\n]{2,90})").ok()
});
static REST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:[\s,.–\-|]*\b(?:all rights|alle rechte|tous droits|todos los derechos|tutti i diritti|todos os direitos|wszelkie prawa|alla rättigheter|copyright|reserved|site by|design|powered|website|registered|terms|privacy|is a|are )|\s+(?:19|20)\d\d|\.\s+\p{Lu}).*$").ok()
});
static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?P<name>\p{Lu}[\p{L}\d&.'’+\-]*(?:[ ](?:&|and|und|et|of|the|de|\p{Lu}[\p{L}\d&.'’+\-]*)){0,6},?[ ](?:Inc\.?|LLC|L\.L\.C\.|Ltd\.?|Limited|Corp\.?|Corporation|Company|Co\.|LLP|P\.C\.|PLC|plc|GmbH(?: & Co\. KG)?|AG|KG|e\.K\.|S\.A\.?|SAS|SARL|S\.r\.l\.|S\.p\.A\.|S\.L\.|B\.V\.|N\.V\.|AB|AS|A/S|ApS|Oy|Sp\. z o\.o\.|Lda\.?|Pty\.? Ltd\.?))(?:$|[\s,.;)|])").ok()
});

struct Name {
    text: String,
    /// Chance that all its witnesses are wrong.
    doubt: f64,
    node: Option<usize>,
}

impl Resolver for Organizations {
    fn name(&self) -> &'static str {
        "organization"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> =
            (0..queries.len()).filter(|at| queries[*at].is("organization") || queries[*at].is("publisher")).collect();
        if wanted.is_empty() {
            return;
        }
        let mut names = Names { all: BTreeMap::new() };
        names.copyright(page);
        names.titles(page);
        names.logos(page);
        names.host(page);
        names.above_addresses(page);
        names.legal_forms(page);
        let mut all: Vec<Name> = names.all.into_values().collect();
        all.sort_by(|a, b| a.doubt.total_cmp(&b.doubt));
        for name in all.into_iter().take(5) {
            let evidence = name.node.map_or_else(|| Evidence::Path("title".into()), Evidence::Node);
            let score = (1.0 - name.doubt).min(0.95);
            for field in &wanted {
                out.push(Candidate {
                    field: *field,
                    raw: name.text.clone(),
                    score,
                    resolver: self.name(),
                    evidence: evidence.clone(),
                });
            }
        }
    }
}

struct Names {
    /// By letters, without legal form.
    all: BTreeMap<String, Name>,
}

impl Names {
    fn add(&mut self, text: &str, weight: f64, node: Option<usize>) {
        let text = text.trim().trim_matches(['"', '“', '”', '|', '-', '–', ':', ',', '!', ' ', '*', '®', '™']).trim();
        let count = text.chars().count();
        let letters = headline::letters(text);
        if !(2..=LONGEST).contains(&count) || letters.len() < 2 || text.contains('@') || is_no_name(text) {
            return;
        }
        let key = key(text);
        let name = self.all.entry(key).or_insert_with(|| Name { text: text.to_owned(), doubt: 1.0, node });
        name.doubt *= 1.0 - weight;
        name.node = name.node.or(node);
    }

    fn copyright(&mut self, page: &PageView<'_>) {
        let (Some(pattern), Some(rest)) = (&*COPYRIGHT, &*REST) else { return };
        let reading = page.reading();
        let lines = reading.lines().iter().rev().filter(|line| reading.text(line).len() < 400);
        for line in lines.filter(|line| !line.zone.is(Zone::OTHERS)).take(4_000) {
            let text = reading.text(line);
            if is_made_by(text) {
                continue;
            }
            let Some(found) = pattern.captures(text).and_then(|found| found.name("name")) else { continue };
            let name = rest.replace(found.as_str(), "");
            let name = name.split([';', '(']).next().unwrap_or_default();
            if name.split(' ').count() <= 8 {
                self.add(name, 0.62, Some(reading.element(line, found.start(), found.end())));
            }
        }
    }

    /// The part of the title that names the site: the one like its host, else the last.
    fn titles(&mut self, page: &PageView<'_>) {
        let title = page.page.title();
        let parts: Vec<&str> = headline::parts(&title).collect();
        if title.len() > 600 {
            return;
        }
        for (at, part) in parts.iter().enumerate() {
            let last = at + 1 == parts.len();
            let weight = match parts.len() {
                1 if part.split(' ').count() <= 5 => 0.35,
                1 => 0.1,
                _ if last || at == 0 => 0.3,
                _ => 0.12,
            };
            self.add(part, weight, None);
        }
    }

    fn logos(&mut self, page: &PageView<'_>) {
        let is_logo = |node: &Node<'_>| {
            let names = [node.attr("class"), node.attr("id"), node.attr("src"), node.attr("alt")];
            names.into_iter().flatten().any(|name| name.len() < 2000 && name.to_ascii_lowercase().contains("logo"))
        };
        let mut found = 0;
        for image in page.page.nodes().filter(|node| node.tag() == Some("img")) {
            let above = image.ancestors().take(3).any(|above| is_logo(&above) || is_home(&above));
            let zone = page.reading().zone(image.index());
            let far = image.index() * 2 > page.page.len();
            if !(is_logo(&image) || above) || zone.is(Zone::OTHERS) || zone.is(Zone::FOOTER) || far {
                continue;
            }
            found += 1;
            let alt = image.attr("alt").unwrap_or_default();
            let words: Vec<&str> = alt.split(' ').filter(|word| !word.eq_ignore_ascii_case("logo")).collect();
            let early = if found == 1 { 0.4 } else { 0.1 };
            self.add(&words.join(" "), early, Some(image.index()));
            if found == 4 {
                break;
            }
        }
        for link in page.page.nodes().filter(|node| node.tag() == Some("a") && is_home(node)).take(3) {
            let text = link.short_text(LONGEST).unwrap_or_default();
            if !super::lexicon::words("navigation").is(&fold_label(&text)) {
                self.add(&text, 0.25, Some(link.index()));
            }
        }
    }

    /// Words of the page that make up the name of its host: "Blue Dog Ink" of bluedogink.com.
    fn host(&mut self, page: &PageView<'_>) {
        let Some(host) = page.locale().host.clone() else { return };
        let longest = host.split('.').rev().skip(1).max_by_key(|part| part.len()).unwrap_or_default();
        let wanted: String = longest.chars().filter(|c| c.is_alphanumeric()).collect();
        if wanted.len() < 3 {
            return;
        }
        let reading = page.reading();
        let title = page.page.title();
        let lines = reading.lines().iter().map(|line| (reading.text(line), Some(line.block as usize)));
        let mut counts: BTreeMap<&str, (usize, Option<usize>)> = BTreeMap::new();
        for (text, node) in std::iter::once((title.as_str(), None)).chain(lines).filter(|(text, _)| text.len() < 1500) {
            for name in spelled(text, &wanted).take(3) {
                let known = counts.entry(name).or_insert((0, node));
                known.0 += 1;
            }
        }
        // As it is written most often, capitals first.
        let best = counts.iter().max_by_key(|(name, (count, _))| (name.starts_with(char::is_uppercase), *count));
        if let Some((name, (_, node))) = best {
            self.add(name, 0.6, *node);
        }
    }

    fn above_addresses(&mut self, page: &PageView<'_>) {
        let reading = page.reading();
        for postal in page.postal().iter().filter(|postal| postal.street.is_some()).take(5) {
            let Some(first) = postal.first_line.checked_sub(1) else { continue };
            let line = &reading.lines()[first];
            let text = reading.text(line);
            let place = page.page.node(reading.first_node(line));
            let near = place.is_some_and(|node| {
                node.ancestors().take(5).any(|above| above.index() < postal.node && postal.node < above.end())
            });
            if near && text.split(' ').count() <= 7 && !text.ends_with([':', '.', '?']) {
                self.add(text, 0.35, Some(line.block as usize));
            }
        }
    }

    fn legal_forms(&mut self, page: &PageView<'_>) {
        let Some(pattern) = &*FORM else { return };
        let reading = page.reading();
        let mut found = 0;
        for line in reading.lines() {
            let text = reading.text(line);
            if text.len() > 3000 || is_made_by(text) {
                continue;
            }
            for name in pattern.captures_iter(text).filter_map(|found| found.name("name")) {
                self.add(name.as_str(), 0.22, Some(reading.element(line, name.start(), name.end())));
                found += 1;
            }
            if found > 12 {
                break;
            }
        }
    }
}

/// A link to the first page of the site.
fn is_home(node: &Node<'_>) -> bool {
    node.tag() == Some("a")
        && node.attr("href").is_some_and(|href| {
            let href = href.trim();
            let path = href.split_once("://").map_or(href, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
            matches!(path, "/" | "./" | "index.html" | "/index.html" | "index.htm" | "/index.php")
                || node.attr("rel") == Some("home")
        })
}

/// Runs of words whose letters are `wanted`.
fn spelled<'t>(text: &'t str, wanted: &'t str) -> impl Iterator<Item = &'t str> {
    let starts = text.char_indices().filter(|(at, c)| {
        c.is_alphanumeric() && text[..*at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
    });
    starts.filter_map(move |(from, _)| {
        let mut rest = wanted.chars();
        for (at, c) in text[from..].char_indices() {
            if !c.is_alphanumeric() {
                if !matches!(c, ' ' | '-' | '.' | '\'' | '’' | '&') {
                    break;
                }
                continue;
            }
            if rest.next() != c.to_lowercase().next() {
                return None;
            }
            let end = from + at + c.len_utf8();
            if rest.as_str().is_empty() {
                let name = &text[from..end];
                let ends = text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric());
                // In an address it is no name that anybody gave it.
                let addressed = text[..from].ends_with(['@', '/', '.'])
                    || (!name.contains(' ') && !name.chars().any(char::is_uppercase));
                let domain =
                    text[end..].split_whitespace().next().filter(|rest| is_domain_end(rest)).map_or(0, str::len);
                return (ends && !addressed).then_some(text[from..end + domain].trim_end_matches(['.', ',']));
            }
        }
        None
    })
}

/// ".com" and ".co.uk", with what ends a sentence.
fn is_domain_end(rest: &str) -> bool {
    let rest = rest.trim_end_matches([',', '.', '!', '?', ')', ':', ';']);
    rest.starts_with('.') && rest.len() <= 7 && rest.chars().all(|c| c == '.' || c.is_ascii_lowercase())
}

/// A name without its legal form and article.
fn key(text: &str) -> String {
    const FORMS: [&str; 24] = [
        "inc",
        "llc",
        "ltd",
        "limited",
        "corp",
        "corporation",
        "company",
        "co",
        "llp",
        "plc",
        "gmbh",
        "ag",
        "kg",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "ab",
        "as",
        "oy",
        "the",
    ];
    let folded = fold_label(text);
    let words: Vec<&str> = folded.split(' ').filter(|word| !FORMS.contains(word)).collect();
    if words.is_empty() { folded.replace(' ', "") } else { words.concat() }
}

/// A line about who made the site, not whose it is.
fn is_made_by(text: &str) -> bool {
    const MAKERS: [&str; 9] = [
        "powered by",
        "website by",
        "site by",
        "designed by",
        "design by",
        "developed by",
        "hosted by",
        "web design",
        "realisation",
    ];
    let lower = text.to_lowercase();
    MAKERS.iter().any(|maker| lower.contains(maker))
}

/// What links and headings everywhere say, which names nobody.
pub(super) fn is_no_name(text: &str) -> bool {
    let folded = fold_label(text);
    let words = super::words("navigation");
    words.is(&folded)
        || labels_of("phone").is(&folded)
        || labels_of("address").is(&folded)
        || labels_of("email").is(&folded)
        || !text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    fn name(html: &str) -> String {
        found("organization", html)
    }

    #[test]
    fn names_of_those_whose_page_it_is() {
        assert_eq!(
            name(
                "<title>Contact us | Acme Tools</title><h1>Contact us</h1><p>© 2010-2012 Acme Tools. All rights reserved."
            ),
            "Acme Tools"
        );
        assert_eq!(
            name(
                "<link rel=canonical href=https://www.bluedogink.com/x><title>Cheap ink: cartridges, toner and more</title><h1>Offers</h1><p>At Blue Dog Ink we care."
            ),
            "Blue Dog Ink"
        );
        assert_eq!(
            name(
                "<html lang=de><title>Impressum</title><h1>Impressum</h1><p>Muster Werke GmbH<br>Hauptstraße 5<br>10115 Berlin"
            ),
            "Muster Werke GmbH"
        );
    }
}
