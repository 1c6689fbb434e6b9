use super::archive::{Archive, keep};
use super::follow::follow;
use super::host_gate::Seen;
use super::notice::Notice;
use super::permission::ask_robots;
use super::plan::PlanRow;
use super::reading::{Reading, Visitor};
use super::record::Record;
use super::retry::Outcome;
use super::tier::Tiers;
use super::{Patience, RunError};
use crate::browse::{BrowseError, Fleet, HttpTier, PageFailure, Robots, Tab};
use crate::catalog::Catalog;
use crate::extract::Extractor;
use crate::model::{AppliedCalibration, Cause, Fetch, RunSettings, Screenshots, Trigger};
use mino_datafusion::schema::{JournalRow, RunColumns};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often an attempt goes on with another browser.
const MOST_MOVES: u32 = 3;

/// Where the pages of a run come from.
#[derive(Debug)]
pub enum Source {
    /// The sites themselves.
    Live {
        /// Pages without a browser.
        http: HttpTier,
        /// The browser; none where the run is to do without.
        fleet: Option<Fleet>,
    },
    /// What an earlier run kept of them.
    Archive(Archive),
}

impl Source {
    /// Ends the browser.
    pub async fn close(self) {
        if let Self::Live { fleet: Some(fleet), .. } = self {
            fleet.close().await;
        }
    }
}

/// What all attempts of a run share.
#[derive(Debug)]
pub(super) struct Workshop {
    pub(super) catalog: Catalog,
    pub(super) source: Source,
    pub(super) tiers: Tiers,
    pub(super) robots: Robots,
    pub(super) extractor: Extractor,
    pub(super) field_names: Vec<String>,
    /// Their types, as in the tables.
    pub(super) field_types: Vec<String>,
    pub(super) calibration: Option<AppliedCalibration>,
    pub(super) settings: RunSettings,
    /// How many links may be followed, and the words that lead to them.
    pub(super) follow: Option<crate::model::Follow>,
    pub(super) run: RunColumns,
    pub(super) worker: String,
    pub(super) stop: CancellationToken,
    pub(super) notices: UnboundedSender<Notice>,
}

/// A finished attempt, and what a retry depends on when it did not succeed.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) row: JournalRow,
    pub(super) outcome: Option<Outcome>,
    /// What the gate of its host learns from it.
    pub(super) seen: Seen,
}

/// One try of a task, from an empty tab to rows. Errors are those of the browser and the store, never of the page.
pub(super) async fn attempt(
    shop: Arc<Workshop>,
    task: PlanRow,
    (number, trigger): (u32, Trigger),
    cancel: CancellationToken,
) -> Result<Finished, RunError> {
    let begun = Instant::now();
    let mut record = Record::new(&task).telling(shop.notices.clone());
    let mut work = Work { shop: shop.clone(), task: &task, number, deadline: begun + shop.settings.timeout };
    let worked = tokio::select! {
        biased;
        () = cancel.cancelled() => Ok(Err(Ending::Cancelled)),
        worked = work.run(&mut record) => worked,
    };
    Ok(record.finish(&shop, (number, trigger), begun.elapsed(), worked?))
}

pub(super) enum Ending {
    Failed(PageFailure),
    Cancelled,
}

struct Work<'a> {
    shop: Arc<Workshop>,
    task: &'a PlanRow,
    number: u32,
    deadline: Instant,
}

