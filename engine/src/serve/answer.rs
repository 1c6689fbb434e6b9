use super::site::{Behaviour, Cookie, Route, Site};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::response::Builder;
use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use futures::{StreamExt, stream};
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the site closes the connection here")]
pub(super) enum Closed {
    /// As the route says.
    AsAsked,
    /// The answer cannot be put in HTTP: a header of the route is not one.
    NotHttp(#[from] axum::http::Error),
}

const HUGE: usize = 50 * 1024 * 1024;

pub(super) async fn answer<B>(site: &Site, request: &Request<B>) -> Result<Response<Body>, Closed> {
    let (path, query) = (request.uri().path(), request.uri().query());
    if let Some(login) = site.login.as_ref().filter(|login| request.method() == Method::POST && login.path == path) {
        return Ok(redirect(&login.redirect).header(SET_COOKIE, set(&login.cookie)).body(Body::empty())?);
    }
    let Some(route) = site.route(path, query) else {
        return Ok(match site.file_at(path) {
            Some((name, bytes)) => page(StatusCode::OK, content_type(name)).body(Body::from(bytes.clone()))?,
            None => not_found(site)?,
        });
    };
    if route.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(route.delay_ms)).await;
    }
    if let Some(needed) = &route.requires_cookie
        && !has_cookie(request, &needed.name, &needed.value)
    {
        return Ok(redirect(&needed.else_redirect).body(Body::empty())?);
    }
    if let Some(flaky) = &route.flaky
        && flaky.seen.fetch_add(1, Ordering::Relaxed) < flaky.fail_first
    {
        return Ok(page(status(flaky.status), "text/plain").body(Body::from("not now"))?);
    }
    match route.behaviour {
        Some(behaviour) => misbehave(behaviour, site, route, (path, query)),
        None => plainly(site, route, path),
    }
}

fn plainly(site: &Site, route: &Route, path: &str) -> Result<Response<Body>, Closed> {
    if let Some(target) = &route.redirect {
        return Ok(dress(redirect(target), route).body(Body::empty())?);
    }
    let Some((name, bytes)) = body_of(site, route, path) else { return Ok(not_found(site)?) };
    let kind = route.content_type.as_deref().unwrap_or_else(|| content_type(name));
    Ok(dress(page(status(route.status.unwrap_or(200)), kind), route).body(Body::from(bytes.clone()))?)
}

fn misbehave(
    behaviour: Behaviour,
    site: &Site,
    route: &Route,
    (path, query): (&str, Option<&str>),
) -> Result<Response<Body>, Closed> {
    const HTML: &str = "text/html; charset=utf-8";
    let (name, bytes) = body_of(site, route, path).map_or(("page.html", Bytes::new()), |(name, b)| (name, b.clone()));
    let answer = match behaviour {
        Behaviour::Close => return Err(Closed::AsAsked),
        Behaviour::RedirectLoop => {
            let next = if query.is_none() { format!("{path}?again") } else { path.to_owned() };
            redirect(&next).body(Body::empty())
        }
        Behaviour::NeverFinishes => {
            let half = bytes.slice(..bytes.len() / 2);
            let begun = stream::once(async move { Ok::<Bytes, Infallible>(half) });
            page(StatusCode::OK, HTML).body(Body::from_stream(begun.chain(stream::pending())))
        }
        Behaviour::Huge => page(StatusCode::OK, HTML).body(huge()),
        Behaviour::Download => page(StatusCode::OK, "application/octet-stream")
            .header(CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
            .body(Body::from(bytes)),
        Behaviour::InvalidUtf8 => page(StatusCode::OK, HTML).body(Body::from(with_broken_bytes(&bytes))),
    };
    Ok(answer?)
}

/// 50 MB of HTML, made as it is read.
fn huge() -> Body {
    let line = Bytes::from("<p>Another line of a page that has far too many of them.</p>\n".repeat(1024));
    let opening = Bytes::from_static(b"<!doctype html><title>A page without end</title><p>");
    let lines = stream::repeat(line.clone()).take(HUGE / line.len() + 1);
    Body::from_stream(stream::iter([opening]).chain(lines).map(Ok::<Bytes, Infallible>))
}

fn with_broken_bytes(page: &[u8]) -> Vec<u8> {
    const MARKER: &[u8] = b"{{bad}}";
    let mut out = Vec::with_capacity(page.len());
    let mut rest = page;
    while let Some(at) = rest.windows(MARKER.len()).position(|window| window == MARKER) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[0xFF, 0xFE, 0x80]);
        rest = &rest[at + MARKER.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn body_of<'s>(site: &'s Site, route: &Route, path: &str) -> Option<(&'s str, &'s Bytes)> {
    route.file.as_deref().map_or_else(|| site.file_at(path), |name| site.file(name))
}

fn page(status: StatusCode, content_type: &str) -> Builder {
    Response::builder().status(status).header(CONTENT_TYPE, content_type).header(CACHE_CONTROL, "no-store")
}

fn redirect(target: &str) -> Builder {
    Response::builder().status(StatusCode::FOUND).header(LOCATION, target).header(CACHE_CONTROL, "no-store")
}

fn dress(mut answer: Builder, route: &Route) -> Builder {
    for (name, value) in &route.headers {
        answer = answer.header(name, value);
    }
    match &route.sets_cookie {
        Some(cookie) => answer.header(SET_COOKIE, set(cookie)),
        None => answer,
    }
}

fn not_found(site: &Site) -> Result<Response<Body>, axum::http::Error> {
    let body = site.file("404.html").map_or_else(|| Bytes::from_static(b"not found"), |(_, bytes)| bytes.clone());
    page(StatusCode::NOT_FOUND, "text/html; charset=utf-8").body(Body::from(body))
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn set(cookie: &Cookie) -> String {
    format!("{}={}; Path=/", cookie.name, cookie.value)
}

fn has_cookie<B>(request: &Request<B>, name: &str, value: &str) -> bool {
    let cookies = request.headers().get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    cookies.flat_map(|header| header.split(';')).any(|pair| pair.trim().split_once('=') == Some((name, value)))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("xml") => "application/xml",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
