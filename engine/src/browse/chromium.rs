use super::context::Context;
use super::crash::Crashes;
use super::guarded::Guarded;
use super::process::{Launch, Process};
use super::{BrowseError, BrowserSource, Tab};
use chromiumoxide::browser::Browser;
use chromiumoxide::cdp::browser_protocol::target::{EventTargetCrashed, GetTargetsParams};
use chromiumoxide::handler::HandlerConfig;
use chromiumoxide::handler::viewport::Viewport;
use futures::StreamExt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Longer than any attempt: the deadlines of attempts are ours.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3600);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// A browser that takes longer for a trifle hangs.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// For what must end even where a page hangs.
pub(super) const CLEAN_UP: Duration = Duration::from_secs(5);
/// Tabs that could not be opened, one after another, before the browser counts as broken.
const MOST_FAILURES: u32 = 3;
/// Pages beside those that are known, before the browser counts as leaking.
const MOST_STRAYS: usize = 16;

/// One browser process, or one connection to a remote browser.
#[derive(Debug)]
pub(super) struct Chromium {
    pub(super) browser: Browser,
    pub(super) crashes: Arc<Crashes>,
    pub(super) user_agent: Option<String>,
    pub(super) guarded: Guarded,
    process: Option<Process>,
    idle: Mutex<Vec<Context>>,
    /// Set before those who wait for an answer hear that there will be none.
    gone: Arc<AtomicBool>,
    drained: AtomicBool,
    /// Given up, and not only done.
    condemned: AtomicBool,
    /// It is being asked whether it is alive.
    pub(super) asked: AtomicBool,
    open: AtomicU32,
    pages: AtomicU32,
    failures: AtomicU32,
    tasks: [JoinHandle<()>; 2],
}

struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Chromium {
    pub(super) async fn start(source: &BrowserSource, launch: &Launch) -> Result<Self, BrowseError> {
        match source {
            BrowserSource::Remote(url) => {
                let refused = |reason| BrowseError::Connect { url: without_secrets(url), reason };
                let mut remote = Self::connect(url, launch, None, None).await.map_err(refused)?;
                remote.user_agent.clone_from(&launch.user_agent);
                Ok(remote)
            }
            BrowserSource::Executable(program) => {
                let failed = |reason| BrowseError::Launch { program: program.clone(), reason };
                let process = Process::launch(program, launch).await.map_err(failed)?;
                let viewport = Viewport { width: 1280, height: 1024, ..Viewport::default() };
                let address = process.address().to_owned();
                Self::connect(&address, launch, Some(viewport), Some(process)).await.map_err(failed)
            }
        }
    }

    async fn connect(
        url: &str,
        launch: &Launch,
        viewport: Option<Viewport>,
        process: Option<Process>,
    ) -> Result<Self, String> {
        let config = HandlerConfig { request_timeout: REQUEST_TIMEOUT, viewport, ..HandlerConfig::default() };
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, Browser::connect_with_config(url, config)).await;
        let connected = connected.map_err(|_| format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()))?;
        let (browser, mut handler) = connected.map_err(|error| error.to_string())?;
        let gone = Arc::new(AtomicBool::new(false));
        let end = Gone(gone.clone());
        let handling = tokio::spawn(async move {
            // Local, so that it goes before the handler, whatever ends this task.
            let _end = end;
            // The stream ends with the connection; an error of one message is not the end of it.
            while handler.next().await.is_some() {}
        });
        let crashes = Arc::new(Crashes::default());
        let mut crashed = browser.event_listener::<EventTargetCrashed>().await.map_err(|error| error.to_string())?;
        let told = crashes.clone();
        let listening = tokio::spawn(async move {
            while let Some(event) = crashed.next().await {
                told.crashed(&event);
            }
        });
        Ok(Self {
            browser,
            crashes,
            user_agent: None,
            guarded: launch.guarded.clone(),
            process,
            idle: Mutex::new(Vec::new()),
            gone,
            drained: AtomicBool::new(false),
            condemned: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            open: AtomicU32::new(0),
            pages: AtomicU32::new(0),
            failures: AtomicU32::new(0),
            tasks: [handling, listening],
        })
    }

    /// A tab with a clean context.
    pub(super) async fn tab(self: &Arc<Self>) -> Result<Tab, BrowseError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let context = match idle {
            Some(context) => Ok(context),
            None => Context::create(&self.browser, self.guarded.context_proxy()).await,
        };
        let opened = match context {
            Ok(context) => Tab::open(Lease::new(self.clone(), context)).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(_) if self.failures.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_FAILURES => self.condemn(),
            Err(_) => {}
        }
        opened
    }

    /// Whether it answers a trifle in time.
    pub(super) async fn answers(self: &Arc<Self>) -> bool {
        let asked = self.browser.execute(GetTargetsParams::default());
        let Ok(Ok(targets)) = tokio::time::timeout(ANSWER_TIMEOUT, asked).await else { return false };
        let pages = targets.result.target_infos.iter().filter(|target| target.r#type == "page").count();
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).len();
        // Each context has a page that stays, and the browser one of its own.
        let known = idle + 2 * self.open() as usize + 1;
        if pages > 2 * known + MOST_STRAYS {
            self.drain();
        }
        true
    }

    /// It is to get no more tabs, and to go when its last one is closed.
    pub(super) fn drain(self: &Arc<Self>) {
        self.drained.store(true, Ordering::Release);
        self.drop_idle();
    }

    /// It is given up: whoever waits for it hears so.
    pub(super) fn condemn(self: &Arc<Self>) {
        self.condemned.store(true, Ordering::Release);
        self.drain();
        self.tasks.iter().for_each(JoinHandle::abort);
    }

    /// Ends the process, and waits until it is gone.
    pub(super) async fn end(self: &Arc<Self>) {
        self.condemn();
        if let Some(process) = &self.process {
            process.end().await;
        }
    }

    /// Whether it went before its time.
    pub(super) fn was_lost(&self) -> bool {
        self.condemned.load(Ordering::Acquire) || (self.is_gone() && !self.drained.load(Ordering::Acquire))
    }

    /// Whether nothing will come of it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
            || self.condemned.load(Ordering::Acquire)
            || self.process.as_ref().is_some_and(Process::has_ended)
    }

    /// Whether it may be asked for tabs.
    pub(super) fn takes_tabs(&self) -> bool {
        !self.drained.load(Ordering::Acquire) && !self.is_gone()
    }

    /// Tabs that are open.
    pub(super) fn open(&self) -> u32 {
        self.open.load(Ordering::Acquire)
    }

    /// Tabs that were opened.
    pub(super) fn pages(&self) -> u32 {
        self.pages.load(Ordering::Relaxed)
    }

    /// The process that was started here.
    pub(super) fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Gives up the contexts that wait for a page.
    pub(super) fn drop_idle(self: &Arc<Self>) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        self.dispose_later(idle);
    }

    fn dispose_later(self: &Arc<Self>, contexts: Vec<Context>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if contexts.is_empty() || self.is_gone() {
            return;
        }
        let own = self.clone();
        runtime.spawn(async move {
            for context in contexts {
                let _ = tokio::time::timeout(CLEAN_UP, context.dispose(&own.browser)).await;
            }
        });
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A context of a browser in use. It is disposed of when dropped, unless it was given back.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) chromium: Arc<Chromium>,
    context: Option<Context>,
}

impl Lease {
    fn new(chromium: Arc<Chromium>, context: Context) -> Self {
        chromium.open.fetch_add(1, Ordering::AcqRel);
        chromium.pages.fetch_add(1, Ordering::Relaxed);
        Self { chromium, context: Some(context) }
    }

    pub(super) fn context(&self) -> Option<&Context> {
        self.context.as_ref()
    }

    /// Nothing of its page is left in it.
    pub(super) fn give_back(mut self) {
        if self.chromium.takes_tabs()
            && let Some(context) = self.context.take()
        {
            self.chromium.idle.lock().unwrap_or_else(PoisonError::into_inner).push(context);
        }
    }

    /// It goes, whatever state it is in.
    pub(super) async fn dispose(mut self) {
        if let Some(context) = self.context.take() {
            let _ = tokio::time::timeout(CLEAN_UP, context.dispose(&self.chromium.browser)).await;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.chromium.open.fetch_sub(1, Ordering::AcqRel);
        self.chromium.dispose_later(self.context.take().into_iter().collect());
    }
}

/// Scheme and host: the rest of a DevTools address may be a token.
fn without_secrets(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    parsed.map_or_else(
        || "the given address".to_owned(),
        |url| {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
        },
    )
}
