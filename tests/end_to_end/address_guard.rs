use crate::canary::{Canary, Heard};
use crate::mino::{Mino, serve};
use serde_json::Value;
use std::fmt::Write;

/// The only address that the campaign may reach.
const SITE: &str = "127.31.0.1";
const ONLY_SITE: [&str; 2] = ["--allow-address", "127.31.0.1"];
const EVERYTHING: [&str; 2] = ["--allow-address", "127.0.0.0/8,0.0.0.0/8,::/64"];

/// Addresses of rows that lead to the canary, at its port.
const SPELLINGS: [(&str, &str); 24] = [
    ("plain", "http://127.31.0.9:PORT/"),
    ("tls", "https://127.31.0.9:PORT/"),
    ("no-scheme", "127.31.0.9:PORT"),
    ("decimal", "http://2132738057:PORT/"),
    ("hex", "http://0x7f1f0009:PORT/"),
    ("hex-parts", "http://0x7f.0x1f.0.9:PORT/"),
    ("octal", "http://0177.037.0.011:PORT/"),
    ("short", "http://127.9:PORT/"),
    ("trailing-dot", "http://127.31.0.9.:PORT/"),
    ("user", "http://www.example.org@127.31.0.9:PORT/"),
    ("user-password", "http://a:b@127.31.0.9:PORT/"),
    ("circled-digits", "http://①②⑦.31.0.9:PORT/"),
    ("full-width-dots", "http://127。31。0。9:PORT/"),
    ("escaped", "http://%31%32%37.31.0.9:PORT/"),
    ("backslash", "http:\\\\127.31.0.9:PORT\\"),
    ("localhost", "http://localhost:PORT/"),
    ("localhost-dot", "http://LOCALHOST.:PORT/"),
    ("below-localhost", "http://www.localhost:PORT/"),
    ("zero", "http://0:PORT/"),
    ("unspecified", "http://0.0.0.0:PORT/"),
    ("v6", "http://[::1]:PORT/"),
    ("v6-unspecified", "http://[::]:PORT/"),
    ("v6-mapped", "http://[::ffff:127.31.0.9]:PORT/"),
    ("v6-mapped-hex", "http://[0:0:0:0:0:ffff:7f1f:9]:PORT/"),
];

/// Rows that could lead inside somewhere else.
const ELSEWHERE: [(&str, &str); 20] = [
    ("private", "http://10.0.0.1/"),
    ("private-172", "https://172.16.0.1/"),
    ("private-192", "http://192.168.1.1/"),
    ("metadata", "http://169.254.169.254/latest/meta-data/"),
    ("link-local", "http://169.254.1.1/"),
    ("carrier", "http://100.64.0.1/"),
    ("benchmark", "http://198.18.0.1/"),
    ("broadcast", "http://255.255.255.255/"),
    ("multicast", "http://239.255.255.250:1900/"),
    ("v6-private", "http://[fd00:ec2::254]/"),
    ("v6-link-local", "http://[fe80::1]/"),
    ("v6-nat64", "http://[64:ff9b::7f1f:9]:PORT/"),
    ("v6-6to4", "http://[2002:7f1f:9::]:PORT/"),
    ("v6-compatible", "http://[::7f1f:9]:PORT/"),
    ("file", "file:///etc/passwd"),
    ("ftp", "ftp://127.31.0.9:PORT/"),
    ("data", "data:text/html,<p class=done>data</p>"),
    ("javascript", "javascript:location='http://127.31.0.9:PORT/'"),
    ("view-source", "view-source:http://127.31.0.9:PORT/"),
    ("chrome", "chrome://version/"),
];

/// Where the site's redirects go, by status.
const REDIRECTS: [(&str, u16, &str); 12] = [
    ("301", 301, "http://127.31.0.9:PORT/c/301"),
    ("302", 302, "http://127.31.0.9:PORT/c/302"),
    ("303", 303, "//127.31.0.9:PORT/c/303"),
    ("307", 307, "http://2132738057:PORT/c/307"),
    ("308", 308, "http://[::ffff:7f1f:9]:PORT/c/308"),
    ("302-localhost", 302, "http://localhost:PORT/c/302-localhost"),
    ("302-tls", 302, "https://127.31.0.9:PORT/c/302-tls"),
    ("302-chain", 302, "/r/302"),
    ("302-metadata", 302, "http://169.254.169.254/"),
    ("302-file", 302, "file:///etc/passwd"),
    ("302-ftp", 302, "ftp://127.31.0.9:PORT/"),
    ("302-data", 302, "data:text/html,<p class=done>data</p>"),
];

