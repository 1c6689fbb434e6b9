use super::client::{guarded_client, refused};
use super::document::{DOCUMENT_LIMIT, Opened};
use super::headers::telling;
use super::retry_after::retry_after;
use super::{AddressGuard, BrowseError, PageFailure};
use crate::model::Cause;
use crate::page::PageSnapshot;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use std::error::Error;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// Pages without a browser: one request each, nothing is run and nothing drawn.
#[derive(Debug, Clone)]
pub struct HttpTier {
    pub(super) client: reqwest::Client,
    /// The same, of hosts that cannot prove who they are: good for robots.txt alone.
    pub(super) unproven: reqwest::Client,
    pub(super) guard: Arc<AddressGuard>,
}

/// Redirects that are followed, as browsers do.
const MOST_REDIRECTS: usize = 20;

impl HttpTier {
    /// A client without cookies: no visit knows of another. It calls itself `user_agent`.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(guard: Arc<AddressGuard>, user_agent: &str) -> Result<Self, BrowseError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en-US,en;q=0.9"));
        let built = |unproven: bool| {
            guarded_client(&guard, MOST_REDIRECTS)
                .user_agent(user_agent)
                .default_headers(headers.clone())
                .danger_accept_invalid_certs(unproven)
                .build()
                .map_err(|error| BrowseError::Gone { operation: "set up HTTP", reason: error.to_string() })
        };
        Ok(Self { client: built(false)?, unproven: built(true)?, guard })
    }

    /// The page at an address, as its HTML makes it.
    ///
    /// # Errors
    /// Why it did not come. An HTTP error is a page that came.
    pub async fn get(&self, url: &str, deadline: Instant) -> Result<(Opened, PageSnapshot), PageFailure> {
        let url = url::Url::parse(url)
            .map_err(|error| PageFailure::new(Cause::BadAddress, format!("`{url}` is no address: {error}")))?;
        self.guard.check(&url).map_err(|refused| PageFailure::from(&refused))?;
        let work = async {
            let response = self.client.get(url).send().await.map_err(|error| failure(&error))?;
            self.judge_redirect(&response)?;
            let status = response.status().as_u16();
            let final_url = response.url().to_string();
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let kind = header(CONTENT_TYPE).unwrap_or_default();
            let attached =
                header(CONTENT_DISPOSITION).is_some_and(|value| value.trim_start().starts_with("attachment"));
            if attached || !is_page(&kind) {
                return Err(PageFailure::page_error("the address gives a download and no page", true));
            }
            let retry_after = header(RETRY_AFTER).and_then(|value| retry_after(&value, chrono::Utc::now()));
            let all = response.headers().iter();
            let headers = telling(all.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))));
            let bytes = body(response).await?;
            let opened = Opened {
                final_url: Some(final_url),
                http_status: Some(status),
                bytes: bytes.len() as u64,
                retry_after,
                dialogs: 0,
                headers,
            };
            Ok((opened, bytes, kind))
        };
        let answered = timeout_at(deadline, work).await.map_err(|_| PageFailure::no_answer())?;
        let (opened, bytes, kind) = answered?;
        let address = opened.final_url.clone().unwrap_or_default();
        // Parsing is work for a processor: it must not hold up those who wait for pages.
        let parsed =
            tokio::task::spawn_blocking(move || PageSnapshot::from_html(&address, &decode(&bytes, &kind))).await;
        let page = parsed.map_err(|error| PageFailure {
            error: Some(error.to_string()),
            ..PageFailure::page_error("the page could not be read", false)
        })?;
        Ok((opened, page))
    }
}

impl HttpTier {
    /// The client takes a redirect to what is neither http nor https for a page.
    fn judge_redirect(&self, response: &reqwest::Response) -> Result<(), PageFailure> {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.filter(|_| response.status().is_redirection());
        match target.and_then(|target| response.url().join(target).ok()) {
            Some(target) => self.guard.check(&target).map_err(|refused| PageFailure::from(&refused)),
            None => Ok(()),
        }
    }
}

async fn body(mut response: reqwest::Response) -> Result<Vec<u8>, PageFailure> {
    let too_large =
        || PageFailure::page_error(format!("the document is larger than {} MB", DOCUMENT_LIMIT >> 20), true);
    if response.content_length().is_some_and(|length| length > DOCUMENT_LIMIT) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > DOCUMENT_LIMIT {
            return Err(too_large());
        }
    }
    Ok(bytes)
}

fn is_page(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.is_empty() || kind.starts_with("text/") || kind.ends_with("xml") || kind.ends_with("json")
}

/// The text of a page: by its byte-order mark, its header, its `<meta>`, else as it looks.
fn decode(bytes: &[u8], kind: &str) -> String {
    let label = |text: &str| {
        let at = text.to_ascii_lowercase().find("charset=")?;
        let label =
            text[at + 8..].trim_start_matches(['"', '\'', ' ']).split(['"', '\'', ';', ' ', '>', '/']).next()?;
        Encoding::for_label(label.as_bytes())
    };
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    let declared = label(kind).or_else(|| label(&head));
    let encoding = declared.unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Allow)
    });
    encoding.decode(bytes).0.into_owned()
}

/// In the browser's words, so that a failure is called the same in every tier.
pub(super) fn failure(error: &reqwest::Error) -> PageFailure {
    if let Some(refused) = refused(error) {
        return refused.into();
    }
    // What the error itself says has the address in it, and that may have any word.
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(one) = cause {
        causes = format!("{causes}: {one}");
        cause = one.source();
    }
    let text = causes.to_lowercase();
    let name = if error.is_redirect() {
        "ERR_TOO_MANY_REDIRECTS"
    } else if text.contains("dns") || text.contains("lookup") || text.contains("resolve") {
        "ERR_NAME_NOT_RESOLVED"
    } else if text.contains("refused") {
        "ERR_CONNECTION_REFUSED"
    } else if text.contains("certificate") || text.contains("tls") || text.contains("ssl") {
        "ERR_CERT_INVALID"
    } else if text.contains("timed out") {
        "ERR_CONNECTION_TIMED_OUT"
    } else if text.contains("closed") || text.contains("reset") || text.contains("incomplete") || text.contains("eof") {
        "ERR_CONNECTION_CLOSED"
    } else if text.contains("parse") || text.contains("invalid http") {
        "ERR_INVALID_HTTP_RESPONSE"
    } else {
        "ERR_FAILED"
    };
    let failure = PageFailure::network(&format!("net::{name}"));
    PageFailure { error: Some(format!("{error}{causes}")), ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_many_encodings() {
        assert_eq!(decode("<p>Käse".as_bytes(), "text/html; charset=utf-8"), "<p>Käse");
        assert_eq!(decode(b"<p>K\xe4se", "text/html; charset=iso-8859-1"), "<p>Käse");
        assert_eq!(
            decode(b"<meta charset='windows-1252'><p>K\xe4se", "text/html"),
            "<meta charset='windows-1252'><p>Käse"
        );
        assert_eq!(decode(b"\xef\xbb\xbf<p>x", "text/html; charset=iso-8859-1"), "<p>x");
    }

    #[test]
    fn pages_and_downloads() {
        assert!(is_page("text/html; charset=utf-8") && is_page("") && is_page("application/xhtml+xml"));
        assert!(!is_page("application/pdf") && !is_page("image/png"));
    }
}