impl Work<'_> {
    async fn run(&mut self, record: &mut Record) -> Result<Result<(), Ending>, RunError> {
        let shop = self.shop.clone();
        let read = match &shop.source {
            Source::Archive(archive) => {
                let mut patience = Patience::new(&shop.stop);
                let pages = loop {
                    let pages = archive.pages(&shop.catalog, self.task).await;
                    if let Some(pages) = patience.with(pages, RunError::is_store_away, &mut []).await {
                        break pages;
                    }
                };
                match pages {
                    Ok(pages) => self.finish(Visitor::Archive(pages), "", record).await,
                    Err(error) => Err(PageFailure::new(Cause::UnusablePage, format!("its kept page is gone: {error}"))),
                }
            }
            Source::Live { http, fleet } => {
                let address = match address(&self.task.site_url) {
                    Ok(address) => address,
                    Err(failure) => return Ok(Err(Ending::Failed(failure))),
                };
                if let Err(failure) = ask_robots(&shop, &address, self.deadline, record).await {
                    return Ok(Err(Ending::Failed(failure)));
                }
                self.live(http, fleet.as_ref(), &address, record).await?
            }
        };
        Ok(read.and_then(|reading| record.judge(reading, &shop)).map_err(Ending::Failed))
    }

    /// By the tier that is asked for; `auto` asks the site first, and the browser where that is not enough.
    async fn live(
        &mut self,
        http: &HttpTier,
        fleet: Option<&Fleet>,
        address: &str,
        record: &mut Record,
    ) -> Result<Result<Reading, PageFailure>, RunError> {
        let Some(fleet) = fleet else { return Ok(self.finish(Visitor::Http(http), address, record).await) };
        let mut compare = None;
        if self.shop.settings.fetch == Fetch::Auto {
            if let Some(reason) = self.shop.tiers.skips_http() {
                record.step("fetch", reason);
            } else {
                let reading = Visitor::Http(http).read(&self.shop, address, self.deadline, record).await;
                if record.visit.wants_rest() {
                    record.step("fetch", "not on to the browser: the host wants to be left alone");
                    return Ok(reading);
                }
                let check = self.shop.tiers.checks(&self.task.task_id);
                match (self.shop.tiers.insufficient(&reading), check) {
                    (None, false) => {
                        record.step("fetch", "plain HTTP was enough");
                        return Ok(match reading {
                            Ok(reading) => Ok(self.complete(Visitor::Http(http), reading, record).await),
                            Err(failure) => Err(failure),
                        });
                    }
                    (None, true) => {
                        record.step("fetch", "compared with the browser, as one page in several is");
                        compare = reading.ok();
                    }
                    (Some(reason), _) => record.step("fetch", &format!("on to the browser: {reason}")),
                }
            }
        }
        let read = self.browse(fleet, address, record).await?;
        match (compare, &read) {
            (Some(plain), Ok(drawn)) => {
                let differ = self.shop.tiers.compare(&plain.extraction, &drawn.extraction);
                record.step("fetch", &format!("{differ} fields differ between plain HTTP and the browser"));
                Ok(read)
            }
            // The comparison failed, not the page.
            (Some(plain), Err(failure)) => {
                record.step(
                    "fetch",
                    &format!("the browser did not get there ({}): plain HTTP was enough", failure.reason),
                );
                Ok(Ok(self.complete(Visitor::Http(http), plain, record).await))
            }
            (None, _) => Ok(read),
        }
    }

    /// With a tab of the browser. Where the browser itself is lost, the attempt goes on with another one.
    async fn browse(
        &mut self,
        fleet: &Fleet,
        address: &str,
        record: &mut Record,
    ) -> Result<Result<Reading, PageFailure>, RunError> {
        for _ in 0..=MOST_MOVES {
            let tab = match tokio::time::timeout_at(self.deadline, fleet.tab()).await {
                Ok(Ok(tab)) => tab,
                Ok(Err(BrowseError::Gone { .. })) => {
                    record.step("browser", "it gave no tab: on to another one");
                    continue;
                }
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Ok(Err(PageFailure::no_tab())),
            };
            if let Some(read) = self.browse_in(tab, address, record).await {
                return Ok(read);
            }
            record.step("browser", "it was lost: on to another one");
        }
        Ok(Err(PageFailure::browser_lost()))
    }

    /// `None` where the browser was lost meanwhile, and with it what the page would have given.
    async fn browse_in(
        &mut self,
        mut tab: Tab,
        address: &str,
        record: &mut Record,
    ) -> Option<Result<Reading, PageFailure>> {
        if let Some(gap) = tab.guard_gap() {
            record.step("guard", gap);
        }
        let read = Visitor::Browser(&mut tab).read(&self.shop, address, self.deadline, record).await;
        if read.is_err() && tab.is_lost() && Instant::now() < self.deadline {
            return None;
        }
        let opened = tab.opened();
        record.opened(&opened);
        let wanted = match self.shop.settings.screenshots {
            Screenshots::Always => true,
            Screenshots::OnFailure => read.as_ref().map_or(true, |reading| reading.fails()),
            Screenshots::Never => false,
        };
        // Without an answer of the site there is nothing to see but the browser's own error page.
        if wanted && opened.http_status.is_some() {
            record.picture(&self.shop, &mut tab, self.task, self.number).await;
        }
        let read = match read {
            Ok(reading) => Ok(self.complete(Visitor::Browser(&mut tab), reading, record).await),
            Err(failure) => Err(failure),
        };
        // Links may have been followed into nothing.
        let incomplete = read.as_ref().is_ok_and(|reading| reading.fails() && !reading.is_refused());
        if incomplete && tab.is_lost() && Instant::now() < self.deadline {
            return None;
        }
        tab.close().await;
        Some(read)
    }

    async fn finish(
        &mut self,
        mut visitor: Visitor<'_>,
        address: &str,
        record: &mut Record,
    ) -> Result<Reading, PageFailure> {
        let reading = visitor.read(&self.shop, address, self.deadline, record).await?;
        Ok(self.complete(visitor, reading, record).await)
    }

    /// Follows links where something is missing, and keeps the pages where they are to be kept.
    async fn complete(&mut self, mut visitor: Visitor<'_>, mut reading: Reading, record: &mut Record) -> Reading {
        let mut pages = vec![(reading.page.clone(), reading.status)];
        if !reading.is_refused() {
            pages.extend(follow(&self.shop, &mut visitor, &mut reading, self.deadline, record).await);
        }
        if self.shop.settings.archive && !matches!(visitor, Visitor::Archive(_)) {
            keep(&self.shop, self.task, self.number, pages, record).await;
        }
        reading
    }
}

