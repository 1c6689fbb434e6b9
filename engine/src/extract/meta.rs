use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, structured::plain};
use crate::page::PageSnapshot;
use mino_datafusion::value::FieldType;

/// OpenGraph and other `<meta>`, `<link rel=canonical>` and `<html lang>`.
#[derive(Debug)]
pub(super) struct Meta;

impl Resolver for Meta {
    fn name(&self) -> &'static str {
        "meta"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        for (field, query) in queries.iter().enumerate() {
            for (rank, name) in query.meta.iter().enumerate() {
                let Some((raw, evidence)) = find(page.page, name) else { continue };
                let raw = if query.spec.field_type == FieldType::Url { page.absolute(&raw) } else { raw };
                // A link of the page about itself says more about itself than a copy for others.
                let trust = if name == "link:canonical" { 0.95 } else { 0.78 };
                let score = trust * 0.95_f64.powi(i32::try_from(rank).unwrap_or(i32::MAX));
                out.push(Candidate { field, raw, score, resolver: self.name(), evidence: Evidence::Path(evidence) });
                break;
            }
        }
    }
}

/// The value of a `<meta>` by its name, property or itemprop, with a selector for it.
pub(super) fn find(page: &PageSnapshot, name: &str) -> Option<(String, String)> {
    match name {
        "link:canonical" => {
            let is_canonical = |rel: &str| rel.split_whitespace().any(|word| word.eq_ignore_ascii_case("canonical"));
            let link = page.elements("link").find(|link| link.attr("rel").is_some_and(is_canonical))?;
            Some((link.attr("href")?.trim().to_owned(), "link[rel=canonical]".into()))
        }
        "html:lang" => Some((page.elements("html").next()?.attr("lang")?.to_owned(), "html[lang]".into())),
        _ => page.elements("meta").find_map(|meta| {
            let key = ["property", "name", "itemprop", "http-equiv"]
                .into_iter()
                .find(|key| meta.attr(key).is_some_and(|known| known.trim().eq_ignore_ascii_case(name)))?;
            let content = plain(meta.attr("content")?);
            (!content.is_empty()).then(|| (content, format!("meta[{key}=\"{name}\"]")))
        }),
    }
}
