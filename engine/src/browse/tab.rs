use super::chromium::{CLEAN_UP, Lease};
use super::crash::Crash;
use super::document::{Document, Opened};
use super::guarded::Guarded;
use super::{BrowseError, PageFailure};
use crate::page::{BrowserDocument, PageSnapshot, STYLES, from_browser};
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::dom_snapshot::{ArrayOfStrings, CaptureSnapshotParams};
use chromiumoxide::cdp::browser_protocol::network::{
    ClearBrowserCacheParams, EventDataReceived, EventLoadingFailed, EventRequestWillBeSent, EventResponseReceived,
};
use chromiumoxide::cdp::browser_protocol::page::{
    CaptureScreenshotFormat, CaptureScreenshotParams, EventJavascriptDialogOpening, EventLifecycleEvent,
    HandleJavaScriptDialogParams,
};
use chromiumoxide::cdp::browser_protocol::storage::ClearDataForOriginParams;
use chromiumoxide::cdp::browser_protocol::target::{CloseTargetParams, CreateTargetParams};
use futures::stream::{BoxStream, SelectAll};
use futures::{Stream, StreamExt};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Scripts can make of a small document a page that fills all memory: one with more elements, or characters of text, is
/// not read.
const MOST_ELEMENTS: u64 = 400_000;
const LONGEST_TEXT: u64 = 20_000_000;
const MEASURE: &str =
    "[document.getElementsByTagName('*').length, (document.documentElement || {textContent: ''}).textContent.length]";
/// A page that opens more dialogs than this wants no reader.
const DIALOG_LIMIT: u32 = 20;
/// From the end of the document on, this long is waited for pictures, frames and late scripts.
const LOAD_PATIENCE: Duration = Duration::from_secs(2);
/// The browser has told everything when it is silent for so long: a busy machine may hold up what was said at once.
const SILENCE: Duration = Duration::from_secs(1);

/// One page in a clean context. [`Tab::close`] gives the context back.
#[derive(Debug)]
pub struct Tab {
    page: Page,
    events: Events,
    deadline: Instant,
    document: Document,
    origins: BTreeSet<String>,
    dialogs: u32,
    crash: oneshot::Receiver<Crash>,
    crashed: bool,
    /// The renderer may hang: it must not serve another page.
    spoilt: bool,
    guarded: Guarded,
    lease: Option<Lease>,
}

/// A picture of a page.
#[derive(Debug, Clone)]
pub struct Picture {
    /// WebP.
    pub webp: bytes::Bytes,
    /// Title of the page.
    pub title: String,
}

enum Event {
    Request(Arc<EventRequestWillBeSent>),
    Response(Arc<EventResponseReceived>),
    Data(Arc<EventDataReceived>),
    Failed(Arc<EventLoadingFailed>),
    Lifecycle(Arc<EventLifecycleEvent>),
    Dialog,
}

