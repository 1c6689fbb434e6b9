use super::attempt::{Ending, Finished, Workshop};
use super::host_gate::Seen;
use super::notice::Notice;
use super::plan::PlanRow;
use super::reading::Reading;
use super::retry::Outcome;
use crate::browse::{PageFailure, Tab};
use crate::model::{AppliedCalibration, AttemptStatus, Cause, FailureCategory, TaskId, Trigger};
use chrono::Utc;
use mino_datafusion::layout;
use mino_datafusion::schema::{AttemptRow, FoundField, JournalRow, ReasoningRow, ScreenshotRow};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// What an attempt leaves behind, filled in as it goes, so that a cancelled one tells how far it came.
pub(super) struct Record {
    task_id: String,
    /// Who hears of each step; nobody for an attempt that is none.
    notices: Option<UnboundedSender<Notice>>,
    started_at: i64,
    reasoning: Vec<ReasoningRow>,
    screenshots: Vec<ScreenshotRow>,
    found: Vec<FoundField>,
    final_url: Option<String>,
    http_status: Option<u16>,
    bytes: Option<u64>,
    pub(super) retry_after: Option<u64>,
    /// For the gate of the host: what all its pages together showed.
    pub(super) visit: Seen,
}

impl Record {
    pub(super) fn new(task: &PlanRow) -> Self {
        Self {
            task_id: task.task_id.clone(),
            notices: None,
            started_at: Utc::now().timestamp_micros(),
            reasoning: Vec::new(),
            screenshots: Vec::new(),
            found: Vec::new(),
            final_url: None,
            http_status: None,
            bytes: None,
            retry_after: None,
            visit: Seen::default(),
        }
    }

    /// Each step is a sign of life from now on.
    pub(super) fn telling(mut self, notices: UnboundedSender<Notice>) -> Self {
        self.notices = Some(notices);
        self
    }

    pub(super) fn step(&mut self, action: &str, result: &str) {
        if let Some(notices) = &self.notices {
            // Who does not listen any more needs no sign.
            let _ = notices.send(Notice::Step { task_id: self.task_id.clone() });
        }
        let step = u32::try_from(self.reasoning.len()).unwrap_or(u32::MAX).saturating_add(1);
        let at = Utc::now().timestamp_micros();
        self.reasoning.push(ReasoningRow { step, action: action.to_owned(), result: result.to_owned(), at });
    }

    /// Address, status and size of the page that the attempt is about.
    pub(super) fn place(&self) -> (Option<String>, Option<u16>, Option<u64>) {
        (self.final_url.clone(), self.http_status, self.bytes)
    }

    /// Sets them back after a visit to another page.
    pub(super) fn restore(&mut self, place: (Option<String>, Option<u16>, Option<u64>)) {
        (self.final_url, self.http_status, self.bytes) = place;
    }

    pub(super) fn opened(&mut self, opened: &crate::browse::Opened) {
        self.final_url.clone_from(&opened.final_url);
        self.http_status = opened.http_status;
        self.bytes = opened.http_status.is_some().then_some(opened.bytes);
        self.retry_after = opened.retry_after;
        self.visit.answered(opened.http_status, opened.retry_after);
    }

    pub(super) async fn picture(&mut self, shop: &Workshop, tab: &mut Tab, task: &PlanRow, number: u32) {
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
    pub(super) fn judge(&mut self, reading: Reading, shop: &Workshop) -> Result<(), PageFailure> {
        let Reading { status, finding, lacks, extraction, .. } = reading;
        if let Some(finding) = finding.filter(|found| found.certain || lacks.required()) {
            let blocked = finding.cause.category() == FailureCategory::Blocked;
            self.step(if blocked { "blocked" } else { "broken" }, &finding.sign);
            return Err(finding.into());
        }
        if let Some(status) = status.filter(|status| *status >= 400) {
            return Err(PageFailure::status(status));
        }
        for line in &extraction.trace {
            self.step("extract", line);
        }
        let fields = shop.field_names.iter().zip(&shop.field_types);
        for ((name, field_type), found) in fields.zip(extraction.fields) {
            let Some(found) = found else { continue };
            let value = found.value;
            let raw_confidence = found.confidence.get();
            // What is not even of its type is no case of what was calibrated.
            let calibration = shop.calibration.as_ref().filter(|_| value.is_some());
            let (confidence, _) = AppliedCalibration::apply(calibration, field_type, raw_confidence);
            self.found.push(FoundField {
                field: name.clone(),
                raw: found.raw,
                number: value.as_ref().and_then(|value| value.number),
                currency: value.as_ref().and_then(|value| value.currency.clone()),
                value: value.map(|value| value.text),
                confidence,
                raw_confidence,
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
        Err(PageFailure::new(Cause::ExtractionFailed, reason))
    }

    pub(super) fn finish(
        mut self,
        shop: &Workshop,
        (number, trigger): (u32, Trigger),
        took: Duration,
        worked: Result<(), Ending>,
    ) -> Finished {
        let (status, failure) = match worked {
            Ok(()) => (AttemptStatus::Success, None),
            Err(Ending::Cancelled) => (AttemptStatus::Cancelled, None),
            Err(Ending::Failed(failure)) => match failure.category() {
                FailureCategory::Timeout => (AttemptStatus::Timeout, Some(failure)),
                FailureCategory::Blocked => (AttemptStatus::Blocked, Some(failure)),
                FailureCategory::ExtractionFailed | FailureCategory::PageError => {
                    (AttemptStatus::Failed, Some(failure))
                }
            },
        };
        let result = failure.as_ref().map_or_else(|| status.to_string(), |failure| failure.reason.clone());
        self.step(status.as_str(), &result);
        let outcome = failure.as_ref().map(|failure| Outcome { cause: failure.cause, retry_after: self.retry_after });
        let attempt_id = self.task_id.parse::<TaskId>().map(|task| task.attempt(number).to_string());
        let attempt = AttemptRow {
            run: shop.run.clone(),
            attempt_id: attempt_id.unwrap_or_default(),
            task_id: self.task_id,
            attempt_number: number,
            trigger: trigger.to_string(),
            status: status.to_string(),
            failure_category: failure.as_ref().map(|failure| failure.category().to_string()),
            failure_reason: failure.as_ref().map(|failure| failure.reason.clone()),
            blocked_reason: failure.as_ref().and_then(PageFailure::blocked).map(|blocked| blocked.to_string()),
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
        Finished { row: JournalRow { attempt, found: self.found, retry_in_ms: None }, outcome, seen: self.visit }
    }
}
