use super::headline::letters;
use super::phrases::fold_label;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, labels_of, words};
use url::Url;

/// Makers of products: links to their pages, short lines beside the headline, and with what the headline begins.
#[derive(Debug)]
pub(super) struct Brands;

/// Longest name in characters, and proposals for one field.
const LONGEST: usize = 40;
const MOST: usize = 3;
/// Lines before and behind the headline in which a maker is looked for.
const BEFORE: usize = 3;
const BEHIND: usize = 3;

impl Resolver for Brands {
    fn name(&self) -> &'static str {
        "brand"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len()).filter(|at| queries[*at].is("brand")).collect();
        if wanted.is_empty() {
            return;
        }
        let mut found: Vec<(f64, String, usize)> = linked(page);
        found.extend(beside_headline(page));
        found.retain(|(_, name, _)| is_name(name));
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        for field in wanted {
            for (score, raw, node) in found.iter().take(MOST) {
                let evidence = Evidence::Node(*node);
                out.push(Candidate { field, raw: raw.clone(), score: *score, resolver: self.name(), evidence });
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let folded = fold_label(text);
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let said = ["in_stock", "out_of_stock", "buy", "related", "navigation", "shipping", "comments"];
    letters >= 2
        && text.chars().count() <= LONGEST
        && folded.split(' ').count() <= 4
        && !text.contains(['%', ':', '!', '?', '/', '€', '$', '£'])
        && !said.iter().any(|purpose| words(purpose).within(&folded))
        && !labels_of("brand").is(&folded)
}

/// Texts and pictures of links to a maker's page: `/brands/acme`, `/marque/acme`.
fn linked(page: &PageView<'_>) -> Vec<(f64, String, usize)> {
    let title = letters(&page.page.title());
    let links = page.page.nodes().filter(|node| node.tag() == Some("a"));
    let found = links.filter_map(|link| {
        let target = Url::parse(&page.absolute(link.attr("href")?)).ok()?;
        let mut parts = target.path_segments()?;
        let about = parts.any(|part| is_brand_word(&fold_label(part)));
        let names_it = parts.next().is_some_and(|part| !part.is_empty());
        let zone = page.reading().zone(link.index());
        let near = matches!(page.distance(link.index())?, -8..=45);
        let foreign = [Zone::NAVIGATION, Zone::OTHERS, Zone::FOOTER].into_iter().any(|other| zone.is(other));
        if !(about && names_it && near) || foreign || page.is_in_card(link.index()) {
            return None;
        }
        let text = link.short_text(2 * LONGEST)?;
        let picture =
            || link.descendants().find_map(|below| below.attr("alt")).or(link.attr("title")).map(str::to_owned);
        let name = if text.is_empty() { picture()? } else { text };
        let told = title.contains(&letters(&name));
        Some((if told { 0.74 } else { 0.62 }, name, link.index()))
    });
    found.take(MOST * 4).collect()
}

/// "brand", "brands", "marken": a label of a maker, or several.
fn is_brand_word(part: &str) -> bool {
    let label = |word: &str| labels_of("brand").is(word);
    label(part)
        || part.strip_suffix('s').is_some_and(label)
        || part.strip_suffix('n').is_some_and(label)
        || part.strip_suffix("er").is_some_and(label)
}

/// A short line right before or behind the headline: one with which the page's titles begin, or that stands alone above it.
fn beside_headline(page: &PageView<'_>) -> Vec<(f64, String, usize)> {
    let Some(at) = page.headline() else { return Vec::new() };
    let reading = page.reading();
    let lines = reading.lines();
    let heading = letters(reading.text(&lines[at]));
    let title = letters(&page.page.title());
    let around = (at.saturating_sub(BEFORE)..at).chain(at + 1..(at + 1 + BEHIND).min(lines.len()));
    let mut found = Vec::new();
    for near in around {
        let line = &lines[near];
        let text = reading.text(line);
        let name = letters(text);
        if text.chars().count() > LONGEST
            || name.chars().count() < 2
            || line.zone.is(Zone::NAVIGATION)
            || line.heading == 1
        {
            continue;
        }
        let node = reading.element(line, 0, text.len());
        let begins = heading.starts_with(&name) || (title.starts_with(&name) && name != heading);
        // What ends a title is the name of the site.
        let told = title.contains(&name) && !title.ends_with(&name) && heading != name;
        let above = near + 1 == at && !text.chars().any(|c| c.is_ascii_digit());
        // A link leads to a category as well as to a maker.
        let around =
            page.page.node(node).into_iter().flat_map(|node| std::iter::once(node).chain(node.ancestors().take(2)));
        if around.into_iter().any(|node| matches!(node.tag(), Some("a" | "li" | "button" | "td"))) {
            continue;
        }
        let score = if begins && name != heading {
            0.66
        } else if told {
            0.5
        } else if above {
            0.34
        } else {
            continue;
        };
        found.push((score, text.to_owned(), node));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn makers_of_products() {
        let brand = |html: &str| found("brand", html);
        assert_eq!(brand("<title>Acme Lamp | Shop</title><p>Acme</p><h1>Acme Lamp</h1>"), "Acme");
        assert_eq!(brand("<title>Lamp | Shop</title><h1>Lamp</h1><a href=/marken/acme><img alt=Acme></a>"), "Acme");
        assert_eq!(brand("<nav><a href=/brands/other>Other</a></nav><h1>Lamp</h1><a href=/brands/>All brands</a>"), "");
        assert_eq!(brand("<h1>Lamp</h1><p>In stock</p>"), "");
    }
}