struct Events(SelectAll<BoxStream<'static, Event>>);

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

impl Tab {
    pub(super) async fn open(lease: Lease) -> Result<Self, BrowseError> {
        let failed = |error| BrowseError::gone("open a tab")(error);
        let params = CreateTargetParams {
            browser_context_id: lease.context().map(|context| context.id.clone()),
            ..CreateTargetParams::new("about:blank")
        };
        let page = lease.chromium.browser.new_page(params).await.map_err(failed)?;
        let crash = lease.chromium.crashes.watch(page.target_id().clone());
        let frame = page
            .mainframe()
            .await
            .map_err(failed)?
            .ok_or_else(|| BrowseError::Gone { operation: "open a tab", reason: "the tab has no frame".into() })?;
        let events = Events::of(&page).await.map_err(failed)?;
        if let Some(agent) = &lease.chromium.user_agent {
            page.set_user_agent(agent.as_str()).await.map_err(failed)?;
        }
        Ok(Self {
            page,
            events,
            deadline: Instant::now(),
            document: Document::new(frame, lease.chromium.guarded.proxy()),
            guarded: lease.chromium.guarded.clone(),
            origins: BTreeSet::new(),
            dialogs: 0,
            crash,
            crashed: false,
            spoilt: false,
            lease: Some(lease),
        })
    }

    /// Whether the browser itself ended, or was replaced: nothing that failed since says anything about the page.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lease.as_ref().is_none_or(|lease| lease.chromium.is_gone())
    }

    /// What is known of the page so far.
    #[must_use]
    pub fn opened(&self) -> Opened {
        self.document.opened(self.dialogs)
    }

    /// What the address guard does not see of this browser, in words; `None`: nothing.
    #[must_use]
    pub fn guard_gap(&self) -> Option<&'static str> {
        self.guarded.gap()
    }

    /// Opens an address and waits for its `load`. Everything that this tab does afterwards ends at `deadline` too.
    ///
    /// # Errors
    /// Why the page did not come. An HTTP error is a page that came.
    pub async fn goto(&mut self, url: &str, deadline: Instant) -> Result<Opened, PageFailure> {
        self.deadline = deadline;
        self.guarded.check(url).await?;
        let page = self.page.clone();
        let url = url.to_owned();
        let mut navigation = std::pin::pin!(async move { page.goto(url).await.map(|_| ()) });
        let mut answered = false;
        self.document.forget();
        // The library's own navigation ends late or never (downloads); it is asked for errors only.
        while !self.document.is_loaded() {
            let patience = self.document.parsed().map(|parsed| parsed + LOAD_PATIENCE);
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(patience.unwrap_or(deadline)), if patience.is_some() => break,
                () = tokio::time::sleep_until(deadline) => return Err(self.out_of_time()),
                crash = &mut self.crash, if !self.crashed => return Err(self.has_crashed(crash.ok()).await),
                event = self.events.0.next() => match event {
                    Some(event) => if let Err(failure) = self.handle(event).await {
                        return Err(self.last_word(failure).await);
                    },
                    None => return Err(self.has_crashed(None).await),
                },
                result = &mut navigation, if !answered => match result {
                    Ok(()) => answered = true,
                    Err(error) => return Err(self.navigation_failed(&error.to_string()).await),
                },
            }
        }
        Ok(self.opened())
    }

    fn out_of_time(&mut self) -> PageFailure {
        self.spoilt = true;
        match self.opened().http_status {
            Some(_) => PageFailure::timeout("the page to finish"),
            None => PageFailure::no_answer(),
        }
    }

    async fn has_crashed(&mut self, crash: Option<Crash>) -> PageFailure {
        (self.spoilt, self.crashed) = (true, true);
        self.hear_out().await;
        if let Some(too_large) = self.document.too_large() {
            return too_large;
        }
        match crash {
            Some(Crash::Greedy(limit)) => {
                PageFailure::page_error(format!("the page crashed: it used more memory than {} MB", limit >> 20), true)
            }
            Some(Crash::Largest) => {
                PageFailure::crashed("the page was closed: the browsers ran out of memory, and it took most")
            }
            Some(Crash::Itself) | None => PageFailure::crashed("the page crashed"),
        }
    }

    /// Takes in what was told before something ended badly, and has not been heard yet: it may say why.
    async fn hear_out(&mut self) {
        let end = (Instant::now() + 2 * SILENCE).min(self.deadline);
        while Instant::now() < end && self.document.too_large().is_none() {
            let Ok(Some(event)) = tokio::time::timeout(SILENCE, self.events.0.next()).await else { return };
            let _ = self.handle(event).await;
        }
    }

    /// That a navigation failed may be heard before where it went, which says why: a redirect to what is not of the web, or
    /// a tunnel that the proxy refused.
    async fn last_word(&mut self, failure: PageFailure) -> PageFailure {
        let unexplained = ["ERR_ABORTED", "ERR_TUNNEL_CONNECTION_FAILED"];
        let Some(error) = failure.error.as_deref().filter(|error| unexplained.iter().any(|name| error.contains(name)))
        else {
            return failure;
        };
        self.hear_out().await;
        self.document.fault().unwrap_or_else(|| self.document.network(error))
    }

    async fn navigation_failed(&mut self, error: &str) -> PageFailure {
        if error.contains("net::") {
            return self.last_word(self.document.network(error)).await;
        }
        PageFailure { error: Some(error.to_owned()), ..PageFailure::page_error("the page could not be opened", false) }
    }

    async fn handle(&mut self, event: Event) -> Result<(), PageFailure> {
        match event {
            Event::Request(request) => {
                self.origins.extend(origin(&request.document_url));
                self.document.request(&request);
            }
            Event::Response(response) => self.document.response(&response),
            Event::Data(data) => self.document.data(&data),
            Event::Failed(failed) => self.document.failed(&failed),
            Event::Lifecycle(lifecycle) => self.document.lifecycle(&lifecycle),
            Event::Dialog => {
                self.dialogs += 1;
                if self.dialogs > DIALOG_LIMIT {
                    return Err(PageFailure::page_error("the page opens one dialog after another", true));
                }
                let _ = self.page.execute(HandleJavaScriptDialogParams::new(false)).await;
            }
        }
        self.document.fault().map_or(Ok(()), Err)
    }

    /// Runs something on the page while its events (dialogs above all) are looked after.
    ///
    /// # Errors
    /// When the time of the attempt is up, or the page is not to be read after all.
    pub async fn attend<T>(&mut self, waited_for: &str, work: impl Future<Output = T>) -> Result<T, PageFailure> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = tokio::time::sleep_until(self.deadline) => {
                    self.spoilt = true;
                    return Err(PageFailure::timeout(waited_for));
                }
                crash = &mut self.crash, if !self.crashed => return Err(self.has_crashed(crash.ok()).await),
                event = self.events.0.next() => match event {
                    Some(event) => self.handle(event).await?,
                    None => return Err(self.has_crashed(None).await),
                },
            }
        }
    }

    pub(super) fn page(&self) -> Page {
        self.page.clone()
    }

    /// The page as it stands: one call to the browser, whatever its size.
    ///
    /// # Errors
    /// When the page crashed, hangs, or is too large.
    pub async fn snapshot(&mut self) -> Result<PageSnapshot, PageFailure> {
        let page = self.page();
        let measure = async move { page.evaluate_expression(MEASURE).await };
        let measured = self.attend("the page to hold still", measure).await?;
        // A page that is just going elsewhere cannot be measured, and is read as it is.
        let size: Option<[u64; 2]> = measured.ok().and_then(|measured| measured.into_value().ok());
        if size.is_some_and(|[elements, text]| elements > MOST_ELEMENTS || text > LONGEST_TEXT) {
            return Err(PageFailure::page_error("the page made itself too large to be read", true));
        }
        let page = self.page();
        let call = async move { page.execute(CaptureSnapshotParams::new(STYLES.map(str::to_owned).to_vec())).await };
        let taken = self.attend("the page to hold still", call).await?;
        let taken = taken.map_err(|error| PageFailure {
            error: Some(error.to_string()),
            ..PageFailure::page_error("the page could not be read", false)
        })?;
        let taken = taken.result;
        let Some(document) = taken.documents.into_iter().next() else {
            return Err(PageFailure::page_error("the page is empty", false));
        };
        let url = self.opened().final_url.unwrap_or_default();
        let indexes = |of_one: ArrayOfStrings| of_one.inner().iter().map(|index| *index.inner()).collect::<Vec<i64>>();
        let nodes = document.nodes;
        let numbers = |column: Option<Vec<chromiumoxide::cdp::browser_protocol::dom_snapshot::StringIndex>>| {
            column.unwrap_or_default().into_iter().map(|index| *index.inner()).collect::<Vec<i64>>()
        };
        Ok(from_browser(
            &url,
            BrowserDocument {
                strings: taken.strings,
                parent: nodes.parent_index.unwrap_or_default(),
                node_type: nodes.node_type.unwrap_or_default(),
                node_name: numbers(nodes.node_name),
                node_value: numbers(nodes.node_value),
                attributes: nodes.attributes.unwrap_or_default().into_iter().map(indexes).collect(),
                laid_out: document.layout.node_index,
                bounds: document.layout.bounds.into_iter().map(|bounds| bounds.inner().clone()).collect(),
                styles: document.layout.styles.into_iter().map(indexes).collect(),
            },
        ))
    }

    /// A picture of the page as a person would see it; `None` when the page does not hold still for one.
    pub async fn picture(&mut self) -> Option<Picture> {
        if self.crashed {
            return None;
        }
        let params = CaptureScreenshotParams::builder().format(CaptureScreenshotFormat::Webp).quality(70).build();
        let taken = tokio::time::timeout(CLEAN_UP, self.page.execute(params)).await.ok()?.ok()?;
        let text: &str = taken.result.data.as_ref();
        let webp = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()?;
        let title = tokio::time::timeout(CLEAN_UP, self.page.get_title()).await.ok()?.ok().flatten();
        Some(Picture { webp: webp.into(), title: title.unwrap_or_default() })
    }

    /// Closes the page, wipes its context and gives it back.
    pub async fn close(mut self) {
        // Dropped, a tab takes its context along.
        if self.spoilt || self.dialogs > DIALOG_LIMIT || self.is_lost() {
            return;
        }
        let Some(lease) = self.lease.take() else { return };
        lease.chromium.crashes.forget(self.page.target_id());
        let (page, origins) = (self.page.clone(), std::mem::take(&mut self.origins));
        if let Ok(true) = tokio::time::timeout(CLEAN_UP, wipe(&lease, &page, &origins)).await {
            lease.give_back();
        } else {
            lease.dispose().await;
        }
    }
}

