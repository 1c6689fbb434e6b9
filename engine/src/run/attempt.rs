use super::RunError;
use super::plan::PlanRow;
use super::retry::Outcome;
use crate::browse::{Block, BrowseError, Fleet, PageFailure, Tab, detect_block};
use crate::catalog::Catalog;
use crate::extract::{Extraction, Extractor};
use crate::model::{AttemptStatus, BlockedReason, FailureCategory, RunSettings, Screenshots, TaskId, Trigger};
use crate::page::PageSnapshot;
use chrono::Utc;
use mino_datafusion::layout;
use mino_datafusion::schema::{AttemptRow, FoundField, JournalRow, ReasoningRow, RunColumns, ScreenshotRow};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What all attempts of a run share.
#[derive(Debug)]
pub(super) struct Workshop {
    pub(super) catalog: Catalog,
    pub(super) fleet: Fleet,
    pub(super) extractor: Extractor,
    pub(super) field_names: Vec<String>,
    pub(super) settings: RunSettings,
    pub(super) run: RunColumns,
    pub(super) worker: String,
    pub(super) stop: CancellationToken,
}

/// A finished attempt, and what a retry depends on when it did not succeed.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) row: JournalRow,
    pub(super) outcome: Option<Outcome>,
}

/// A page that draws itself is waited for when something required is missing …
const PATIENCE: Duration = Duration::from_secs(3);
/// … and given a moment when something optional is.
const A_MOMENT: Duration = Duration::from_millis(100);
/// How often a page may go on changing before it is taken as it is.
const ROUNDS: u32 = 3;

/// One try of a task, from an empty tab to rows. Errors are those of the browser and the store, never of the page.
pub(super) async fn attempt(shop: Arc<Workshop>, task: PlanRow, number: u32) -> Result<Finished, RunError> {
    let begun = Instant::now();
    let mut record = Record::new(&task);
    let stop = shop.stop.clone();
    let worked = tokio::select! {
        biased;
        () = stop.cancelled() => Ok(Err(Ending::Cancelled)),
        worked = work(&shop, &task, number, begun + shop.settings.timeout, &mut record) => worked,
    };
    Ok(record.finish(&shop, number, begun.elapsed(), worked?))
}

enum Ending {
    Failed(PageFailure),
    Cancelled,
}

async fn work(
    shop: &Arc<Workshop>,
    task: &PlanRow,
    number: u32,
    deadline: Instant,
    record: &mut Record,
) -> Result<Result<(), Ending>, RunError> {
    let address = match address(&task.site_url) {
        Ok(address) => address,
        Err(failure) => return Ok(Err(Ending::Failed(failure))),
    };
    let tab = async {
        match shop.fleet.tab().await {
            Err(BrowseError::Gone { .. }) => shop.fleet.tab().await,
            tab => tab,
        }
    };
    let Ok(tab) = tokio::time::timeout_at(deadline, tab).await else {
        return Ok(Err(Ending::Failed(PageFailure::timeout("a tab of the browser"))));
    };
    let mut tab = tab?;
    let visited = visit(shop, &mut tab, &address, deadline, record).await;
    let opened = tab.opened();
    record.opened(&opened);
    let wanted = match shop.settings.screenshots {
        Screenshots::Always => true,
        Screenshots::OnFailure => visited.is_err(),
        Screenshots::Never => false,
    };
    // Without an answer of the site there is nothing to see but the browser's own error page.
    if wanted && opened.http_status.is_some() {
        record.picture(shop, &mut tab, task, number).await;
    }
    tab.close().await;
    Ok(visited.map_err(Ending::Failed))
}

