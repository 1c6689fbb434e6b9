use super::PageFailure;
use super::dial::{Counted, dial};
use super::faults::Fault;
use super::proxy::{MARK, Shared};
use axum::body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use url::Host;

/// Sites send more headers than the library expects.
const MOST_HEADERS: usize = 512;
const TUNNEL_BUFFER: usize = 32 << 10;

/// Headers that concern one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The connection to the browser is closed without an answer, as the site's was: the browser then does what it would have
/// done without a proxy, a second try on a fresh connection included.
#[derive(Debug, thiserror::Error)]
#[error("the site closed the connection")]
struct Closed;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
}

impl Place {
    fn of(uri: &Uri, default_port: Option<u16>) -> Option<Self> {
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = Host::parse(authority.host()).ok()?.to_string();
        Some(Self { host, port: authority.port_u16().or(default_port)? })
    }

    fn key(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The one connection to a site that a connection of the browser has: what the browser keeps apart stays apart.
struct Upstream {
    place: Place,
    sender: client::SendRequest<Incoming>,
}

type Slot = Arc<Mutex<Option<Upstream>>>;

/// Serves one connection of the browser.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let slot = Slot::default();
    let service = service_fn(move |request| {
        let (shared, slot) = (shared.clone(), slot.clone());
        async move {
            if request.method() == Method::CONNECT {
                return Ok(tunnel(shared, request).await);
            }
            forward(&shared, &slot, request).await
        }
    });
    let connection = server::Builder::new()
        .preserve_header_case(true)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    // A browser that leaves early is no concern of ours.
    let _ = connection.with_upgrades().await;
}

async fn open(shared: &Shared, place: &Place) -> Result<Counted, Fault> {
    if (place.host.as_str(), place.port) == (&*shared.own.ip().to_string(), shared.own.port()) {
        return Err(Fault::Network("ERR_CONNECTION_REFUSED", "the proxy does not connect to itself".into()));
    }
    dial(&shared.guard, &place.host, place.port, &shared.traffic).await
}

async fn tunnel(shared: Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let Some(place) = Place::of(request.uri(), None) else { return plain(StatusCode::BAD_REQUEST) };
    let mut site = match open(&shared, &place).await {
        Ok(site) => site,
        Err(fault) => return refuse(&shared, &place, fault),
    };
    tokio::spawn(shared.ended.clone().run_until_cancelled_owned(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let mut browser = TokioIo::new(upgraded);
        // Either side may leave as it likes.
        let _ = tokio::io::copy_bidirectional_with_sizes(&mut browser, &mut site, TUNNEL_BUFFER, TUNNEL_BUFFER).await;
    }));
    plain(StatusCode::OK)
}

async fn forward(shared: &Shared, slot: &Slot, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
    let place = Place::of(request.uri(), Some(80)).filter(|_| request.uri().scheme_str() == Some("http"));
    let Some(place) = place else { return Ok(plain(StatusCode::BAD_REQUEST)) };
    let mut slot = slot.lock().await;
    let mut kept = slot.take().filter(|kept| kept.place == place);
    if let Some(upstream) = &mut kept
        && upstream.sender.ready().await.is_err()
    {
        kept = None;
    }
    let mut upstream = match kept {
        Some(kept) => kept,
        None => match connect(shared, &place).await {
            Ok(upstream) => upstream,
            Err(fault) => return Ok(refuse(shared, &place, fault)),
        },
    };
    match upstream.sender.send_request(outgoing(request)).await {
        Ok(response) => {
            *slot = Some(upstream);
            Ok(incoming(response))
        }
        Err(error) if error.is_parse() => {
            Ok(refuse(shared, &place, Fault::Network("ERR_INVALID_HTTP_RESPONSE", error.to_string())))
        }
        Err(_) => Err(Closed),
    }
}

async fn connect(shared: &Shared, place: &Place) -> Result<Upstream, Fault> {
    let stream = open(shared, place).await?;
    let handshake = client::Builder::new()
        .preserve_header_case(true)
        .title_case_headers(true)
        .max_headers(MOST_HEADERS)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .handshake(TokioIo::new(stream))
        .await;
    let (sender, connection) = handshake.map_err(|error| Fault::Network("ERR_CONNECTION_CLOSED", error.to_string()))?;
    // It ends with its sender, and with the last response that is read from it.
    tokio::spawn(shared.ended.clone().run_until_cancelled_owned(connection));
    Ok(Upstream { place: place.clone(), sender })
}

/// The browser's request as the site would have had it without a proxy.
fn outgoing(request: Request<Incoming>) -> Request<Incoming> {
    let (mut parts, body) = request.into_parts();
    let authority = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse().unwrap_or_else(|_| Uri::from_static("/"));
    parts.version = Version::HTTP_11;
    let kept_alive = parts.headers.contains_key("proxy-connection");
    let mut headers = HeaderMap::with_capacity(parts.headers.len() + 1);
    // The address decides, whatever the header says; and it is the first, as from a browser.
    headers.extend(authority.map(|authority| (HOST, authority)));
    headers.extend(kept_alive.then(|| (CONNECTION, HeaderValue::from_static("keep-alive"))));
    copy_end_to_end(&parts.headers, &mut headers);
    parts.headers = headers;
    Request::from_parts(parts, body)
}

fn incoming(response: Response<Incoming>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let mut headers = HeaderMap::with_capacity(parts.headers.len());
    copy_end_to_end(&parts.headers, &mut headers);
    headers.remove(MARK);
    parts.headers = headers;
    parts.version = Version::HTTP_11;
    Response::from_parts(parts, Body::new(body))
}

/// Copies headers but for those of one connection.
fn copy_end_to_end(from: &HeaderMap, to: &mut HeaderMap) {
    let named = from.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<String> = named.flat_map(|list| list.split(',')).map(|name| name.trim().to_lowercase()).collect();
    // `Connection: content-length` would make of one message two.
    let framed = |name: &HeaderName| name == CONTENT_LENGTH || name == HOST;
    let hop = |name: &HeaderName| {
        HOP_BY_HOP.contains(&name.as_str()) || (!framed(name) && named.iter().any(|named| named == name.as_str()))
    };
    for (name, value) in from.iter().filter(|(name, _)| !hop(name)) {
        if name == HOST && to.contains_key(HOST) {
            continue;
        }
        to.append(name.clone(), value.clone());
    }
}

/// The proxy's own answer where there is none of the site.
fn refuse(shared: &Shared, place: &Place, fault: Fault) -> Response<Body> {
    let status = if fault.is_refusal() { StatusCode::FORBIDDEN } else { StatusCode::BAD_GATEWAY };
    let key = place.key();
    // Without a body the browser would show a page of its own, and tell nothing of the header.
    let mut response = Response::new(Body::from(PageFailure::from(&fault).reason));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    shared.note(&key, fault);
    if let Ok(mark) = HeaderValue::from_str(&shared.faults.mark(&key)) {
        response.headers_mut().insert(MARK, mark);
    }
    response
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