/// What pages do; `C` stands for the canary's address and the name of the case.
const PAGES: &[(&str, &str)] = &[
    ("img", "<img src='C'>"),
    ("img-srcset", "<img srcset='C 1x'>"),
    ("picture", "<picture><source srcset='C'><img></picture>"),
    ("input-image", "<input type=image src='C'>"),
    ("script", "<script src='C'></script>"),
    ("script-module", "<script type=module src='C'></script>"),
    ("script-import", "<script>import('C').catch(() => 0)</script>"),
    ("css-link", "<link rel=stylesheet href='C'>"),
    ("css-import", "<style>@import url('C');</style>"),
    ("css-background", "<style>body { background: url('C') }</style>"),
    ("css-font", "<style>@font-face { font-family: f; src: url('C') } h1 { font-family: f }</style>"),
    ("iframe", "<iframe src='C'></iframe>"),
    ("iframe-srcdoc", "<iframe srcdoc=\"<img src='C'>\"></iframe>"),
    ("iframe-data", "<iframe src=\"data:text/html,<img src='C'>\"></iframe>"),
    ("iframe-script", "<iframe src=\"javascript:'<img src=C>'\"></iframe>"),
    ("iframe-redirect", "<iframe src='/r/iframe-redirect'></iframe>"),
    ("iframe-refresh", "<iframe srcdoc=\"<meta http-equiv=refresh content='0;url=C'>\"></iframe>"),
    ("object", "<object data='C' type='text/html'></object>"),
    ("embed", "<embed src='C' type='text/html'>"),
    ("video", "<video src='C' preload=auto></video>"),
    ("video-poster", "<video poster='C'></video>"),
    ("audio", "<audio src='C' preload=auto></audio>"),
    ("svg-image", "<svg><image href='C' width=9 height=9 /></svg>"),
    ("base", "<base href='C/'><img src='x.png'>"),
    ("preload", "<link rel=preload as=image href='C'>"),
    ("module-preload", "<link rel=modulepreload href='C'>"),
    ("prefetch", "<link rel=prefetch href='C'>"),
    ("preconnect", "<link rel=preconnect href='C'><link rel=dns-prefetch href='C'>"),
    ("preconnect-tls", "<link rel=preconnect href='https://127.31.0.9:PORT' crossorigin>"),
    (
        "speculation",
        "<script type=speculationrules>{\"prerender\": [{\"urls\": [\"C\"]}], \"prefetch\": [{\"urls\": [\"C\"]}]}</script>",
    ),
    ("fetch", "<script>fetch('C').catch(() => 0)</script>"),
    ("fetch-no-cors", "<script>fetch('C', {mode: 'no-cors'}).catch(() => 0)</script>"),
    ("fetch-post", "<script>fetch('C', {method: 'POST', mode: 'no-cors', body: 'x'}).catch(() => 0)</script>"),
    ("fetch-keepalive", "<script>fetch('C', {mode: 'no-cors', keepalive: true}).catch(() => 0)</script>"),
    ("fetch-redirect", "<script>fetch('/r/fetch-redirect', {mode: 'no-cors'}).catch(() => 0)</script>"),
    ("xhr", "<script>const x = new XMLHttpRequest(); x.open('GET', 'C'); x.send()</script>"),
    (
        "xhr-sync",
        "<script>const x = new XMLHttpRequest(); x.open('GET', 'C', false); try { x.send() } catch {}</script>",
    ),
    ("websocket", "<script>new WebSocket('C'.replace('http', 'ws'))</script>"),
    ("websocket-tls", "<script>new WebSocket('C'.replace('http', 'wss'))</script>"),
    ("event-source", "<script>new EventSource('C')</script>"),
    ("beacon", "<script>navigator.sendBeacon('C', 'x')</script>"),
    ("worker-import", "<script>new Worker('/worker.js?C')</script>"),
    ("worker-fetch", "<script>new Worker('/fetcher.js?C')</script>"),
    (
        "worker-blob",
        "<script>new Worker(URL.createObjectURL(new Blob(['fetch(\"C\", {mode: \"no-cors\"})'])))</script>",
    ),
    ("worker-shared", "<script>new SharedWorker('/fetcher.js?C')</script>"),
    ("worker-service", "<script>navigator.serviceWorker.register('/fetcher.js?C')</script>"),
    ("worker-service-import", "<script>navigator.serviceWorker.register('/worker.js?C').catch(() => 0)</script>"),
    ("form", "<form id=f action='C' method=post></form><script>f.submit()</script>"),
    ("form-frame", "<iframe name=t></iframe><form id=f action='C' target=t></form><script>f.submit()</script>"),
    ("window-open", "<script>window.open('C')</script>"),
    ("anchor", "<a id=a href='C'>x</a><script>a.click()</script>"),
    ("anchor-ping", "<a id=a href='#x' ping='C'>x</a><script>a.click()</script>"),
    ("anchor-download", "<a id=a href='C' download=x>x</a><script>a.click()</script>"),
    ("location", "<script>location = 'C'</script>"),
    ("location-tls", "<script>location = 'https://127.31.0.9:PORT/c/location-tls'</script>"),
    ("location-replace", "<script>setTimeout(() => location.replace('C'), 50)</script>"),
    ("meta-refresh", "<meta http-equiv=refresh content='0;url=C'>"),
    ("spelt-decimal", "<img src='http://2132738057:PORT/c/spelt-decimal'>"),
    ("spelt-octal", "<img src='http://0177.037.0.011:PORT/c/spelt-octal'>"),
    ("spelt-short", "<img src='http://127.9:PORT/c/spelt-short'>"),
    ("spelt-user", "<img src='http://example.org@127.31.0.9:PORT/c/spelt-user'>"),
    ("spelt-circled", "<img src='http://①②⑦.31.0.9:PORT/c/spelt-circled'>"),
    ("spelt-localhost", "<img src='http://www.localhost:PORT/c/spelt-localhost'>"),
    ("spelt-mapped", "<img src='http://[::ffff:127.31.0.9]:PORT/c/spelt-mapped'>"),
    ("spelt-v6", "<img src='http://[::1]:PORT/c/spelt-v6'>"),
    ("spelt-zero", "<img src='http://0.0.0.0:PORT/c/spelt-zero'>"),
    (
        "webrtc-stun",
        "<script>const p = new RTCPeerConnection({iceServers: [{urls: 'stun:127.31.0.9:PORT'}]}); \
        p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>",
    ),
    (
        "webrtc-turn",
        "<script>const p = new RTCPeerConnection({iceServers: [{urls: ['turn:127.31.0.9:PORT?transport=tcp', \
        'turn:127.31.0.9:PORT?transport=udp', 'turns:127.31.0.9:PORT?transport=tcp'], username: 'a', credential: 'b'}]}); \
        p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>",
    ),
    (
        "webrtc-candidate",
        "<script>(async () => { const [p, q] = [0, 0].map(() => new RTCPeerConnection()); p.createDataChannel('x'); \
        await p.setLocalDescription(await p.createOffer()); await q.setRemoteDescription(p.localDescription); \
        await q.setLocalDescription(await q.createAnswer()); await p.setRemoteDescription(q.localDescription); \
        for (const c of ['udp 2122260223 127.31.0.9 PORT typ host', 'tcp 1518280447 127.31.0.9 PORT typ host tcptype passive']) \
        p.addIceCandidate({candidate: 'candidate:1 1 ' + c, sdpMid: '0'}) })()</script>",
    ),
    ("webtransport", "<script>new WebTransport('https://127.31.0.9:PORT/').ready.catch(() => 0)</script>"),
];

