use super::phrases::fold_label;
use super::reading::Line;
use super::zone::Zone;
use super::{FieldQuery, PageView, labels_of};
use std::collections::HashMap;
use url::Url;

/// A link of a page that may lead to what is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Where to, absolute and without fragment.
    pub url: String,
    /// How much it promises, 0..=1.
    pub score: f64,
    /// The words that promise it.
    pub why: String,
}

/// Links below this promise nothing.
const LEAST: f64 = 0.2;
/// Links of a page that are looked at, and those that are kept.
const MOST_LOOKED_AT: usize = 3_000;
const MOST: usize = 20;
/// Longest text of a link, in bytes.
const LONGEST: usize = 400;

/// The links of the same site whose text or address fits what is missing, best first.
pub(super) fn links(view: &PageView<'_>, missing: &[&FieldQuery], wanted: &[String]) -> Vec<Link> {
    let wanted: Vec<String> = wanted.iter().map(|word| fold_label(word)).filter(|word| !word.is_empty()).collect();
    let Ok(page) = Url::parse(&view.page.url) else { return Vec::new() };
    let mut found: HashMap<String, Link> = HashMap::new();
    for link in view.page.nodes().filter(|node| node.tag() == Some("a")).take(MOST_LOOKED_AT) {
        let Some(target) = link.attr("href").and_then(|href| own_page(view, &page, href)) else { continue };
        let label = link.attr("aria-label").or(link.attr("title")).unwrap_or_default();
        let text = fold_label(&format!("{} {label}", link.short_text(LONGEST).unwrap_or_default()));
        let path = fold_label(target.path());
        let Some((promise, why)) = promise(&text, &path, missing, &wanted) else { continue };
        let place = if view.reading().zone(link.index()).is(Zone::OTHERS) { 0.6 } else { 1.0 };
        // Deep pages are about something; pages about the site lie near its root.
        let depth = target.path_segments().map_or(0, |parts| parts.filter(|part| !part.is_empty()).count());
        let near = 1.0 - 0.06 * depth.min(6) as f64;
        let score = promise * place * near;
        let url = target.to_string();
        let known = found.entry(url.clone()).or_insert_with(|| Link { url, score, why: why.clone() });
        if score > known.score {
            (known.score, known.why) = (score, why);
        }
    }
    let mut links: Vec<Link> = found.into_values().filter(|link| link.score >= LEAST).collect();
    links.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.url.cmp(&b.url)));
    links.truncate(MOST);
    links
}

/// The page of the same site that a link leads to; `None` for other sites, files, and the page itself.
fn own_page(view: &PageView<'_>, page: &Url, href: &str) -> Option<Url> {
    const FILES: [&str; 16] = [
        ".pdf", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".zip", ".mp4", ".mp3", ".doc", ".docx", ".xls",
        ".xlsx", ".css", ".js",
    ];
    let mut target = Url::parse(&view.absolute(href)).ok()?;
    target.set_fragment(None);
    let path = target.path().to_ascii_lowercase();
    let same_site = same_site(page, &target) && matches!(target.scheme(), "http" | "https");
    let file = FILES.iter().any(|ending| path.ends_with(ending));
    let itself = target.path() == page.path() && target.query() == page.query();
    (same_site && !file && !itself).then_some(target)
}

fn same_site(page: &Url, target: &Url) -> bool {
    let bare = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    bare(page) == bare(target) && page.port_or_known_default() == target.port_or_known_default()
}

/// How well a link's words fit, and which of them did: the campaign's own words first, then those of the kinds of field that
/// are missing, then their labels.
fn promise(text: &str, path: &str, missing: &[&FieldQuery], wanted: &[String]) -> Option<(f64, String)> {
    let mut best: Option<(f64, String)> = None;
    let mut offer = |word: &str, most: f64| {
        let score = fit(text, path, word) * most;
        if score > 0.0 && best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, word.to_owned()));
        }
    };
    for (rank, word) in wanted.iter().enumerate() {
        offer(word, 1.0 - 0.02 * rank.min(10) as f64);
    }
    for query in missing {
        for (rank, word) in query.links.iter().enumerate() {
            offer(word, 0.9 - 0.01 * rank.min(30) as f64);
        }
        for (rank, word) in query.labels.iter().take(6).enumerate() {
            offer(word, 0.7 - 0.03 * rank as f64);
        }
    }
    best
}

/// A text that is the word fits best, then one that begins with it, then a path that holds it.
fn fit(text: &str, path: &str, word: &str) -> f64 {
    let within =
        |text: &str| format!(" {text} ").contains(&format!(" {word} ")) || (!word.is_ascii() && text.contains(word));
    if text.trim() == word {
        1.0
    } else if text.len() <= 60 && within(text) {
        0.9
    } else if within(path) {
        0.8
    } else {
        0.0
    }
}

/// True for a page that shows nothing until its scripts have run.
pub(super) fn needs_script(view: &PageView<'_>) -> bool {
    let reading = view.reading();
    let text: usize = reading.lines().iter().map(Line::len).sum();
    let scripts = view.page.elements("script").take(1).count() > 0;
    // A page with much to read shows it, whatever it says of scripts.
    let says = || reading.lines().iter().any(|line| super::words("needs_script").within(reading.folded(line)));
    (scripts && text < 80) || (text < 1_500 && says() && !labels_of("phone").within(reading.all_folded()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::testing::instructions;
    use super::super::{Extractor, PageView};
    use crate::page::PageSnapshot;

    fn links(html: &str, wanted: &[&str]) -> Vec<String> {
        let page = PageSnapshot::from_html("https://acme.org/start", html);
        let extractor = Extractor::new(&instructions(&["phone:phone", "price:money"])).unwrap();
        let wanted: Vec<String> = wanted.iter().map(|word| (*word).to_owned()).collect();
        extractor.links(&page, &["phone".to_owned()], &wanted).into_iter().map(|link| link.url).collect()
    }

    #[test]
    fn links_that_promise_what_is_missing() {
        let html = "<a href=/news/contact-with-aliens>News</a><a href=/kontakt>Impressum</a><a href=/contact#form>Contact us</a>\
            <a href=https://other.org/contact>Contact</a><a href=/contact.pdf>Contact</a><a href=/start#contact>Contact</a><a href=/jobs>Jobs</a>";
        assert_eq!(links(html, &[])[0], "https://acme.org/contact");
        assert!(
            !links(html, &[])
                .iter()
                .any(|url| url.contains("other.org") || url.contains("pdf") || url.contains("jobs"))
        );
        assert_eq!(links(html, &["jobs"])[0], "https://acme.org/jobs");
    }

    #[test]
    fn pages_that_want_scripts() {
        let needs = |html: &str| super::needs_script(&PageView::new(&PageSnapshot::from_html("http://x/", html)));
        assert!(needs("<div id=root></div><script src=app.js></script>"));
        assert!(needs("<p>You need to enable JavaScript to run this app.</p><script src=app.js></script>"));
        assert!(!needs("<p>Short, and all there is."));
    }
}