/// The address to open: rows often leave out the scheme.
fn address(site_url: &str) -> Result<String, PageFailure> {
    let site_url = site_url.trim();
    if site_url.is_empty() {
        return Err(PageFailure::new(Cause::BadAddress, "the row has no address"));
    }
    let full = if names_scheme(site_url) { site_url.to_owned() } else { format!("https://{site_url}") };
    match url::Url::parse(&full) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(full),
        Ok(url) => {
            let reason = format!("addresses of the kind {}: are not opened", url.scheme());
            Err(PageFailure::new(Cause::AddressGuard, reason))
        }
        Err(error) => Err(PageFailure::new(Cause::BadAddress, format!("`{site_url}` is no address: {error}"))),
    }
}

/// `javascript:x` names one, `example.org:8080` and `localhost:8080/x` do not.
fn names_scheme(site_url: &str) -> bool {
    let Some((head, rest)) = site_url.split_once(':') else { return false };
    let scheme = head.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    let port = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    scheme && (port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) && !head.is_empty()
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
        assert_eq!(file.cause, Cause::AddressGuard);
        for other in ["javascript:alert(1)", "data:text/html,x", "view-source:http://example.org", "about:blank"] {
            assert_eq!(address(other).unwrap_err().cause, Cause::AddressGuard, "{other}");
        }
        assert_eq!(address("example.org:8080/x").unwrap(), "https://example.org:8080/x");
        assert_eq!(address("localhost:8080").unwrap(), "https://localhost:8080");
        assert_eq!(address("").unwrap_err().reason, "the row has no address");
    }
}
