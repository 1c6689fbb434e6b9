use super::phrases::fold_label;
use super::reading::Line;
use super::zone::{Zone, is_trail};
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, meta, words};
use crate::page::{Node, PageSnapshot};
use url::Url;

/// The page's own headline: `<h1>`, and `<title>` without the name of the site.
#[derive(Debug)]
pub(super) struct Headline;

impl Resolver for Headline {
    fn name(&self) -> &'static str {
        "headline"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        for (field, _) in queries.iter().enumerate().filter(|(_, query)| query.is_headline() && !query.is_list()) {
            let mut add = |raw: String, score: f64, evidence: Evidence| {
                if !raw.is_empty() {
                    out.push(Candidate { field, raw, score, resolver: "headline", evidence });
                }
            };
            let headings: Vec<_> = page
                .page
                .elements("h1")
                .take(MOST_HEADINGS)
                .filter(|h1| h1.is_rendered())
                .filter_map(|h1| Some((h1, h1.short_text(LONGEST_TITLE).filter(|text| !text.is_empty())?)))
                .collect();
            let surroundings = Surroundings::of(page);
            let (sites, own): (Vec<_>, Vec<_>) = headings.iter().partition(|(_, text)| surroundings.is_site(text));
            // One h1 is the headline; several are a design.
            let score: f64 = if headings.len() == 1 && sites.is_empty() { 0.75 } else { 0.55 };
            let title = letters(&page.page.title());
            let like_title = own.iter().filter(|(_, text)| title.contains(&letters(text)));
            let like_title = like_title.min_by_key(|(h1, _)| is_step(*h1));
            if let Some((h1, text)) = like_title {
                // As sure as the page's title, unless a heading of the content says it again.
                let score = if is_step(*h1) && !is_said_below(page, text) { score.min(0.5) } else { score };
                add(text.clone(), score, Evidence::Node(h1.index()));
            } else if let Some(line) = page.headline().and_then(|at| page.reading().lines().get(at)) {
                let text = page.reading().text(line);
                let node = page.reading().element(line, 0, text.len());
                let score = match line.heading {
                    1 => score.min(0.7),
                    0 => 0.52,
                    _ => 0.6,
                };
                add(text.to_owned(), score, Evidence::Node(node));
            }
            add(page.page.title(), 0.5, Evidence::Path("title".into()));
        }
    }
}

/// Elements above a heading that are looked at.
const LEVELS: usize = 8;

/// In the navigation, or the trail of steps to the page, the heading is the page's name there; what readers see as its
/// headline may be another.
fn is_step(heading: Node<'_>) -> bool {
    heading.ancestors().take(LEVELS).any(|above| above.tag() == Some("nav") || is_trail(above))
}

fn is_said_below(page: &PageView<'_>, heading: &str) -> bool {
    let (reading, heading) = (page.reading(), letters(heading));
    let is_content = |line: &&Line| line.heading > 1 && !line.zone.is(Zone::NAVIGATION) && is_short(line);
    let headings = reading.lines().iter().filter(is_content);
    headings.take(MOST_HEADINGS).any(|line| letters(reading.text(line)) == heading)
}

/// Headings that are looked at: `<h1>` within `<h1>` would be read again and again.
const MOST_HEADINGS: usize = 16;
/// Nothing longer is a title, and separators are looked for again and again in it.
const LONGEST_TITLE: usize = 2_000;

/// Takes the name of the site out of what other parts of the page gave as its headline; an explicit rule is obeyed.
pub(super) fn drop_site_names(page: &PageView<'_>, queries: &[FieldQuery], candidates: &mut [Candidate]) {
    let is_title =
        |c: &&mut Candidate| queries[c.field].is_headline() && c.resolver != "rule" && c.raw.len() <= LONGEST_TITLE;
    let mut titles = candidates.iter_mut().filter(is_title).peekable();
    if titles.peek().is_none() {
        return;
    }
    let surroundings = Surroundings::of(page);
    for title in titles {
        let own = surroundings.without_site(&title.raw);
        if own.len() < title.raw.len() {
            title.raw = own.to_owned();
        }
    }
}

const SEPARATORS: [&str; 9] = [" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: ", " ~ "];

/// What a title may hold beside the headline: the names of the site; and what the page itself heads its content with.
struct Surroundings {
    site_names: Vec<String>,
    headings: Vec<String>,
}

