use super::chromium::Chromium;
use super::guarded::Guarded;
use super::memory::Room;
use super::process::Launch;
use super::relief::Limits;
use super::watch::watch;
use super::{AddressGuard, BrowseError, BrowserSource, FleetFigures, Pressure, Tab};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How a fleet is set up.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// Which browser.
    pub source: BrowserSource,
    /// Bytes that the browsers may take together; half of the machine's or the container's unless set. A browser needs
    /// some: less than 400 MB counts as that.
    pub memory: Option<u64>,
    /// Pages after which a browser is replaced.
    pub recycle_after: u32,
    /// What the browser calls itself; its own unless set.
    pub user_agent: Option<String>,
    /// Flags beside our own, without dashes, as `lang=de`. Not for a remote browser.
    pub flags: Vec<String>,
    /// What its pages may reach.
    pub guard: Arc<AddressGuard>,
}

impl FleetOptions {
    /// With nothing set but the browser and what its pages may reach.
    #[must_use]
    pub fn new(source: BrowserSource, guard: Arc<AddressGuard>) -> Self {
        Self { source, memory: None, recycle_after: 500, user_agent: None, flags: Vec::new(), guard }
    }
}

/// Chromium with a pool of browser contexts: each tab has a context to itself, which is wiped before the next use.
/// Browsers that die, hang, leak or have served their time are replaced; see `docs/fleet.md`.
#[derive(Debug)]
pub struct Fleet {
    crew: Arc<Crew>,
    watch: JoinHandle<()>,
}

/// What tabs and the watch share.
#[derive(Debug)]
pub(super) struct Crew {
    source: BrowserSource,
    launch: Launch,
    recycle_after: u32,
    pub(super) limits: Limits,
    /// All that run. The last one that takes tabs is the one that gets them.
    browsers: Mutex<Vec<Arc<Chromium>>>,
    starting: tokio::sync::Mutex<()>,
    renewing: AtomicBool,
    closed: AtomicBool,
    /// Starts that failed, one after another.
    failures: AtomicU32,
    pub(super) tally: Tally,
    pub(super) now: Mutex<(FleetFigures, Pressure)>,
}

/// What happened since the start.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) pages: AtomicU64,
    pub(super) renderers_killed: AtomicU64,
    pub(super) restarts: AtomicU64,
    pub(super) recycled: AtomicU64,
}

/// Starts that may fail one after another before no more are tried.
const MOST_FAILURES: u32 = 5;
/// After the first of them; twice as long after each further one.
const BACKOFF: Duration = Duration::from_millis(200);
/// Browsers that are tried for one tab.
const TRIES: u32 = 4;
/// After this a browser that opens a tab is asked whether it is alive.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
/// Of a machine that does not tell how much memory it has.
const UNKNOWN_MEMORY: u64 = 4 << 30;

impl Fleet {
    /// Starts the browser, or connects to it.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub async fn launch(options: FleetOptions) -> Result<Self, BrowseError> {
        let half = || Room::now().map_or(UNKNOWN_MEMORY, |room| room.total) / 2;
        let limits = Limits::of(options.memory.unwrap_or_else(half));
        let guarded = Guarded::start(options.guard, &options.source).await?;
        let flags = options.flags.into_iter().chain(guarded.flags()).collect();
        let launch = Launch { heap: limits.heap(), user_agent: options.user_agent, flags, guarded };
        let first = Chromium::start(&options.source, &launch).await?;
        let crew = Arc::new(Crew {
            source: options.source,
            launch,
            recycle_after: options.recycle_after.max(1),
            limits,
            browsers: Mutex::new(vec![Arc::new(first)]),
            starting: tokio::sync::Mutex::default(),
            renewing: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            tally: Tally::default(),
            now: Mutex::default(),
        });
        let watch = tokio::spawn(watch(crew.clone()));
        Ok(Self { crew, watch })
    }

    /// A tab with a clean context. A browser that has died is started anew.
    ///
    /// # Errors
    /// [`BrowseError::Gone`] when this did not succeed, though another try may; any other when the browser does not
    /// start any more.
    pub async fn tab(&self) -> Result<Tab, BrowseError> {
        let mut last = BrowseError::Gone { operation: "open a tab", reason: "it does not answer".into() };
        for _ in 0..TRIES {
            let chromium = self.crew.usable().await?;
            match tokio::time::timeout(OPEN_PATIENCE, chromium.tab()).await {
                Ok(Ok(tab)) => {
                    self.crew.tally.pages.fetch_add(1, Ordering::Relaxed);
                    if chromium.pages() >= self.crew.recycle_after {
                        self.crew.renew(&chromium);
                    }
                    return Ok(tab);
                }
                Ok(Err(error)) => last = error,
                Err(_) if chromium.answers().await => {}
                Err(_) => chromium.condemn(),
            }
        }
        Err(last)
    }

    /// How the fleet is. Measured several times a second; cheap to ask for.
    #[must_use]
    pub fn figures(&self) -> FleetFigures {
        self.crew.now().0
    }

    /// What limits how much can be done at once. Measured every second; cheap to ask for.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        self.crew.now().1
    }

    /// Ends all browsers and waits until they are gone.
    pub async fn close(self) {
        self.watch.abort();
        self.crew.closed.store(true, Ordering::Release);
        // A browser that is just starting is waited for.
        let _turn = self.crew.starting.lock().await;
        let browsers = std::mem::take(&mut *self.crew.browsers());
        futures::future::join_all(browsers.iter().map(Chromium::end)).await;
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.watch.abort();
        self.crew.closed.store(true, Ordering::Release);
    }
}