/// What the canary is not told by name when it is reached, or cannot be reached at all: by UDP, within TLS, or because the
/// browser itself does without. Service workers wait for a debugger as long as the page is driven by one.
const UNNAMED: [&str; 14] = [
    // Pages open no windows.
    "window-open",
    "preconnect",
    "preconnect-tls",
    "speculation",
    "anchor-ping",
    "spelt-user",
    "worker-service",
    "worker-service-import",
    "websocket-tls",
    "location-tls",
    "webrtc-stun",
    "webrtc-turn",
    "webrtc-candidate",
    "webtransport",
];

const END: &str = "<script>setTimeout(() => { const p = document.createElement('p'); p.className = 'done'; \
    p.textContent = 'done'; document.body.append(p) }, 500)</script>";

/// A site of pages that try to reach the canary, and two campaigns over it.
struct Attack {
    mino: Mino,
    canary: Canary,
    _site: mino_engine::serve::SiteServer,
}

impl Attack {
    async fn start() -> Self {
        let canary = Canary::start().await;
        let at_port = |text: &str| text.replace("PORT", &canary.port.to_string());
        let target = |name: &str| at_port(&format!("http://127.31.0.9:PORT/c/{name}"));
        let mut routes = Vec::new();
        for (name, status, location) in REDIRECTS {
            let route =
                serde_json::json!({"status": status, "file": "empty.html", "headers": {"Location": at_port(location)}});
            routes.push((format!("/r/{name}"), route));
        }
        for name in ["iframe-redirect", "fetch-redirect"] {
            let route = serde_json::json!({"status": 302, "file": "empty.html", "headers": {"Location": target(name)}});
            routes.push((format!("/r/{name}"), route));
        }
        let refresh =
            serde_json::json!({"file": "empty.html", "headers": {"Refresh": format!("0; url={}", target("refresh"))}});
        routes.push(("/r/refresh".into(), refresh));
        let routes: serde_json::Map<String, Value> = routes.into_iter().collect();
        let mut pages: Vec<(String, String)> = vec![
            ("empty.html".into(), "<title>t</title><h1>t</h1>".into()),
            ("worker.js".into(), "importScripts(location.search.slice(1))".into()),
            ("fetcher.js".into(), "fetch(location.search.slice(1), {mode: 'no-cors'}).catch(() => 0)".into()),
        ];
        for (name, attack) in PAGES {
            let attack = at_port(
                &attack.replace("'C", &format!("'{}", target(name))).replace("\"C\"", &format!("\"{}\"", target(name))),
            )
            .replace("?C'", &format!("?{}'", target(name)))
            .replace("=C>", &format!("={}>", target(name)))
            .replace("url=C'", &format!("url={}'", target(name)));
            let html =
                format!("<!doctype html><meta charset=utf-8><title>{name}</title><body><h1>{name}</h1>{attack}{END}");
            pages.push((format!("p/{name}.html"), html));
        }
        let pages: Vec<(&str, &str)> = pages.iter().map(|(name, html)| (name.as_str(), html.as_str())).collect();
        let site = serve(SITE, &Value::Object(routes).to_string(), &pages).await;
        let mino = Mino::new();
        let own = |path: String| format!("http://{SITE}:{}/{path}", site.port());
        let named = SPELLINGS.iter().chain(&ELSEWHERE).map(|(name, url)| ((*name).to_owned(), at_port(url)));
        let redirects = REDIRECTS.iter().map(|(name, ..)| ((*name).to_owned(), own(format!("r/{name}"))));
        // What the browser tells of such a redirect comes in this order or that.
        let again = (1..=20).map(|n| (format!("302-ftp-{n}"), own(format!("r/302-ftp?{n}"))));
        write(&mino, "direct", &named.chain(redirects).chain(again).collect::<Vec<_>>());
        let mut visited: Vec<_> =
            PAGES.iter().map(|(name, _)| ((*name).to_owned(), own(format!("p/{name}")))).collect();
        visited.push(("refresh".into(), own("r/refresh".into())));
        write(&mino, "pages", &visited);
        for campaign in ["direct", "pages"] {
            mino.ok(&["apply", "-f", &format!("{campaign}.yaml")]).await;
        }
        Self { mino, canary, _site: site }
    }