/// True when nothing of the page is left in its context.
async fn wipe(lease: &Lease, page: &Page, origins: &BTreeSet<String>) -> bool {
    let Some(context) = lease.context() else { return false };
    let browser = &lease.chromium.browser;
    for origin in origins {
        if page.execute(ClearDataForOriginParams::new(origin.clone(), "all")).await.is_err() {
            return false;
        }
    }
    let cached = page.execute(ClearBrowserCacheParams::default()).await;
    let closed = browser.execute(CloseTargetParams::new(page.target_id().clone())).await;
    cached.is_ok() && closed.is_ok() && context.wipe(browser).await.is_ok()
}

impl Drop for Tab {
    fn drop(&mut self) {
        // Given up half-way, its lease disposes of the context.
        if let Some(lease) = &self.lease {
            lease.chromium.crashes.forget(self.page.target_id());
        }
    }
}

impl Events {
    async fn of(page: &Page) -> Result<Self, chromiumoxide::error::CdpError> {
        fn boxed<E: Send + Sync + 'static>(
            stream: impl Stream<Item = Arc<E>> + Send + 'static,
            make: impl Fn(Arc<E>) -> Event + Send + 'static,
        ) -> BoxStream<'static, Event> {
            stream.map(make).boxed()
        }
        let mut all = SelectAll::new();
        all.push(boxed(page.event_listener::<EventRequestWillBeSent>().await?, Event::Request));
        all.push(boxed(page.event_listener::<EventResponseReceived>().await?, Event::Response));
        all.push(boxed(page.event_listener::<EventDataReceived>().await?, Event::Data));
        all.push(boxed(page.event_listener::<EventLoadingFailed>().await?, Event::Failed));
        all.push(boxed(page.event_listener::<EventLifecycleEvent>().await?, Event::Lifecycle));
        all.push(boxed(page.event_listener::<EventJavascriptDialogOpening>().await?, |_| Event::Dialog));
        Ok(Self(all))
    }
}

fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}
