use super::answer::answer;
use super::{ServeError, Site};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Serves sites until it is dropped.
#[derive(Debug)]
pub struct SiteServer {
    port: u16,
    /// Aborts its tasks when dropped.
    _tasks: JoinSet<()>,
}

impl SiteServer {
    /// A port that is free at every one of the addresses; `wanted` itself unless it is 0.
    ///
    /// # Errors
    /// When one of them cannot be listened on.
    pub async fn free_port(addresses: &[Ipv4Addr], wanted: u16) -> Result<u16, ServeError> {
        const TRIES: usize = 20;
        for turn in 0.. {
            let first = listen(addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST), wanted).await?;
            let port = first.local_addr().map_or(wanted, |address| address.port());
            drop(first);
            let mut busy = None;
            for address in addresses {
                if let Err(error) = listen(*address, port).await {
                    busy = Some(error);
                }
            }
            match busy {
                None => return Ok(port),
                Some(error) if wanted != 0 || turn == TRIES => return Err(error),
                Some(_) => {}
            }
        }
        Ok(wanted)
    }

    /// Serves every site at its address and this port.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn start(sites: Vec<Site>, port: u16) -> Result<Self, ServeError> {
        let mut tasks = JoinSet::new();
        for site in sites {
            let listener = listen(site.address, port).await?;
            tasks.spawn(serve(listener, Arc::new(site)));
        }
        Ok(Self { port, _tasks: tasks })
    }

    /// The port of every site.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

async fn listen(address: Ipv4Addr, port: u16) -> Result<TcpListener, ServeError> {
    let address = SocketAddr::from((address, port));
    TcpListener::bind(address).await.map_err(|reason| ServeError::Listen { address, reason })
}

async fn serve(listener: TcpListener, site: Arc<Site>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let site = site.clone();
                connections.spawn(async move {
                    let service = service_fn(|request| {
                        let site = site.clone();
                        async move { answer(&site, &request).await }
                    });
                    // A visitor who leaves early is no concern of the site's.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by failing what it expected")]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::collections::BTreeMap;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const SITE: &str = r#"{"address": "127.20.99.1", "name": "t",
      "login": {"path": "/login", "cookie": {"name": "s", "value": "1"}, "redirect": "/in"},
      "routes": {
        "/in": {"file": "a.html", "requires_cookie": {"name": "s", "value": "1", "else_redirect": "/login"}},
        "/gone": {"status": 410, "file": "a.html", "headers": {"X-A": "b"}},
        "/a?id=2": {"file": "b.html"}, "/flaky": {"flaky": {"fail_first": 1, "status": 503}, "file": "a.html"},
        "/loop": {"behaviour": "redirect_loop"},
        "/close": {"behaviour": "close"}, "/bad": {"behaviour": "invalid_utf8", "file": "b.html"},
        "/dl": {"behaviour": "download", "file": "b.html"}, "/huge": {"behaviour": "huge"},
        "/never": {"behaviour": "never_finishes", "file": "a.html"}}}"#;

    async fn start() -> SiteServer {
        let text = |text: &'static str| Bytes::from_static(text.as_bytes());
        let files = [("site.json", text(SITE)), ("a.html", text("<p>AAAA")), ("b.html", text("<p>{{bad}}B"))];
        let files: BTreeMap<String, Bytes> = files.map(|(name, bytes)| (name.to_owned(), bytes)).into();
        let site = Site::new("t", files).unwrap();
        let port = SiteServer::free_port(&[site.address], 0).await.unwrap();
        SiteServer::start(vec![site], port).await.unwrap()
    }

    async fn ask(server: &SiteServer, head: &str) -> Vec<u8> {
        let mut stream = tokio::net::TcpStream::connect(("127.20.99.1", server.port())).await.unwrap();
        stream.write_all(format!("{head}\r\nHost: t\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        all
    }

    async fn get(server: &SiteServer, path: &str) -> String {
        String::from_utf8_lossy(&ask(server, &format!("GET {path} HTTP/1.1")).await).into_owned()
    }

    #[tokio::test]
    async fn addresses_do_what_the_site_says() {
        let server = start().await;
        assert!(get(&server, "/a").await.ends_with("<p>AAAA"));
        assert!(get(&server, "/a?id=1").await.ends_with("<p>AAAA"));
        assert!(get(&server, "/a?id=2").await.ends_with("B"));
        assert!(get(&server, "/nothing").await.starts_with("HTTP/1.1 404"));
        assert!(get(&server, "/../../etc/passwd").await.starts_with("HTTP/1.1 404"));
        let gone = get(&server, "/gone").await;
        assert!(gone.starts_with("HTTP/1.1 410") && gone.contains("x-a: b"), "{gone}");
        assert!(get(&server, "/flaky").await.starts_with("HTTP/1.1 503"));
        assert!(get(&server, "/flaky").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn a_login_opens_what_is_behind_it() {
        let server = start().await;
        assert!(get(&server, "/in").await.contains("location: /login"));
        let post = ask(&server, "POST /login HTTP/1.1\r\nContent-Length: 0").await;
        assert!(String::from_utf8_lossy(&post).contains("set-cookie: s=1"));
        assert!(ask(&server, "GET /in HTTP/1.1\r\nCookie: x=2; s=1").await.ends_with(b"<p>AAAA"));
    }

    #[tokio::test]
    async fn sites_misbehave_as_asked() {
        let server = start().await;
        assert!(get(&server, "/loop").await.contains("location: /loop?again"));
        assert!(get(&server, "/loop?again").await.contains("location: /loop\r\n"));
        assert_eq!(get(&server, "/close").await, "");
        assert!(ask(&server, "GET /bad HTTP/1.1").await.ends_with(b"<p>\xFF\xFE\x80B"));
        assert!(get(&server, "/dl").await.contains("attachment; filename=\"b.html\""));
        assert!(ask(&server, "GET /huge HTTP/1.1").await.len() > 50 * 1024 * 1024);
    }

    #[tokio::test]
    async fn a_page_that_never_finishes_sends_its_first_half() {
        let server = start().await;
        let mut stream = tokio::net::TcpStream::connect(("127.20.99.1", server.port())).await.unwrap();
        stream.write_all(b"GET /never HTTP/1.1\r\nHost: t\r\n\r\n").await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"<p>\r\n") {
            assert_ne!(stream.read_buf(&mut seen).await.unwrap(), 0, "{:?}", String::from_utf8_lossy(&seen));
        }
    }

    #[test]
    fn a_site_that_makes_no_sense_says_so() {
        let fault = |json: &str| {
            let files = [("site.json".to_owned(), Bytes::copy_from_slice(json.as_bytes()))].into();
            Site::new("sites/x", files).unwrap_err().to_string()
        };
        insta::assert_snapshot!(fault(r#"{"address": "10.0.0.1", "name": ""}"#), @"sites/x/site.json: address 10.0.0.1 is not on loopback; take one in 127.0.0.0/8");
        insta::assert_snapshot!(fault(r#"{"address": "127.0.0.1", "name": "", "route": {}}"#), @"sites/x/site.json: unknown field `route`, expected one of `address`, `name`, `routes`, `login` at line 1 column 44");
        insta::assert_snapshot!(fault(r#"{"address": "127.0.0.1", "name": "", "routes": {"/": {"file": "no.html"}}}"#), @"sites/x/site.json: a route names the file no.html, which is not there");
    }
}
