use super::proxy::Proxy;
use super::{AddressGuard, BrowseError, BrowserSource, PageFailure};
use crate::model::Cause;
use std::sync::Arc;
use url::{Host, Url};

/// How a browser is kept to the addresses that the guard lets through.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    proxy: Arc<Proxy>,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The browser is started with the proxy's flags.
    Flags,
    /// It runs already, on this machine: each context is told to use the proxy.
    Contexts,
    /// It runs elsewhere, where the proxy is not: addresses are judged before they are opened.
    Addresses,
}

impl Guarded {
    pub(super) async fn start(guard: Arc<AddressGuard>, source: &BrowserSource) -> Result<Self, BrowseError> {
        Ok(Self { proxy: Arc::new(Proxy::start(guard).await?), way: Way::of(source) })
    }

    /// For the browser's command line, without dashes.
    pub(super) fn flags(&self) -> Vec<String> {
        self.proxy.flags()
    }

    /// For a context of a browser that runs already.
    pub(super) fn context_proxy(&self) -> Option<String> {
        (self.way == Way::Contexts).then(|| self.proxy.server())
    }

    /// What the browser's traffic goes through.
    pub(super) fn proxy(&self) -> Option<Arc<Proxy>> {
        (self.way != Way::Addresses).then(|| self.proxy.clone())
    }

    /// Judges an address before it is opened. Where the proxy sees the request too, names are left to it.
    pub(super) async fn check(&self, url: &str) -> Result<(), PageFailure> {
        let parsed = Url::parse(url);
        let url =
            parsed.map_err(|error| PageFailure::new(Cause::BadAddress, format!("`{url}` is no address: {error}")))?;
        let guard = self.proxy.guard();
        let checked = if self.way == Way::Addresses { guard.check_resolved(&url).await } else { guard.check(&url) };
        checked.map_err(|refused| PageFailure::from(&refused))
    }

    /// What the guard does not see, in words.
    pub(super) fn gap(&self) -> Option<&'static str> {
        match self.way {
            Way::Flags => None,
            Way::Contexts => Some("the browser was not started by this run: WebRTC is left to its own settings"),
            Way::Addresses => Some(
                "the browser runs on another machine: only the addresses of pages are judged, not what pages ask for",
            ),
        }
    }
}

impl Way {
    fn of(source: &BrowserSource) -> Self {
        let BrowserSource::Remote(url) = source else { return Self::Flags };
        let here = match Url::parse(url).ok().as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        };
        if here { Self::Contexts } else { Self::Addresses }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_browser_uses_the_proxy_where_it_can_reach_it() {
        let way = |url: &str| Way::of(&BrowserSource::Remote(url.to_owned()));
        for url in ["ws://127.0.0.1:9222/devtools/browser/x", "http://localhost:9222", "ws://[::1]:9222/"] {
            assert_eq!(way(url), Way::Contexts, "{url}");
        }
        assert_eq!(way("ws://10.0.0.7:9222/"), Way::Addresses);
        assert_eq!(way("wss://browsers.example/?token=x"), Way::Addresses);
        assert_eq!(Way::of(&BrowserSource::Executable("/usr/bin/chromium".into())), Way::Flags);
    }
}