impl Surroundings {
    fn of(view: &PageView<'_>) -> Self {
        let page = view.page;
        let named = ["og:site_name", "application-name"].into_iter().filter_map(|name| meta::find(page, name));
        let mut site_names: Vec<String> = named.map(|(name, _)| letters(&name)).collect();
        let addresses = ["link:canonical", "og:url"].into_iter().filter_map(|name| meta::find(page, name));
        let addresses = addresses.map(|(address, _)| address).chain([page.url.clone()]);
        site_names.extend(addresses.filter_map(|address| host_name(&address)));
        site_names.retain(|name| !name.is_empty() && name.len() <= LONGEST_TITLE);
        Self { site_names, headings: headings(page) }
    }

    fn is_site(&self, text: &str) -> bool {
        let text = letters(text);
        // "177milkstreet" and "Milk Street", "The Daily News" and "dailynews".
        let alike = |name: &String| {
            name.len() >= 6
                && text.len() >= 6
                && (text.contains(name) || name.contains(&text))
                && text.len() < 3 * name.len()
        };
        text.is_empty() || self.site_names.contains(&text) || self.site_names.iter().any(alike)
    }

    /// A title without what stands before or after a separator and names the site, or follows the page's heading.
    fn without_site<'t>(&self, title: &'t str) -> &'t str {
        let mut rest = title.trim();
        // A heading of the page itself: only what is known to be the site's name does not belong to it.
        let is_heading = self.headings.contains(&letters(rest));
        while let Some((at, length)) = last_separator(rest) {
            let (before, after) = (rest[..at].trim(), rest[at + length..].trim());
            // "Dumplings – Recipe".
            if words("things").is(&fold_label(after)) && !fold_label(before).is_empty() {
                rest = before;
                continue;
            }
            // A site's name is short beside a headline.
            let unknown_site =
                !is_heading && self.site_names.is_empty() && after.chars().count() * 2 <= before.chars().count();
            if self.is_site(after) || unknown_site || self.headings.contains(&letters(before)) {
                rest = before;
            } else {
                break;
            }
        }
        let first = SEPARATORS.iter().filter_map(|separator| Some((rest.find(separator)?, separator.len()))).min();
        match first {
            Some((at, length)) if self.is_site(&rest[..at]) => rest[at + length..].trim(),
            _ if rest.is_empty() => title,
            _ => rest,
        }
    }
}

/// The parts of a title between its separators.
pub(super) fn parts(title: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(title);
    std::iter::from_fn(move || {
        let text = rest?;
        let first = SEPARATORS
            .iter()
            .chain(&[": "])
            .filter_map(|separator| Some((text.find(separator)?, separator.len())))
            .min();
        let (part, after) = first.map_or((text, None), |(at, length)| (&text[..at], Some(&text[at + length..])));
        rest = after;
        Some(part.trim())
    })
    .filter(|part| !part.is_empty())
}

fn headings(page: &PageSnapshot) -> Vec<String> {
    page.elements("h1")
        .take(MOST_HEADINGS)
        .filter_map(|h1| Some(letters(&h1.short_text(LONGEST_TITLE)?)))
        .filter(|text| !text.is_empty())
        .collect()
}

/// A heading of the page's own content, long enough to be its headline.
fn is_heading(line: &Line) -> bool {
    let foreign = [Zone::OTHERS, Zone::OVERLAY, Zone::ASIDE, Zone::FOOTER].into_iter().any(|zone| line.zone.is(zone));
    (1..=3).contains(&line.heading) && line.len() > 15 && !foreign
}

/// No longer line is a headline.
fn is_short(line: &Line) -> bool {
    line.len() <= LONGEST_TITLE
}