    async fn run(&self, campaign: &str, more: &[&str]) {
        let done = self.mino.run(&[&["run", campaign], more].concat()).await;
        assert!(!done.err.contains("error:"), "{done:?}");
    }

    /// Rows of the last run that ended otherwise than kept out by the guard, at their first attempt.
    async fn not_blocked(&self) -> Vec<String> {
        let rows = self
            .mino
            .sql(
                "select row_id, status, failure_category, blocked_reason, failure_reason, attempt_count from tasks \
                 where run_id = (select max(run_id) from tasks) and (blocked_reason is null or attempt_count > 1)",
            )
            .await;
        rows.iter().map(ToString::to_string).collect()
    }
}

fn write(mino: &Mino, campaign: &str, rows: &[(String, String)]) {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["name", "url"]).unwrap();
    for (name, url) in rows {
        table.write_record([name, url]).unwrap();
    }
    mino.write(&format!("{campaign}.csv"), table.into_inner().unwrap());
    let mut file = format!("campaign: {campaign}\ninstructions:\n  prompt: p\n  fields:\n");
    file += "    - {name: done, type: text, required: true, from: [{css: .done}]}\n";
    writeln!(file, "dataset: {{source: {campaign}.csv, url: url, key: name}}").unwrap();
    file += "run:\n  concurrency: 6\n  max_retries: 1\n  timeout: 20s\n  screenshots: never\n";
    file += "  politeness: {per_host: 6, delay: 0s, ignore_robots: the site is the test's own}\n";
    mino.write(&format!("{campaign}.yaml"), file);
}

