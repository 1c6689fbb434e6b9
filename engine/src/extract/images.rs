use super::class_words::ClassWords;
use super::headline::letters;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};
use crate::page::Node;

/// The picture of what the page is about: by its size, its place, and what it says it shows.
#[derive(Debug)]
pub(super) struct Images;

/// Pictures of one page that are looked at, and proposals for one field.
const MOST_LOOKED_AT: usize = 400;
const MOST: usize = 3;
/// Shorter sides below this, in CSS pixels, are those of icons; from this on, of pictures that are meant to be seen.
const ICON: f32 = 64.0;
const LARGE: f32 = 400.0;

impl Resolver for Images {
    fn name(&self) -> &'static str {
        "image"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len()).filter(|at| queries[*at].is_like("image")).collect();
        if wanted.is_empty() {
            return;
        }
        let headline = page.headline().and_then(|at| page.reading().lines().get(at));
        let headline = headline.map(|line| letters(page.reading().text(line))).unwrap_or_default();
        let images = page.page.elements("img").take(MOST_LOOKED_AT);
        let mut found: Vec<(f64, String, usize)> = images
            .filter_map(|image| Some((prominence(page, image, &headline)?, address(page, image)?, image.index())))
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        found.dedup_by(|a, b| a.1 == b.1);
        for field in wanted {
            if queries[field].is_list() {
                let all: Vec<&str> =
                    found.iter().filter(|(score, ..)| *score > 0.4).map(|(_, url, _)| url.as_str()).collect();
                let (Some((score, _, node)), Ok(raw)) = (found.first(), serde_json::to_string(&all)) else { continue };
                let evidence = Evidence::Node(*node);
                out.push(Candidate { field, raw, score: *score * 0.8, resolver: self.name(), evidence });
                continue;
            }
            for (score, url, node) in found.iter().take(MOST) {
                let evidence = Evidence::Node(*node);
                out.push(Candidate { field, raw: url.clone(), score: *score, resolver: self.name(), evidence });
            }
        }
    }
}

/// How much a picture looks like the page's own, 0..=1; `None` for icons, logos and what stands in the navigation.
fn prominence(page: &PageView<'_>, image: Node<'_>, headline: &str) -> Option<f64> {
    let zone = page.reading().zone(image.index());
    if zone.is(Zone::NAVIGATION) || zone.is(Zone::FOOTER) || is_ornament(image) {
        return None;
    }
    let side = shorter_side(image);
    if side.is_some_and(|side| side < ICON) {
        return None;
    }
    let size = side.map_or(0.8, |side| 0.55 + 0.45 * f64::from((side / LARGE).min(1.0)));
    let place = if zone.is(Zone::OTHERS) || zone.is(Zone::OVERLAY) {
        0.35
    } else if zone.is(Zone::ASIDE) || zone.is(Zone::HEADER) {
        0.6
    } else {
        1.0
    };
    let near = match page.distance(image.index()) {
        Some(-12..=25) => 1.0,
        Some(26..=80) => 0.8,
        Some(_) => 0.6,
        None => 0.9,
    };
    let says = letters(image.attr("alt").or(image.attr("title")).unwrap_or_default());
    let told =
        says.chars().count() > 3 && (says.contains(headline) || headline.contains(&says)) && !headline.is_empty();
    let framed = image.ancestors().take(3).any(|above| matches!(above.tag(), Some("figure" | "picture")));
    Some((0.55 * size * place * near * if told { 1.25 } else { 1.0 } * if framed { 1.08 } else { 1.0 }).min(0.85))
}

/// The shorter side in CSS pixels, by the browser, else by what the HTML says.
fn shorter_side(image: Node<'_>) -> Option<f32> {
    if let Some(frame) = image.frame() {
        return Some(frame.width.min(frame.height));
    }
    let side = |name: &str| image.attr(name)?.trim().trim_end_matches("px").parse::<f32>().ok();
    match (side("width"), side("height")) {
        (Some(width), Some(height)) => Some(width.min(height)),
        (one, other) => one.or(other),
    }
}

/// What web designers everywhere call pictures that show nothing of the page's subject.
fn is_ornament(image: Node<'_>) -> bool {
    let names = std::iter::once(image).chain(image.ancestors().take(2));
    let names = names.flat_map(|node| [node.attr("class"), node.attr("id")]).flatten();
    names.flat_map(str::split_ascii_whitespace).flat_map(ClassWords::new).any(|word| {
        matches!(
            word.as_ref(),
            "logo" | "icon" | "avatar" | "gravatar" | "sprite" | "flag" | "badge" | "pixel" | "spinner"
        )
    })
}

/// Where the picture is: the largest of its versions, also of one that is loaded only when it comes into sight.
fn address(page: &PageView<'_>, image: Node<'_>) -> Option<String> {
    const LAZY: [&str; 4] = ["data-src", "data-lazy-src", "data-original", "data-lazy"];
    let given = |name: &str| image.attr(name).map(str::trim).filter(|url| !url.is_empty() && !url.starts_with("data:"));
    let set = image.attr("srcset").or_else(|| image.attr("data-srcset")).and_then(largest);
    let url = LAZY.iter().find_map(|name| given(name)).or_else(|| given("src")).or(set)?;
    Some(page.absolute(url))
}

/// The address of the widest version of a `srcset`.
fn largest(set: &str) -> Option<&str> {
    let versions = set.split(", ").filter_map(|version| {
        let (url, width) = version.trim().split_once(' ').unwrap_or((version.trim(), "1x"));
        let width: f32 = width.trim().trim_end_matches(['w', 'x']).parse().ok()?;
        Some((url, width))
    });
    versions
        .filter(|(url, _)| !url.is_empty() && !url.starts_with("data:"))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(url, _)| url)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn the_picture_of_the_page() {
        let image = |html: &str| found("image:url", html);
        assert_eq!(
            image(
                "<img src=/logo.png class=site-logo width=300 height=200><h1>Lamp</h1><img src=/a.jpg width=40 height=40>\
                <figure><img src=/lamp.jpg width=600 height=600 alt=Lamp></figure><aside><img src=/b.jpg width=600 height=600></aside>"
            ),
            "http://127.0.0.1/lamp.jpg"
        );
        assert_eq!(
            image("<h1>Lamp</h1><img src='data:image/gif;base64,R0' data-src=/lazy.jpg>"),
            "http://127.0.0.1/lazy.jpg"
        );
        assert_eq!(image("<h1>Lamp</h1><img srcset='/s.jpg 200w, /l.jpg 900w'>"), "http://127.0.0.1/l.jpg");
        assert_eq!(image("<h1>Lamp</h1><nav><img src=/n.jpg width=500 height=500></nav>"), "");
    }
}