/// The number of the line that is the page's headline: the `<h1>` most like its title, else the line most like it. What
/// names the site is none, though some sites have their name in an `<h1>`.
pub(super) fn line_of(view: &PageView<'_>) -> Option<usize> {
    let reading = view.reading();
    let title = letters(&view.page.title());
    let surroundings = Surroundings::of(view);
    let main: Vec<(usize, &Line)> =
        reading.lines().iter().enumerate().filter(|(_, line)| !line.zone.is(Zone::NAVIGATION)).collect();
    let is_site = |line: &Line| is_short(line) && surroundings.is_site(reading.text(line));
    let like_title = |line: &Line| {
        let text = if is_short(line) { letters(reading.text(line)) } else { String::new() };
        (text.len() > 3 && title.contains(&text)).then_some(text.len())
    };
    let heads = || main.iter().filter(|(_, line)| line.heading == 1);
    let head = heads().find(|(_, line)| like_title(line).is_some() && !is_site(line));
    // Of lines that are as much of the title the first, and a heading before plain text.
    let longest = || {
        let fits =
            main.iter().filter_map(|(at, line)| Some((at, line, like_title(line).filter(|length| *length > 10)?)));
        let fits = fits.filter(|(_, line, _)| !is_site(line));
        fits.max_by_key(|(at, line, length)| (*length, line.heading > 0, std::cmp::Reverse(**at))).map(|(at, ..)| *at)
    };
    // A slogan in the <h1> of every page, and what the page is about in a heading or a line below.
    let titled =
        || longest().filter(|at| like_title(&reading.lines()[*at]).is_some_and(|length| length * 5 >= title.len() * 2));
    head.map(|(at, _)| *at)
        .or_else(titled)
        .or_else(|| heads().find(|(_, line)| !is_site(line)).map(|(at, _)| *at))
        .or_else(longest)
        .or_else(|| main.iter().find(|(_, line)| is_heading(line) && !is_site(line)).map(|(at, _)| *at))
        .or_else(|| heads().next().map(|(at, _)| *at))
}

fn last_separator(text: &str) -> Option<(usize, usize)> {
    SEPARATORS.iter().filter_map(|separator| Some((text.rfind(separator)?, separator.len()))).max()
}

/// The name in a host: `www.tasting-history.co.uk` is `tastinghistory`.
fn host_name(address: &str) -> Option<String> {
    let address = Url::parse(address).ok()?;
    let host = address.domain()?;
    let longest = host.split('.').rev().skip(1).max_by_key(|part| part.len())?;
    Some(letters(longest))
}

/// Lower-case letters and digits alone.
pub(super) fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{found, sureness};
    use super::*;

    fn surroundings(html: &str) -> Surroundings {
        let page = PageSnapshot::from_html("http://127.0.0.1/", html);
        Surroundings::of(&PageView::new(&page))
    }

    #[test]
    fn the_name_of_the_site_is_dropped() {
        let unknown = surroundings("");
        assert_eq!(unknown.without_site("Beef stew with dumplings | Cooking"), "Beef stew with dumplings");
        assert_eq!(unknown.without_site("Beef stew"), "Beef stew");
        assert_eq!(unknown.without_site("Half - half"), "Half - half");
        let acme = surroundings("<meta property='og:site_name' content='Acme'>");
        assert_eq!(acme.without_site("Acme - Beef stew"), "Beef stew");
        assert_eq!(acme.without_site("Beef stew | Acme"), "Beef stew");
        assert_eq!(acme.without_site("Beef stew – the best | Acme"), "Beef stew – the best");
        let hosted = surroundings("<link rel=canonical href='https://www.tasting-history.com/plums'>");
        assert_eq!(hosted.without_site("Sugar Plums — Tasting History"), "Sugar Plums");
    }

    #[test]
    fn a_heading_in_the_trail_to_the_page_is_less_sure() {
        let page = |trail: &str, below: &str| {
            format!(
                "<title>Rain in the north | Acme</title>{trail}<main><h2>{below}</h2><p>It rains, and it will.</main>"
            )
        };
        let plain = page("<h1>Rain in the north</h1>", "Heavy rain makes rivers rise");
        for trail in [
            "<nav><a href=/>News</a><h1>Rain in the north</h1></nav>",
            "<div class=breadcrumb><a href=/>News</a><h1>Rain in the north</h1></div>",
        ] {
            let (other, same) = (page(trail, "Heavy rain makes rivers rise"), page(trail, "Rain in the north"));
            assert_eq!(found("headline", &other), "Rain in the north");
            assert!(sureness("headline", &other) < sureness("headline", &plain), "{trail}");
            assert!(sureness("headline", &same) >= sureness("headline", &plain), "{trail}");
            let twice = page(&format!("{trail}<h1>Rain in the north</h1>"), "Heavy rain makes rivers rise");
            assert!(sureness("headline", &twice) > sureness("headline", &other), "{trail}");
        }
    }

    #[test]
    fn what_follows_the_heading_is_dropped() {
        let headed = surroundings("<meta property='og:site_name' content='Acme'><h1>Beef <b>stew</b></h1>");
        assert_eq!(headed.without_site("Beef stew | Recipes | Acme"), "Beef stew");
        assert_eq!(headed.without_site("Pork stew | Winter | Acme"), "Pork stew | Winter");
        assert_eq!(headed.without_site("Pork stew | Recipes | Acme"), "Pork stew");
    }
}
