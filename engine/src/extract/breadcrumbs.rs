use super::headline::letters;
use super::phrases::fold_label;
use super::zone::is_trail;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, words};

/// The way to the page ("Home › Desserts › Cakes › This cake"): its last step before the page is the page's category.
#[derive(Debug)]
pub(super) struct Breadcrumbs;

/// Most steps of a trail, and longest step in bytes.
const MOST: usize = 10;
const LONGEST: usize = 60;

impl Resolver for Breadcrumbs {
    fn name(&self) -> &'static str {
        "breadcrumb"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len()).filter(|at| queries[*at].is("category")).collect();
        if wanted.is_empty() {
            return;
        }
        let Some(trail) = page.page.nodes().find(|node| is_trail(*node)) else { return };
        let headline = page.headline().and_then(|at| page.reading().lines().get(at));
        let headline = headline.map(|line| letters(page.reading().text(line))).unwrap_or_default();
        let title = letters(&page.page.title());
        let steps = trail.descendants().filter(|node| node.tag() == Some("a")).take(MOST);
        let own = |text: &str| {
            let text = letters(text);
            text.is_empty() || text == headline || (text.chars().count() > 12 && title.starts_with(&text))
        };
        let steps = steps.filter_map(|step| Some((step.short_text(LONGEST)?, step.index())));
        let says_nothing =
            |text: &str| ["navigation", "things"].iter().any(|purpose| words(purpose).is(&fold_label(text)));
        let category = steps.filter(|(text, _)| !own(text) && !says_nothing(text)).last();
        let Some((raw, node)) = category else { return };
        for field in wanted {
            let evidence = Evidence::Node(node);
            out.push(Candidate { field, raw: raw.clone(), score: 0.3, resolver: self.name(), evidence });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn the_last_step_before_the_page() {
        let html = "<title>Cheesecake | Acme</title><ol class=breadcrumb><li><a href=/>Home</a><li><a href=/d>Desserts</a><li><a href=/d/c>Cakes</a>\
            <li><a href=/d/c/x>Cheesecake</a></ol><h1>Cheesecake</h1>";
        assert_eq!(found("category", html), "Cakes");
        assert_eq!(found("category", "<ol class=breadcrumb><li><a href=/>Home</a></ol><h1>Cheesecake</h1>"), "");
    }
}
