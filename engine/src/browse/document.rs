use super::headers::telling;
use super::proxy::MARK;
use super::retry_after::retry_after;
use super::{PageFailure, Proxy};
use chromiumoxide::cdp::browser_protocol::network::{
    EventDataReceived, EventLoadingFailed, EventRequestWillBeSent, EventResponseReceived, RequestId, ResourceType,
};
use chromiumoxide::cdp::browser_protocol::page::{EventLifecycleEvent, FrameId};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

/// A document larger than this is not read: it would fill the memory of browser and engine.
pub(super) const DOCUMENT_LIMIT: u64 = 10 << 20;

/// What is known of a page that came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Its address after redirects.
    pub final_url: Option<String>,
    /// Status of its response.
    pub http_status: Option<u16>,
    /// Bytes of its document, unpacked.
    pub bytes: u64,
    /// Seconds after which the site wants to be asked again.
    pub retry_after: Option<u64>,
    /// Dialogs that it opened, and that were dismissed.
    pub dialogs: u32,
    /// Headers of its response that tell who answered and why.
    pub headers: Vec<(String, String)>,
}

/// What a tab's events say about the document in its main frame. Events of different kinds overtake each other on their
/// way here, so all are kept by request and judged together.
#[derive(Debug)]
pub(super) struct Document {
    frame: FrameId,
    main: Option<RequestId>,
    seen: HashMap<RequestId, Seen>,
    /// What its traffic goes through.
    proxy: Option<Arc<Proxy>>,
}

#[derive(Debug, Default)]
struct Seen {
    url: Option<String>,
    /// Instead of the site the proxy answered.
    refused: Option<PageFailure>,
    response: Option<Response>,
    bytes: u64,
    failed: Option<String>,
    parsed: Option<Instant>,
    loaded: bool,
}

#[derive(Debug)]
struct Response {
    url: String,
    status: Option<u16>,
    retry_after: Option<u64>,
    length: Option<u64>,
    is_download: bool,
    headers: Vec<(String, String)>,
}

impl Document {
    pub(super) fn new(frame: FrameId, proxy: Option<Arc<Proxy>>) -> Self {
        Self { frame, main: None, seen: HashMap::new(), proxy }
    }

    /// A new navigation: what came before counts no more.
    pub(super) fn forget(&mut self) {
        self.main = None;
        self.seen.clear();
    }

    pub(super) fn request(&mut self, request: &EventRequestWillBeSent) {
        let is_document = request.r#type == Some(ResourceType::Document);
        if is_document && request.frame_id.as_ref() == Some(&self.frame) {
            self.main = Some(request.request_id.clone());
            let seen = self.seen.entry(request.request_id.clone()).or_default();
            seen.url = Some(request.request.url.clone());
        }
    }

    pub(super) fn response(&mut self, event: &EventResponseReceived) {
        if event.r#type != ResourceType::Document || event.frame_id.as_ref() != Some(&self.frame) {
            return;
        }
        let header = |name: &str| header(event.response.headers.inner(), name);
        let attached = header("content-disposition").is_some_and(|value| value.trim_start().starts_with("attachment"));
        let mark = self.proxy.as_ref().zip(header(MARK));
        let refused = mark.and_then(|(proxy, mark)| proxy.own_answer(&event.response.url, mark));
        let seen = self.seen.entry(event.request_id.clone()).or_default();
        if refused.is_some() {
            seen.refused = refused;
            return;
        }
        seen.response = Some(Response {
            url: event.response.url.clone(),
            status: u16::try_from(event.response.status).ok(),
            retry_after: header("retry-after").and_then(|value| retry_after(value, chrono::Utc::now())),
            length: header("content-length").and_then(|length| length.trim().parse().ok()),
            is_download: attached || event.response.mime_type == "application/octet-stream",
            headers: telling(pairs(event.response.headers.inner())),
        });
    }

    pub(super) fn data(&mut self, data: &EventDataReceived) {
        let seen = self.seen.entry(data.request_id.clone()).or_default();
        seen.bytes += u64::try_from(data.data_length).unwrap_or_default();
    }

    pub(super) fn failed(&mut self, failed: &EventLoadingFailed) {
        self.seen.entry(failed.request_id.clone()).or_default().failed = Some(failed.error_text.clone());
    }

    pub(super) fn lifecycle(&mut self, event: &EventLifecycleEvent) {
        if event.frame_id != self.frame {
            return;
        }
        // The request of a document and its loader have one id.
        let seen = self.seen.entry(RequestId::new(event.loader_id.inner().clone())).or_default();
        match event.name.as_str() {
            "DOMContentLoaded" => seen.parsed = Some(Instant::now()),
            "load" => seen.loaded = true,
            _ => {}
        }
    }

    fn current(&self) -> Option<&Seen> {
        self.seen.get(self.main.as_ref()?)
    }

    /// When the document had been read to its end.
    pub(super) fn parsed(&self) -> Option<Instant> {
        self.current()?.parsed
    }

    /// True when the document, its pictures and its scripts are there, and so is what the server said about it.
    pub(super) fn is_loaded(&self) -> bool {
        self.current().is_some_and(|seen| seen.loaded && seen.response.is_some())
    }

    /// The failure of a document that is not read for its size.
    pub(super) fn too_large(&self) -> Option<PageFailure> {
        let seen = self.current()?;
        let length = seen.response.as_ref().and_then(|response| response.length);
        let reason = || format!("the page is larger than {} MB", DOCUMENT_LIMIT >> 20);
        let is_large = seen.bytes.max(length.unwrap_or_default()) > DOCUMENT_LIMIT;
        is_large.then(|| PageFailure::page_error(reason(), true))
    }

    /// Why this document will not be read.
    pub(super) fn fault(&self) -> Option<PageFailure> {
        let seen = self.current()?;
        if seen.refused.is_some() {
            return seen.refused.clone();
        }
        if seen.response.as_ref().is_some_and(|response| response.is_download) {
            return Some(download());
        }
        if let Some(too_large) = self.too_large() {
            return Some(too_large);
        }
        let failed = seen.failed.as_ref()?;
        // A response that is given up by the browser itself is one that it would save and not show.
        let status = seen.response.as_ref().and_then(|response| response.status);
        let saved = failed == "net::ERR_ABORTED" && status == Some(200);
        Some(if saved { download() } else { self.network(failed) })
    }

    /// The failure behind a network error of the browser.
    pub(super) fn network(&self, error: &str) -> PageFailure {
        let url = self.current().and_then(|seen| seen.url.as_ref());
        let explained = self.proxy.as_ref().zip(url).and_then(|(proxy, url)| proxy.explain(url, error));
        explained.unwrap_or_else(|| PageFailure::network(error))
    }

    /// What is known of the document so far.
    pub(super) fn opened(&self, dialogs: u32) -> Opened {
        let response = self.current().and_then(|seen| seen.response.as_ref());
        Opened {
            final_url: response.map(|response| response.url.clone()),
            http_status: response.and_then(|response| response.status),
            bytes: self.current().map_or(0, |seen| seen.bytes),
            retry_after: response.and_then(|response| response.retry_after),
            dialogs,
            headers: response.map(|response| response.headers.clone()).unwrap_or_default(),
        }
    }
}

fn header<'a>(headers: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    pairs(headers).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn pairs(headers: &serde_json::Value) -> impl Iterator<Item = (&str, &str)> {
    let all = headers.as_object().into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

fn download() -> PageFailure {
    PageFailure::page_error("the address gives a download and no page", true)
}
