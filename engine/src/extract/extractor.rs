use super::addresses::{self, Addresses};
use super::brands::Brands;
use super::breadcrumbs::Breadcrumbs;
use super::bylines::{self, Bylines};
use super::choose::choose;
use super::codes::Codes;
use super::currencies;
use super::dates::Dates;
use super::emails::Emails;
use super::gtins::Gtins;
use super::headline::{self, Headline};
use super::hours::Hours;
use super::images::Images;
use super::ingredients::Ingredients;
use super::json_ld::JsonLd;
use super::labels::{self, Labels};
use super::lexicon::Lexicon;
use super::links::{self, Link};
use super::meta::Meta;
use super::microdata::Microdata;
use super::microformats::Microformats;
use super::named::Named;
use super::neighbours::Neighbours;
use super::organizations::Organizations;
use super::phones::Phones;
use super::prices::{self, Prices};
use super::ratings::Ratings;
use super::rdfa::Rdfa;
use super::records::Records;
use super::rules::Rules;
use super::state::State;
use super::stock::{self, Stock};
use super::sums::{self, Sum};
use super::{Candidate, ExtractError, FieldQuery, PageView, Resolver};
use crate::model::{Confidence, FieldSpec, Instructions};
use crate::page::PageSnapshot;
use mino_datafusion::value::TypedValue;
use std::sync::Arc;

/// Everything that finds the fields of one version of instructions. Made once for a run.
#[derive(Debug)]
pub struct Extractor {
    queries: Vec<FieldQuery>,
    resolvers: Vec<Box<dyn Resolver>>,
    /// The fields; parts of sums come after them in `queries`.
    fields: usize,
    sums: Vec<Sum>,
}

/// What one page gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extraction {
    /// By field, in the order of the instructions; `None` where nothing was found.
    pub fields: Vec<Option<Found>>,
    /// Which resolver won where, and why: one line a field.
    pub trace: Vec<String>,
    /// The page shows nothing until its scripts have run.
    pub needs_script: bool,
}

/// What was found for one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// As found on the page.
    pub raw: String,
    /// In canonical form; `None` when it is not of the type or breaks a rule.
    pub value: Option<TypedValue>,
    /// Before calibration.
    pub confidence: Confidence,
    /// Which resolver won.
    pub resolver: &'static str,
    /// Selector or path that finds it again.
    pub evidence: String,
}

impl Extractor {
    /// For the fields of these instructions.
    ///
    /// # Errors
    /// When a rule or a pattern cannot be used.
    pub fn new(instructions: &Instructions) -> Result<Self, ExtractError> {
        let fields = &instructions.fields;
        let lexicon = Lexicon::with(&instructions.lexicon);
        let query = |(field, concept): (&FieldSpec, _)| {
            FieldQuery::new(field, concept)
                .map_err(|error| ExtractError::Pattern { field: field.name.clone(), reason: error.to_string() })
        };
        let mut queries: Vec<FieldQuery> =
            fields.iter().zip(lexicon.concepts_of(fields)).map(query).collect::<Result<_, _>>()?;
        let about = lexicon.about(fields);
        queries.iter_mut().for_each(|query| query.set_about(about.as_deref()));
        let sums = sums::with_parts(&mut queries, &lexicon)?;
        let labels = Arc::new(labels::index(&queries));
        let resolvers: Vec<Box<dyn Resolver>> = vec![
            Box::new(Rules::new(fields)?),
            Box::new(JsonLd),
            Box::new(Microdata),
            Box::new(Rdfa),
            Box::new(Meta),
            Box::new(Labels::new(labels.clone())),
            Box::new(Neighbours::new(labels)),
            Box::new(Phones),
            Box::new(Emails),
            Box::new(Addresses),
            Box::new(Hours),
            Box::new(Ingredients),
            Box::new(Named::new(&queries)),
            Box::new(Ratings),
            Box::new(Prices),
            Box::new(Stock),
            Box::new(Gtins),
            Box::new(Codes::new(&queries)),
            Box::new(Brands),
            Box::new(Breadcrumbs),
            Box::new(Microformats),
            Box::new(State::new(&queries)),
            Box::new(Bylines),
            Box::new(Dates),
            Box::new(Organizations),
            Box::new(Headline),
            Box::new(Images),
            Box::new(Records),
        ];
        Ok(Self { queries, resolvers, fields: fields.len(), sums })
    }

