use super::attempt::Workshop;
use super::record::Record;
use crate::browse::{Answer, Finding, HttpTier, Opened, PageFailure, Tab, detect_failure};
use crate::extract::Extraction;
use crate::model::FailureCategory;
use crate::page::{ArchivedPage, PageSnapshot};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A page that draws itself is waited for when something required is missing …
const PATIENCE: Duration = Duration::from_secs(3);
/// … and given a moment when something optional is.
const A_MOMENT: Duration = Duration::from_millis(100);
/// How often a page may go on changing before it is taken as it is.
const ROUNDS: u32 = 3;

/// What a page gave at one moment.
pub(super) struct Reading {
    pub(super) page: Arc<PageSnapshot>,
    pub(super) status: Option<u16>,
    /// What keeps us out of the page, or is broken in it.
    pub(super) finding: Option<Finding>,
    pub(super) lacks: Lacks,
    pub(super) extraction: Extraction,
    /// It has scripts, and is neither an error nor a wall.
    may_change: bool,
}

impl Reading {
    /// An error page, or a wall.
    pub(super) fn is_refused(&self) -> bool {
        self.status.is_some_and(|status| status >= 400) || self.finding.as_ref().is_some_and(|found| found.certain)
    }

    /// It will not make the attempt a success.
    pub(super) fn fails(&self) -> bool {
        self.is_refused() || self.lacks.required()
    }
}

/// Where pages come from.
pub(super) enum Visitor<'a> {
    /// A tab of the browser.
    Browser(&'a mut Tab),
    /// Plain HTTP.
    Http(&'a HttpTier),
    /// What an earlier attempt kept, in the order in which it was read.
    Archive(VecDeque<ArchivedPage>),
}

impl Visitor<'_> {
    /// The page at an address, read.
    pub(super) async fn read(
        &mut self,
        shop: &Arc<Workshop>,
        address: &str,
        deadline: Instant,
        record: &mut Record,
    ) -> Result<Reading, PageFailure> {
        match self {
            Self::Browser(tab) => visit(shop, tab, address, deadline, record).await,
            Self::Http(http) => {
                record.step("request", address);
                record.visit.pages += 1;
                let (opened, page) = http.get(address, deadline).await?;
                record.step(
                    "loaded",
                    &format!("HTTP {}, {} bytes", opened.http_status.unwrap_or_default(), opened.bytes),
                );
                record.opened(&opened);
                Ok(understand(shop, page, &Came { opened, asked: Some(address) }).await)
            }
            Self::Archive(pages) => {
                // The first page is the task's own, whatever address it came to.
                let at = if address.is_empty() {
                    (!pages.is_empty()).then_some(0)
                } else {
                    // A link that led on to another address: the pages were kept in the order in which they were read.
                    let kept = pages.iter().position(|kept| kept.page.url == address);
                    kept.or((!pages.is_empty()).then_some(0))
                };
                let Some(kept) = at.and_then(|at| pages.remove(at)) else {
                    return Err(PageFailure::not_kept());
                };
                record.step("replay", &kept.page.url);
                let final_url = Some(kept.page.url.clone());
                let opened = Opened { final_url, http_status: kept.http_status, ..Opened::default() };
                record.opened(&opened);
                let asked = (!address.is_empty()).then_some(address);
                Ok(understand(shop, kept.page, &Came { opened, asked }).await)
            }
        }
    }
}

async fn visit(
    shop: &Arc<Workshop>,
    tab: &mut Tab,
    address: &str,
    deadline: Instant,
    record: &mut Record,
) -> Result<Reading, PageFailure> {
    record.step("navigate", address);
    record.visit.pages += 1;
    let opened = tab.goto(address, deadline).await?;
    let status = opened.http_status;
    record.step("loaded", &format!("HTTP {}, {} bytes", status.unwrap_or_default(), opened.bytes));
    if opened.dialogs > 0 {
        record.step("dismiss", &format!("{} dialogs", opened.dialogs));
    }
    let came = Came { opened, asked: Some(address) };
    let mut reading = read(shop, tab, &came).await?;
    for round in 0..ROUNDS {
        let required = reading.lacks.required();
        if !reading.may_change || reading.lacks.fields == 0 || (round > 0 && !required) {
            break;
        }
        let (again, at_rest) = match read_again(shop, tab, &came, required).await {
            Ok(read) => read,
            Err(failure) if required => return Err(failure),
            // It went away by itself: what it showed before counts.
            Err(_) => break,
        };
        let Some(again) = again else { break };
        record.step("wait", if at_rest { "the page is at rest" } else { "the page went on changing" });
        if again.lacks.fields <= reading.lacks.fields {
            reading = again;
        }
        if at_rest {
            break;
        }
    }
    Ok(reading)
}

async fn read(shop: &Arc<Workshop>, tab: &mut Tab, came: &Came<'_>) -> Result<Reading, PageFailure> {
    let page = tab.snapshot().await?;
    tab.attend("the page to be understood", understand(shop, page, came)).await
}

/// Another reading after the page has changed, and whether it is at rest since. Where something required is missing a page
/// at rest is read again too: what changed after it was read and before it was watched, nobody has seen.
async fn read_again(
    shop: &Arc<Workshop>,
    tab: &mut Tab,
    came: &Came<'_>,
    required: bool,
) -> Result<(Option<Reading>, bool), PageFailure> {
    let changed = tab.settle(if required { PATIENCE } else { A_MOMENT }).await?;
    let again = if changed || required { Some(read(shop, tab, came).await?) } else { None };
    Ok((again, !changed))
}

/// How a page came.
struct Came<'a> {
    opened: Opened,
    asked: Option<&'a str>,
}

/// Extraction is work for a processor: it must not hold up those who wait for pages.
async fn understand(shop: &Arc<Workshop>, page: PageSnapshot, came: &Came<'_>) -> Reading {
    let status = came.opened.http_status;
    let finding = detect_failure(&Answer { status, headers: &came.opened.headers, asked: came.asked }, &page);
    let dynamic = page.elements("script").any(|script| is_code(script.attr("type")));
    // A wall stays; a page that seems to be gone may be one that its scripts have yet to fill.
    let wall = |found: &Finding| found.certain && found.cause.category() == FailureCategory::Blocked;
    let failed = status.is_some_and(|status| status >= 400) || finding.as_ref().is_some_and(wall);
    let page = Arc::new(page);
    let (worker, shared) = (shop.clone(), page.clone());
    let extracted = tokio::task::spawn_blocking(move || worker.extractor.extract(&shared)).await;
    let extraction = extracted.unwrap_or_else(|error| Extraction {
        trace: vec![format!("the extraction failed: {error}")],
        ..Extraction::default()
    });
    Reading { page, status, finding, lacks: Lacks::of(shop, &extraction), extraction, may_change: dynamic && !failed }
}

fn is_code(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| kind.is_empty() || kind == "module" || kind.contains("javascript"))
}

/// What an extraction did not find.
pub(super) struct Lacks {
    pub(super) missing: Vec<String>,
    pub(super) nothing: bool,
    /// How many, required or not.
    pub(super) fields: usize,
}

impl Lacks {
    pub(super) fn of(shop: &Workshop, extraction: &Extraction) -> Self {
        let valid =
            extraction.fields.iter().filter(|found| found.as_ref().is_some_and(|found| found.value.is_some())).count();
        Self {
            missing: shop.extractor.missing_required(extraction).map(str::to_owned).collect(),
            nothing: valid == 0,
            fields: shop.field_names.len() - valid,
        }
    }

    pub(super) fn required(&self) -> bool {
        self.nothing || !self.missing.is_empty()
    }
}