async fn visit(
    shop: &Arc<Workshop>,
    tab: &mut Tab,
    address: &str,
    deadline: Instant,
    record: &mut Record,
) -> Result<(), PageFailure> {
    record.step("navigate", address);
    let opened = tab.goto(address, deadline).await?;
    let status = opened.http_status;
    record.step("loaded", &format!("HTTP {}, {} bytes", status.unwrap_or_default(), opened.bytes));
    if opened.dialogs > 0 {
        record.step("dismiss", &format!("{} dialogs", opened.dialogs));
    }
    let mut reading = read(shop, tab, status).await?;
    for round in 0..ROUNDS {
        let required = reading.lacks.required();
        if !reading.may_change || reading.lacks.fields == 0 || (round > 0 && !required) {
            break;
        }
        let (again, at_rest) = match read_again(shop, tab, status, required).await {
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
    record.judge(status, reading, shop)
}

/// What a page gave at one moment.
struct Reading {
    block: Option<Block>,
    lacks: Lacks,
    extraction: Extraction,
    /// It has scripts, and is neither an error nor a wall.
    may_change: bool,
}

async fn read(shop: &Arc<Workshop>, tab: &mut Tab, status: Option<u16>) -> Result<Reading, PageFailure> {
    let page = tab.snapshot().await?;
    let block = detect_block(status, &page);
    let dynamic = page.elements("script").any(|script| is_code(script.attr("type")));
    let failed = status.is_some_and(|status| status >= 400) || block.as_ref().is_some_and(|block| block.certain);
    let extraction = tab.attend("the page to be understood", extract(shop, page)).await?;
    Ok(Reading { block, lacks: Lacks::of(shop, &extraction), extraction, may_change: dynamic && !failed })
}

/// Another reading after the page has changed, and whether it is at rest since. Where something required is missing a page
/// at rest is read again too: what changed after it was read and before it was watched, nobody has seen.
async fn read_again(
    shop: &Arc<Workshop>,
    tab: &mut Tab,
    status: Option<u16>,
    required: bool,
) -> Result<(Option<Reading>, bool), PageFailure> {
    let changed = tab.settle(if required { PATIENCE } else { A_MOMENT }).await?;
    let again = if changed || required { Some(read(shop, tab, status).await?) } else { None };
    Ok((again, !changed))
}

/// Extraction is work for a processor: it must not hold up those who wait for pages.
async fn extract(shop: &Arc<Workshop>, page: PageSnapshot) -> Extraction {
    let shop = shop.clone();
    let extracted = tokio::task::spawn_blocking(move || shop.extractor.extract(&page));
    extracted.await.unwrap_or_else(|error| Extraction {
        fields: Vec::new(),
        trace: vec![format!("the extraction failed: {error}")],
    })
}

fn is_code(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| kind.is_empty() || kind == "module" || kind.contains("javascript"))
}

/// What an extraction did not find.
struct Lacks {
    missing: Vec<String>,
    nothing: bool,
    /// How many, required or not.
    fields: usize,
}

impl Lacks {
    fn of(shop: &Workshop, extraction: &Extraction) -> Self {
        let valid =
            extraction.fields.iter().filter(|found| found.as_ref().is_some_and(|found| found.value.is_some())).count();
        Self {
            missing: shop.extractor.missing_required(extraction).map(str::to_owned).collect(),
            nothing: valid == 0,
            fields: shop.field_names.len() - valid,
        }
    }

    fn required(&self) -> bool {
        self.nothing || !self.missing.is_empty()
    }
}

/// The address to open: rows often leave out the scheme.
fn address(site_url: &str) -> Result<String, PageFailure> {
    let refuse =
        |category, blocked, reason: String| PageFailure { category, blocked, reason, error: None, permanent: true };
    let site_url = site_url.trim();
    if site_url.is_empty() {
        return Err(refuse(FailureCategory::PageError, None, "the row has no address".into()));
    }
    let full = if site_url.contains("://") { site_url.to_owned() } else { format!("https://{site_url}") };
    match url::Url::parse(&full) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(full),
        Ok(url) => {
            let reason = format!("addresses of the kind {}: are not opened", url.scheme());
            Err(refuse(FailureCategory::Blocked, Some(BlockedReason::AddressGuard), reason))
        }
        Err(error) => Err(refuse(FailureCategory::PageError, None, format!("`{site_url}` is no address: {error}"))),
    }
}

/// What an attempt leaves behind, filled in as it goes, so that a cancelled one tells how far it came.
struct Record {
    task_id: String,
    started_at: i64,
    reasoning: Vec<ReasoningRow>,
    screenshots: Vec<ScreenshotRow>,
    found: Vec<FoundField>,
    final_url: Option<String>,
    http_status: Option<u16>,
    bytes: Option<u64>,
    retry_after: Option<u64>,
}

impl Record {
    fn new(task: &PlanRow) -> Self {
        Self {
            task_id: task.task_id.clone(),
            started_at: Utc::now().timestamp_micros(),
            reasoning: Vec::new(),
            screenshots: Vec::new(),
            found: Vec::new(),
            final_url: None,
            http_status: None,
            bytes: None,
            retry_after: None,
        }
    }

    fn step(&mut self, action: &str, result: &str) {
        let step = u32::try_from(self.reasoning.len()).unwrap_or(u32::MAX).saturating_add(1);
        let at = Utc::now().timestamp_micros();
        self.reasoning.push(ReasoningRow { step, action: action.to_owned(), result: result.to_owned(), at });
    }

    fn opened(&mut self, opened: &crate::browse::Opened) {
        self.final_url.clone_from(&opened.final_url);
        self.http_status = opened.http_status;
        self.bytes = opened.http_status.is_some().then_some(opened.bytes);
        self.retry_after = opened.retry_after;
    }

    async fn picture(&mut self, shop: &Workshop, tab: &mut Tab, task: &PlanRow, number: u32) {
        let Some(picture) = tab.picture().await else {
            return self.step("screenshot", "the page did not hold still");
        };
        let Ok(task_id) = task.task_id.parse::<TaskId>() else { return };
        let attempt = task_id.attempt(number).to_string();
        let org = shop.catalog.org();
        let path = layout::artifact(org, &shop.run.run_id, &task.task_id, &attempt, "page.webp");
        match shop.catalog.store().put(&path, picture.webp).await {
            Ok(()) => {
                self.step("screenshot", path.as_ref());
                self.screenshots.push(ScreenshotRow {
                    url: self.final_url.clone().unwrap_or_else(|| task.site_url.clone()),
                    title: picture.title,
                    at: Utc::now().timestamp_micros(),
                    path: path.to_string(),
                });
            }
            Err(error) => self.step("screenshot", &format!("not kept: {error}")),
        }
    }

