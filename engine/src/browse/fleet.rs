use super::context::Context;
use super::guarded::Guarded;
use super::{AddressGuard, BrowseError, BrowserSource, Tab};
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::handler::HandlerConfig;
use chromiumoxide::handler::viewport::Viewport;
use futures::StreamExt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How a fleet is set up.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// Which browser.
    pub source: BrowserSource,
    /// Pages open at once.
    pub tabs: u32,
    /// What it calls itself; the browser's own unless set. A remote browser keeps its own.
    pub user_agent: Option<String>,
    /// What its pages may reach.
    pub guard: Arc<AddressGuard>,
}

/// Chromium with a pool of browser contexts: each tab has a context to itself, which is wiped before the next use.
#[derive(Debug)]
pub struct Fleet {
    source: BrowserSource,
    user_agent: Option<String>,
    guarded: Guarded,
    slots: Arc<Semaphore>,
    current: tokio::sync::Mutex<Arc<Chromium>>,
}

/// One browser process, or one connection to a remote browser.
#[derive(Debug)]
pub(super) struct Chromium {
    pub(super) guarded: Guarded,
    pub(super) browser: Browser,
    pub(super) idle: Mutex<Vec<Context>>,
    handler: JoinHandle<()>,
    // Removed with its content when the process is gone.
    profile: Option<TempDir>,
}

/// Flags beside the library's own: nothing that talks to the network unasked, nothing that waits for a screen, and one
/// renderer process for each context where the sites allow it.
const FLAGS: [&str; 11] = [
    "disable-component-update",
    "disable-domain-reliability",
    "disable-gpu",
    "disable-search-engine-choice-screen",
    "mute-audio",
    "no-default-browser-check",
    "no-pings",
    "no-first-run",
    "metrics-recording-only",
    "renderer-process-limit=1",
    "hide-scrollbars",
];

/// Longer than any attempt: the deadlines of attempts are ours.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(3600);
const LAUNCH_TIMEOUT: Duration = Duration::from_secs(30);

impl Fleet {
    /// Starts the browser, or connects to it.
    ///
    /// # Errors
    /// When there is none, or it does not start.
    pub async fn launch(options: FleetOptions) -> Result<Self, BrowseError> {
        let guarded = Guarded::start(options.guard, &options.source).await?;
        let user_agent = options.user_agent;
        let first = Chromium::launch(&options.source, user_agent.as_deref(), &guarded).await?;
        let slots = Arc::new(Semaphore::new(options.tabs.max(1) as usize));
        let current = tokio::sync::Mutex::new(Arc::new(first));
        Ok(Self { source: options.source, user_agent, guarded, slots, current })
    }

    /// A tab with a clean context, as soon as one is free. A browser that has died is started anew.
    ///
    /// # Errors
    /// When the browser is gone and cannot be started again.
    pub async fn tab(&self) -> Result<Tab, BrowseError> {
        let slot = self.slots.clone().acquire_owned().await;
        let slot = slot.map_err(|error| BrowseError::Gone { operation: "open a tab", reason: error.to_string() })?;
        let chromium = {
            let mut current = self.current.lock().await;
            if current.handler.is_finished() {
                *current = Arc::new(Chromium::launch(&self.source, self.user_agent.as_deref(), &self.guarded).await?);
            }
            current.clone()
        };
        let idle = chromium.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let context = match idle {
            Some(context) => context,
            None => Context::create(&chromium.browser, chromium.guarded.context_proxy()).await?,
        };
        Tab::open(chromium, context, slot).await
    }

    /// Ends the browser and waits until it is gone.
    pub async fn close(self) {
        let Some(mut chromium) = Arc::into_inner(self.current.into_inner()) else { return };
        if chromium.profile.is_none() {
            return;
        }
        let ended = async {
            let _ = chromium.browser.close().await;
            let _ = chromium.browser.wait().await;
        };
        if tokio::time::timeout(Duration::from_secs(5), ended).await.is_err() {
            let _ = chromium.browser.kill().await;
        }
    }
}

impl Chromium {
    async fn launch(source: &BrowserSource, user_agent: Option<&str>, guarded: &Guarded) -> Result<Self, BrowseError> {
        let (browser, mut handler, profile) = match source {
            BrowserSource::Remote(url) => {
                let config =
                    HandlerConfig { request_timeout: REQUEST_TIMEOUT, viewport: None, ..HandlerConfig::default() };
                let refused = |reason: String| BrowseError::Connect { url: without_secrets(url), reason };
                let connected = tokio::time::timeout(LAUNCH_TIMEOUT, Browser::connect_with_config(url, config)).await;
                let connected = connected.map_err(|_| refused("no answer within 30 s".into()))?;
                let (browser, handler) = connected.map_err(|error| refused(error.to_string()))?;
                (browser, handler, None)
            }
            BrowserSource::Executable(program) => {
                let failed = |reason: String| BrowseError::Launch { program: program.clone(), reason };
                let profile = TempDir::with_prefix("mino-browser-").map_err(|error| failed(error.to_string()))?;
                let mut config = BrowserConfig::builder()
                    .chrome_executable(program)
                    .user_data_dir(profile.path())
                    .viewport(Viewport { width: 1280, height: 1024, ..Viewport::default() })
                    .request_timeout(REQUEST_TIMEOUT)
                    .launch_timeout(LAUNCH_TIMEOUT)
                    .args(FLAGS)
                    .args(user_agent.map(|agent| format!("user-agent={agent}")))
                    .args(guarded.flags());
                if runs_as_root() {
                    config = config.no_sandbox();
                }
                let config = config.build().map_err(failed)?;
                let (browser, handler) = Browser::launch(config).await.map_err(|error| failed(error.to_string()))?;
                (browser, handler, Some(profile))
            }
        };
        let handler = tokio::spawn(async move {
            // The stream ends with the connection; an error of one message is not the end of it.
            while handler.next().await.is_some() {}
        });
        Ok(Self { guarded: guarded.clone(), browser, idle: Mutex::new(Vec::new()), handler, profile })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.handler.abort();
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

/// Chromium refuses its sandbox to root.
fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
