use crate::canary::Canary;
use crate::mino::serve;
use futures::FutureExt;
use futures::future::BoxFuture;
use mino_engine::browse::{AddressGuard, Fleet, FleetOptions, HttpTier, PageFailure, Proxy, Resolve, locate};
use mino_engine::model::BlockedReason;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const SITE: &str = "127.31.0.2";

/// A resolver that an attacker rules: the address of the site the first time, the canary's ever after.
#[derive(Debug, Default)]
struct Rebinding(AtomicUsize);

impl Resolve for Rebinding {
    fn resolve(&self, host: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let first = host.starts_with("rebind") && self.0.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if first { SITE } else { "127.31.0.9" };
        async move { Ok(vec![address.parse().unwrap()]) }.boxed()
    }
}

fn rebinding() -> (Arc<Rebinding>, Arc<AddressGuard>) {
    let resolver = Arc::new(Rebinding::default());
    let only_site = [format!("{SITE}/32").parse().unwrap()];
    (resolver.clone(), Arc::new(AddressGuard::with_resolver(&only_site, resolver)))
}

/// One connection to a proxy.
struct Visitor(TcpStream);

impl Visitor {
    async fn to(proxy: &Proxy) -> Self {
        Self(TcpStream::connect(proxy.address()).await.unwrap())
    }

    async fn says(&mut self, head: &str) -> String {
        self.0.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&answer).to_lowercase();
            let body = text.find("\r\n\r\n").map(|end| answer.len() - end - 4);
            let length =
                text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
            if body.is_some_and(|body| body >= length.unwrap_or(0)) {
                return String::from_utf8_lossy(&answer).into_owned();
            }
            if self.0.read_buf(&mut answer).await.unwrap() == 0 {
                return String::from_utf8_lossy(&answer).into_owned();
            }
        }
    }
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_one_that_is_connected_to() {
    let site = serve(SITE, "{}", &[("index.html", "<h1>the site</h1>")]).await;
    let canary = Canary::start().await;
    let (resolver, guard) = rebinding();
    let proxy = Proxy::start(guard).await.unwrap();
    let mut visitor = Visitor::to(&proxy).await;
    let page = format!("GET http://rebind.example:{}/ HTTP/1.1\r\nHost: rebind.example", site.port());
    for _ in 0..3 {
        assert!(visitor.says(&page).await.ends_with("<h1>the site</h1>"));
    }
    assert_eq!(resolver.0.load(Ordering::SeqCst), 1, "a connection that is kept is not looked up again");
    let at_canary = format!("GET http://rebind.example:{}/ HTTP/1.1\r\nHost: rebind.example", canary.port);
    for refused in [&page, &at_canary] {
        let answer = Visitor::to(&proxy).await.says(refused).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("x-mino-proxy: "), "{answer}");
    }
    let tunnel = format!("CONNECT rebind.example:{} HTTP/1.1\r\nHost: rebind.example", canary.port);
    assert!(Visitor::to(&proxy).await.says(&tunnel).await.starts_with("HTTP/1.1 403 "));
    assert_eq!(canary.heard().connections, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_moves_inside_is_refused_in_both_tiers() {
    let site =
        serve(SITE, "{}", &[("inner.html", "<p>x"), ("index.html", "<h1>the site</h1><iframe src='/inner'></iframe>")])
            .await;
    let deadline = Instant::now() + Duration::from_secs(60);
    let url = format!("http://rebind.example:{}/", site.port());
    let refused = |failure: PageFailure| {
        assert_eq!(failure.blocked(), Some(BlockedReason::AddressGuard), "{failure:?}");
        assert!(failure.reason.starts_with("rebind.example is at 127.31.0.9, a loopback address: "), "{failure:?}");
    };
    let (_, guard) = rebinding();
    let http = HttpTier::new(guard.clone(), "mino").unwrap();
    assert_eq!(http.get(&url, deadline).await.unwrap().0.http_status, Some(200));
    let other = HttpTier::new(guard, "mino").unwrap();
    refused(other.get(&url, deadline).await.unwrap_err());

    let (_, guard) = rebinding();
    let source = locate(None, std::env::var_os("PATH").as_deref()).unwrap();
    let fleet = Fleet::launch(FleetOptions::new(source, guard)).await.unwrap();
    let mut tab = fleet.tab().await.unwrap();
    assert_eq!(tab.goto(&url, deadline).await.unwrap().http_status, Some(200));
    // Another port is another connection, so another question, within TLS and without.
    for scheme in ["http", "https"] {
        let moved = tab.goto(&format!("{scheme}://rebind.example:{}/", site.port() ^ 1), deadline).await;
        refused(moved.unwrap_err());
        assert_eq!(tab.opened().http_status, None, "the proxy's answer is not the site's");
    }
    tab.close().await;
    fleet.close().await;
}

/// What a raw server was asked, answering each connection once with `answer`.
async fn raw_site(answer: &'static str) -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind((SITE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut said = Vec::new();
            while !said.ends_with(b"\r\n\r\n") && stream.read_buf(&mut said).await.is_ok_and(|n| n > 0) {}
            told.send(String::from_utf8(said).unwrap()).unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, heard)
}