impl Crew {
    pub(super) fn browsers(&self) -> MutexGuard<'_, Vec<Arc<Chromium>>> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> MutexGuard<'_, (FleetFigures, Pressure)> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Option<Arc<Chromium>> {
        self.browsers().iter().rev().find(|chromium| chromium.takes_tabs()).cloned()
    }

    /// The browser that gets tabs; started where there is none.
    pub(super) async fn usable(self: &Arc<Self>) -> Result<Arc<Chromium>, BrowseError> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        // A task of its own: an attempt whose time is up must not take the start of a browser along.
        let crew = self.clone();
        let started = tokio::spawn(async move { crew.start().await }).await;
        started.unwrap_or_else(|error| Err(BrowseError::Gone { operation: "start", reason: error.to_string() }))
    }

    /// Starts a browser where none takes tabs, so that the next tab need not wait for it.
    pub(super) fn start_ahead(self: &Arc<Self>) {
        // Where that fails, whoever needs a tab tries again, and hears why there is none.
        let fails = self.failures.load(Ordering::Relaxed) > 0;
        if !fails && self.current().is_none() && self.starting.try_lock().is_ok() {
            let crew = self.clone();
            tokio::spawn(async move { crew.start().await.map(drop) });
        }
    }

    async fn start(&self) -> Result<Arc<Chromium>, BrowseError> {
        let _turn = self.starting.lock().await;
        loop {
            if let Some(current) = self.current() {
                return Ok(current);
            }
            match self.add().await {
                Ok(chromium) => return Ok(chromium),
                Err(error) => {
                    let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
                    if failures >= MOST_FAILURES {
                        return Err(error);
                    }
                    tokio::time::sleep(BACKOFF * 2_u32.pow(failures - 1)).await;
                }
            }
        }
    }

    /// Starts one more. Only for who has the turn to.
    async fn add(&self) -> Result<Arc<Chromium>, BrowseError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(BrowseError::Gone { operation: "start", reason: "the fleet is closed".into() });
        }
        let chromium = Arc::new(Chromium::start(&self.source, &self.launch).await?);
        self.failures.store(0, Ordering::Relaxed);
        self.browsers().push(chromium.clone());
        Ok(chromium)
    }

    /// Replaces a browser: it gets tabs until another one is there, and goes when its last tab is closed.
    pub(super) fn renew(self: &Arc<Self>, old: &Arc<Chromium>) {
        // One that somebody else started is not ours to replace.
        if old.process().is_none() || !old.takes_tabs() || self.renewing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (crew, old) = (self.clone(), old.clone());
        tokio::spawn(async move {
            let turn = crew.starting.lock().await;
            let added = crew.add().await;
            drop(turn);
            if added.is_ok() {
                old.drain();
                crew.tally.recycled.fetch_add(1, Ordering::Relaxed);
            } else {
                // The old one goes on, and a later page asks again.
                tokio::time::sleep(BACKOFF * 10).await;
            }
            crew.renewing.store(false, Ordering::Release);
        });
    }
}