    /// The fields of a page. The same page gives the same extraction.
    #[must_use]
    pub fn extract(&self, page: &PageSnapshot) -> Extraction {
        let view = PageView::new(page);
        let mut candidates: Vec<Candidate> = Vec::new();
        for resolver in &self.resolvers {
            resolver.propose(&view, &self.queries, &mut candidates);
        }
        addresses::prefer_visible(&view, &self.queries, &mut candidates);
        headline::drop_site_names(&view, &self.queries, &mut candidates);
        bylines::refine(&view, &self.queries, &mut candidates);
        prices::prefer_visible(&view, &self.queries, &mut candidates);
        stock::prefer_visible(&view, &self.queries, &mut candidates);
        currencies::refine(&view, &self.queries, &mut candidates);
        doubt_single_items(&self.queries, &mut candidates);
        sums::propose(page, &self.sums, &self.queries, &mut candidates);
        let mut fields = Vec::with_capacity(self.fields);
        let mut trace = Vec::with_capacity(self.queries.len());
        for (index, query) in self.queries[..self.fields].iter().enumerate() {
            let own: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.field == index).collect();
            let Some(choice) = choose(&view, query, &own) else {
                trace.push(format!("{}: nothing found", query.spec.name));
                fields.push(None);
                continue;
            };
            let valid = match &choice.value {
                Ok(value) => shorten(&value.text),
                Err(error) => format!("not usable, {error}"),
            };
            trace.push(format!("{}: {valid}; {}", query.spec.name, choice.why));
            fields.push(Some(Found {
                raw: choice.candidate.raw,
                value: choice.value.ok(),
                confidence: choice.confidence,
                resolver: choice.candidate.resolver,
                evidence: choice.candidate.evidence.text(page),
            }));
        }
        Extraction { fields, trace, needs_script: links::needs_script(&view) }
    }

    /// Links of the page's own site that fit the fields with these names, or these words, best first.
    #[must_use]
    pub fn links(&self, page: &PageSnapshot, missing: &[String], wanted: &[String]) -> Vec<Link> {
        let view = PageView::new(page);
        let queries: Vec<&FieldQuery> =
            self.queries.iter().filter(|query| missing.contains(&query.spec.name)).collect();
        links::links(&view, &queries, wanted)
    }

    /// Names of required fields that an extraction lacks.
    pub fn missing_required<'a>(&'a self, extraction: &'a Extraction) -> impl Iterator<Item = &'a str> {
        let missing = |found: &Option<Found>| found.as_ref().is_none_or(|found| found.value.is_none());
        let both = self.queries.iter().zip(&extraction.fields);
        both.filter(move |(query, found)| query.spec.required && missing(found))
            .map(|(query, _)| query.spec.name.as_str())
    }
}

/// A list of ingredients with one item is a button beside it, or all items run together.
fn doubt_single_items(queries: &[FieldQuery], candidates: &mut Vec<Candidate>) {
    let lists = |query: &FieldQuery| query.is_list() && (query.is("ingredients") || query.is("instructions"));
    let is_single = |raw: &str| serde_json::from_str::<Vec<String>>(raw).map_or(true, |items| items.len() < 2);
    candidates.retain_mut(|candidate| {
        let wanted = lists(&queries[candidate.field]) && candidate.resolver != "rule";
        if !wanted || !is_single(&candidate.raw) {
            return true;
        }
        candidate.score *= 0.5;
        !matches!(candidate.resolver, "label" | "named")
    });
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