fn to_site() -> Arc<AddressGuard> {
    Arc::new(AddressGuard::new(&["127.31.0.0/24".parse().unwrap()]))
}

#[tokio::test]
async fn a_site_sees_the_request_as_the_browser_meant_it() {
    let answer = "HTTP/1.1 200 OK\r\nX-Own: 1\r\nConnection: close, x-hop\r\nX-Hop: 1\r\nx-mino-proxy: faked\r\n\
        Proxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nok";
    let (port, mut heard) = raw_site(answer).await;
    let proxy = Proxy::start(to_site()).await.unwrap();
    let answered = Visitor::to(&proxy)
        .await
        .says(&format!(
            "GET http://{SITE}:{port}/a?b=c HTTP/1.1\r\nHost: elsewhere.example\r\nProxy-Connection: keep-alive\r\n\
             User-Agent: U\r\nsec-ch-UA: x\r\nProxy-Authorization: Basic eDp5\r\nConnection: x-mine\r\nX-Mine: 1\r\nTE: trailers"
        ))
        .await;
    let request = heard.recv().await.unwrap();
    let expected = format!(
        "GET /a?b=c HTTP/1.1\r\nHost: {SITE}:{port}\r\nConnection: keep-alive\r\nUser-Agent: U\r\nsec-ch-UA: x\r\n\r\n"
    );
    assert_eq!(request, expected);
    assert!(
        answered.starts_with("HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 2\r\n")
            && answered.ends_with("\r\n\r\nok"),
        "{answered}"
    );
    for gone in ["x-hop", "x-mino-proxy", "proxy-authenticate", "date:"] {
        assert!(!answered.to_lowercase().contains(gone), "{gone}: {answered}");
    }
    let bytes = proxy.bytes();
    assert_eq!((bytes.received, bytes.sent), (answer.len() as u64, expected.len() as u64));
}

#[tokio::test]
async fn what_is_no_request_for_a_proxy_gets_nowhere() {
    let proxy = Proxy::start(to_site()).await.unwrap();
    let own = proxy.address();
    for (head, status) in [
        ("GET /".to_owned(), 400),
        ("GET https://127.31.0.2:1/".to_owned(), 400),
        ("GET ftp://127.31.0.2/".to_owned(), 400),
        ("GET http://a:b@127.31.0.2:1/".to_owned(), 400),
        ("CONNECT 127.31.0.2".to_owned(), 400),
        ("CONNECT user@127.31.0.2:1".to_owned(), 400),
        ("CONNECT 127.32.0.1:1".to_owned(), 403),
        ("CONNECT [::ffff:7f20:1]:1".to_owned(), 403),
        ("CONNECT localhost:1".to_owned(), 403),
        ("GET http://0x7f200001/".to_owned(), 403),
        (format!("GET http://{own}/"), 502),
        ("CONNECT 127.31.0.2:1".to_owned(), 502),
        ("GET http://127.31.0.2:1/".to_owned(), 502),
    ] {
        let answer = Visitor::to(&proxy).await.says(&format!("{head} HTTP/1.1\r\nHost: x")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
    }
    // To itself it does not go even where it may.
    let all = Proxy::start(Arc::new(AddressGuard::new(&["127.0.0.0/8".parse().unwrap()]))).await.unwrap();
    let own = format!("CONNECT {} HTTP/1.1\r\nHost: x", all.address());
    assert!(Visitor::to(&all).await.says(&own).await.starts_with("HTTP/1.1 502 "));
}

#[tokio::test]
async fn a_tunnel_carries_both_ways_and_ends_with_the_proxy() {
    let listener = TcpListener::bind((SITE, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let proxy = Proxy::start(to_site()).await.unwrap();
    let mut visitor = Visitor::to(&proxy).await;
    let opened = visitor.says(&format!("CONNECT {SITE}:{port} HTTP/1.1\r\nHost: x")).await;
    assert!(opened.starts_with("HTTP/1.1 200 "), "{opened}");
    let (mut site, _) = listener.accept().await.unwrap();
    visitor.0.write_all(b"ping").await.unwrap();
    let mut said = [0; 4];
    site.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"ping");
    site.write_all(b"pong").await.unwrap();
    visitor.0.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"pong");
    assert_eq!((proxy.bytes().received, proxy.bytes().sent), (4, 4));
    drop(proxy);
    assert_eq!(site.read(&mut said).await.unwrap_or(0), 0);
}