const SILENCE: Heard = Heard { connections: 0, datagrams: 0, lines: std::collections::BTreeSet::new() };

#[tokio::test(flavor = "multi_thread")]
async fn no_row_and_no_redirect_reaches_what_the_campaign_does_not_name() {
    let attack = Attack::start().await;
    for tier in ["http", "browser"] {
        attack.run("direct", &[&ONLY_SITE[..], &["--fetch", tier]].concat()).await;
        assert_eq!(attack.canary.heard(), SILENCE, "{tier}");
        assert_eq!(attack.not_blocked().await, [""; 0], "{tier}");
    }
    let reasons = "select distinct failure_reason from tasks where row_id = ";
    let reason = attack.mino.sql(&format!("{reasons} '302'")).await;
    let said = "127.31.0.9 is a loopback address: name it under run: allow_addresses if the campaign may reach it";
    assert_eq!(reason, [serde_json::json!({"failure_reason": said})]);
    let tls = attack.mino.sql(&format!("{reasons} '302-tls'")).await;
    assert_eq!(tls, [serde_json::json!({"failure_reason": said})]);
    // It could have been reached: by plain HTTP every spelling leads there.
    attack.run("direct", &[&EVERYTHING[..], &["--fetch", "http"]].concat()).await;
    let completed = attack.mino.cell("select count(*) from tasks where status = 'completed'").await;
    // All but the two by TLS, and with the redirects to it that a name or an address spells.
    assert_eq!(completed.as_u64().unwrap() as usize, SPELLINGS.len() - 2 + 7, "{:?}", attack.canary.heard());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_reaches_what_the_campaign_does_not_name() {
    let attack = Attack::start().await;
    attack.run("pages", &ONLY_SITE).await;
    assert_eq!(attack.canary.heard(), SILENCE);
    let other = "select row_id, status, failure_category, failure_reason from tasks \
        where status <> 'completed' and (blocked_reason is null or blocked_reason <> 'address_guard')";
    assert_eq!(attack.mino.sql(other).await, [0; 0]);

    let named: Vec<&str> = PAGES.iter().map(|(name, _)| *name).filter(|name| !UNNAMED.contains(name)).collect();
    let unheard = || -> Vec<&str> {
        let lines = attack.canary.heard().lines;
        let is_unheard = |name: &&str| !lines.iter().any(|line| line.contains(&format!("/c/{name}")));
        named.iter().copied().filter(is_unheard).collect()
    };
    // A page that is read before its request is sent says nothing: another visit may.
    for _ in 0..3 {
        if !unheard().is_empty() {
            attack.run("pages", &EVERYTHING).await;
        }
    }
    let heard = attack.canary.heard();
    assert_eq!(unheard(), [""; 0], "the test itself is blind to these: {heard:?}");
    assert_eq!(heard.datagrams, 0, "nothing but TCP leaves the browser");
}
