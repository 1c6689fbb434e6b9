use super::BrowseError;
use super::proxy::BYPASS;
use chromiumoxide::browser::Browser;
use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::storage::ClearCookiesParams;
use chromiumoxide::cdp::browser_protocol::target::{
    CloseTargetParams, CreateBrowserContextParams, CreateTargetParams, DisposeBrowserContextParams, GetTargetsParams,
    TargetId, TargetInfo,
};

/// A browser context: cookies, storage and cache of its own.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) id: BrowserContextId,
    /// A blank page that is never used. It keeps the renderer's process alive from attempt to attempt: starting one for
    /// each costs a third of the throughput.
    keeper: TargetId,
}

impl Context {
    /// `proxy`: where its traffic goes, when the browser was not told at its start.
    pub(super) async fn create(browser: &Browser, proxy: Option<String>) -> Result<Self, BrowseError> {
        let failed = |error| BrowseError::gone("make a browser context")(error);
        let proxied = CreateBrowserContextParams {
            // A browser elsewhere outlives us: it must not keep what was opened in it.
            dispose_on_detach: Some(true),
            proxy_bypass_list: proxy.as_ref().map(|_| BYPASS.to_owned()),
            proxy_server: proxy,
            ..CreateBrowserContextParams::default()
        };
        let id = browser.execute(proxied).await.map_err(failed)?.result.browser_context_id;
        let downloads = SetDownloadBehaviorParams { browser_context_id: Some(id.clone()), ..deny_downloads() };
        browser.execute(downloads).await.map_err(failed)?;
        let blank =
            CreateTargetParams { browser_context_id: Some(id.clone()), ..CreateTargetParams::new("about:blank") };
        let keeper = browser.execute(blank).await.map_err(failed)?.result.target_id;
        Ok(Self { id, keeper })
    }

    /// Takes away what the pages of this context left outside their own storage: cookies and every page still open.
    /// Storage is cleared by the tab, which knows the origins.
    pub(super) async fn wipe(&self, browser: &Browser) -> Result<(), BrowseError> {
        let failed = |error| BrowseError::gone("wipe a browser context")(error);
        let targets = browser.execute(GetTargetsParams::default()).await.map_err(failed)?.result.target_infos;
        let left = |target: &TargetInfo| {
            target.browser_context_id.as_ref() == Some(&self.id) && target.target_id != self.keeper
        };
        for target in targets.into_iter().filter(left) {
            // It may have closed itself meanwhile.
            let _ = browser.execute(CloseTargetParams::new(target.target_id)).await;
        }
        let cookies = ClearCookiesParams { browser_context_id: Some(self.id.clone()) };
        browser.execute(cookies).await.map_err(failed)?;
        Ok(())
    }

    pub(super) async fn dispose(&self, browser: &Browser) {
        let _ = browser.execute(DisposeBrowserContextParams::new(self.id.clone())).await;
    }
}

fn deny_downloads() -> SetDownloadBehaviorParams {
    SetDownloadBehaviorParams {
        behavior: SetDownloadBehaviorBehavior::Deny,
        browser_context_id: None,
        download_path: None,
        events_enabled: None,
    }
}
