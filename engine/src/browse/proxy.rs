use super::dial::Traffic;
use super::faults::{Fault, Faults, place};
use super::forward::serve;
use super::{AddressGuard, BrowseError, GuardError, PageFailure};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

/// A forward proxy on loopback, through which a browser has all of its traffic: it resolves every name itself, and connects
/// to no address that the guard refuses. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _ended: DropGuard,
}

/// What all connections through a proxy share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) guard: Arc<AddressGuard>,
    pub(super) faults: Faults,
    pub(super) traffic: Arc<Traffic>,
    pub(super) ended: CancellationToken,
    /// Its own address: a loop through it would never end.
    pub(super) own: SocketAddr,
}

/// Bytes between a proxy and the sites, TLS and headers included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProxyBytes {
    /// From the sites.
    pub received: u64,
    /// To the sites.
    pub sent: u64,
}

/// A header of the proxy's own answers; its value is the mark of the place that was asked for.
pub(super) const MARK: &str = "x-mino-proxy";

impl Proxy {
    /// Starts one at a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(guard: Arc<AddressGuard>) -> Result<Self, BrowseError> {
        let failed = |error: std::io::Error| BrowseError::Proxy { reason: error.to_string() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let own = listener.local_addr().map_err(failed)?;
        let ended = CancellationToken::new();
        let shared = Arc::new(Shared {
            guard,
            faults: Faults::default(),
            traffic: Arc::new(Traffic::default()),
            ended: ended.clone(),
            own,
        });
        tokio::spawn(ended.clone().run_until_cancelled_owned(accept(listener, shared.clone())));
        Ok(Self { address: own, shared, _ended: ended.drop_guard() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As `--proxy-server` and DevTools want it.
    #[must_use]
    pub fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Flags, without their dashes, that send all traffic of a Chromium through this proxy.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        vec![
            format!("proxy-server={}", self.server()),
            // Chromium goes to loopback without its proxy unless told otherwise.
            format!("proxy-bypass-list={BYPASS}"),
            // Names are resolved by the proxy alone.
            "host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1".to_owned(),
            "dns-prefetch-disable".to_owned(),
            // What is not TCP cannot go through it.
            "disable-quic".to_owned(),
            "force-webrtc-ip-handling-policy=disable_non_proxied_udp".to_owned(),
            "webrtc-ip-handling-policy=disable_non_proxied_udp".to_owned(),
        ]
    }

    /// Bytes to and from sites so far.
    #[must_use]
    pub fn bytes(&self) -> ProxyBytes {
        let traffic = &self.shared.traffic;
        ProxyBytes { received: traffic.received.load(Ordering::Relaxed), sent: traffic.sent.load(Ordering::Relaxed) }
    }

    /// The guard that it asks.
    pub(super) fn guard(&self) -> &AddressGuard {
        &self.shared.guard
    }

    /// Why a response is not one of its site, after the header [`MARK`]: the proxy made it.
    pub(super) fn own_answer(&self, url: &str, mark: &str) -> Option<PageFailure> {
        // Within TLS nothing is from the proxy.
        let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
        let place = place(&url)?;
        let fault = (self.shared.faults.mark(&place) == mark).then(|| self.shared.faults.of(&place))??;
        Some((&fault).into())
    }

    /// What stands behind the browser's network error at an address.
    pub(super) fn explain(&self, url: &str, error: &str) -> Option<PageFailure> {
        let url = Url::parse(url).ok()?;
        if error.contains("ERR_TUNNEL_CONNECTION_FAILED") {
            return self.shared.faults.of(&place(&url)?).as_ref().map(PageFailure::from);
        }
        if error.contains("ERR_PROXY_CONNECTION_FAILED") {
            let reason = format!("the browser does not reach the engine's proxy at {}", self.address);
            return Some(PageFailure { error: Some(error.to_owned()), ..PageFailure::page_error(reason, false) });
        }
        // A redirect elsewhere ends in one of several errors, by the scheme.
        if matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let refused = GuardError::Scheme { scheme: url.scheme().to_owned() };
        Some(PageFailure { error: Some(error.to_owned()), ..(&refused).into() })
    }
}

/// No host goes past the proxy, loopback neither.
pub(super) const BYPASS: &str = "<-loopback>";

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(stream, shared.clone()));
                }
                // Out of descriptors, most likely: others must end first.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

impl Shared {
    /// Keeps why a place was not connected to.
    pub(super) fn note(&self, place: &str, fault: Fault) {
        tracing::debug!(place, ?fault, "not connected");
        self.faults.add(place, fault);
    }
}