    /// Keeps what was found and says whether that is a success.
    fn judge(&mut self, status: Option<u16>, reading: Reading, shop: &Workshop) -> Result<(), PageFailure> {
        let Reading { block, lacks, extraction, .. } = reading;
        if let Some(block) = block.filter(|block| block.certain || lacks.required()) {
            self.step("blocked", &block.sign);
            let (category, blocked) = (FailureCategory::Blocked, block.reason);
            return Err(PageFailure { category, blocked, reason: block.sign, error: None, permanent: false });
        }
        if let Some(status) = status.filter(|status| *status >= 400) {
            return Err(PageFailure::status(status));
        }
        for line in &extraction.trace {
            self.step("extract", line);
        }
        for (name, found) in shop.field_names.iter().zip(extraction.fields) {
            let Some(found) = found else { continue };
            let value = found.value;
            self.found.push(FoundField {
                field: name.clone(),
                raw: found.raw,
                number: value.as_ref().and_then(|value| value.number),
                currency: value.as_ref().and_then(|value| value.currency.clone()),
                value: value.map(|value| value.text),
                confidence: found.confidence.get(),
                raw_confidence: found.confidence.get(),
                resolver: found.resolver.to_owned(),
                evidence: found.evidence,
            });
        }
        if !lacks.required() {
            return Ok(());
        }
        let reason = match lacks.missing.as_slice() {
            [] => "nothing was found on the page".to_owned(),
            [one] => format!("the required field {one} was not found"),
            many => format!("the required fields {} were not found", many.join(", ")),
        };
        let category = FailureCategory::ExtractionFailed;
        Err(PageFailure { category, blocked: None, reason, error: None, permanent: false })
    }

    fn finish(mut self, shop: &Workshop, number: u32, took: Duration, worked: Result<(), Ending>) -> Finished {
        let (status, failure) = match worked {
            Ok(()) => (AttemptStatus::Success, None),
            Err(Ending::Cancelled) => (AttemptStatus::Cancelled, None),
            Err(Ending::Failed(failure)) => match failure.category {
                FailureCategory::Timeout => (AttemptStatus::Timeout, Some(failure)),
                FailureCategory::Blocked => (AttemptStatus::Blocked, Some(failure)),
                FailureCategory::ExtractionFailed | FailureCategory::PageError => {
                    (AttemptStatus::Failed, Some(failure))
                }
            },
        };
        let result = failure.as_ref().map_or_else(|| status.to_string(), |failure| failure.reason.clone());
        self.step(status.as_str(), &result);
        let outcome = failure.as_ref().map(|failure| Outcome {
            category: failure.category,
            blocked: failure.blocked,
            permanent: failure.permanent,
            retry_after: self.retry_after,
        });
        let attempt_id = self.task_id.parse::<TaskId>().map(|task| task.attempt(number).to_string());
        let attempt = AttemptRow {
            run: shop.run.clone(),
            attempt_id: attempt_id.unwrap_or_default(),
            task_id: self.task_id,
            attempt_number: number,
            trigger: if number == 1 { Trigger::Initial } else { Trigger::AutoRetry }.to_string(),
            status: status.to_string(),
            failure_category: failure.as_ref().map(|failure| failure.category.to_string()),
            failure_reason: failure.as_ref().map(|failure| failure.reason.clone()),
            blocked_reason: failure.as_ref().and_then(|failure| failure.blocked).map(|blocked| blocked.to_string()),
            started_at: self.started_at,
            completed_at: Utc::now().timestamp_micros().max(self.started_at),
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            extracted: self.found.iter().map(|found| (found.field.clone(), found.raw.clone())).collect(),
            partial: status == AttemptStatus::Failed && self.found.iter().any(|found| found.value.is_some()),
            reasoning: self.reasoning,
            screenshots: self.screenshots,
            final_url: self.final_url,
            http_status: self.http_status,
            bytes: self.bytes,
            cost: None,
            worker: shop.worker.clone(),
            error: failure.and_then(|failure| failure.error),
        };
        Finished { row: JournalRow { attempt, found: self.found }, outcome }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_opened() {
        assert_eq!(address("www.example.org/x").unwrap(), "https://www.example.org/x");
        assert_eq!(address(" http://example.org ").unwrap(), "http://example.org");
        let file = address("file:///etc/passwd").unwrap_err();
        assert_eq!(file.blocked, Some(BlockedReason::AddressGuard));
        assert_eq!(address("").unwrap_err().reason, "the row has no address");
    }
}
