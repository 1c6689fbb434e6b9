use super::{Candidate, FieldQuery, PageView, Resolver, meta};

/// The page's own headline: `<h1>`, and `<title>` without the name of the site.
#[derive(Debug)]
pub(super) struct Headline;

impl Resolver for Headline {
    fn name(&self) -> &'static str {
        "headline"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        for (field, _) in queries.iter().enumerate().filter(|(_, query)| query.headline) {
            let mut add = |raw: String, score: f64, evidence: String| {
                if !raw.is_empty() {
                    out.push(Candidate { field, raw, score, resolver: "headline", evidence });
                }
            };
            let headings: Vec<_> = page.page.elements("h1").filter(|h1| h1.is_rendered()).collect();
            // One h1 is the headline; several are a design.
            let score = if headings.len() == 1 { 0.75 } else { 0.55 };
            if let Some(h1) = headings.iter().find(|h1| !h1.text().is_empty()) {
                add(h1.text(), score, h1.selector());
            }
            let site = meta::find(page.page, "og:site_name").map(|(name, _)| name);
            add(without_site(&page.page.title(), site.as_deref()), 0.5, "title".into());
        }
    }
}

const SEPARATORS: [&str; 8] = [" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: "];

/// A title without the site's name before or after a separator.
fn without_site(title: &str, site: Option<&str>) -> String {
    let Some((at, separator)) = SEPARATORS.iter().filter_map(|s| Some((title.rfind(s)?, s))).max() else {
        return title.to_owned();
    };
    let (before, after) = (title[..at].trim(), title[at + separator.len()..].trim());
    match site {
        Some(site) if before.eq_ignore_ascii_case(site) => after.to_owned(),
        Some(site) if after.eq_ignore_ascii_case(site) => before.to_owned(),
        // A site's name is short beside a headline.
        _ if after.chars().count() * 2 <= before.chars().count() => before.to_owned(),
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_site_is_dropped() {
        assert_eq!(without_site("Beef stew with dumplings | Cooking", None), "Beef stew with dumplings");
        assert_eq!(without_site("Acme - Beef stew", Some("acme")), "Beef stew");
        assert_eq!(without_site("Beef stew", None), "Beef stew");
        assert_eq!(without_site("Half - half", None), "Half - half");
    }
}
