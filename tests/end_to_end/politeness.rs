use crate::mino::{Mino, files};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const PAGE: &str = "<!doctype html><html lang=en-US><title>Acme</title><h1>Contact</h1><p>Phone: (202) 456-1414</p>";

/// A request as the site saw it.
#[derive(Debug, Clone)]
struct Asked {
    path: String,
    at: Instant,
    headers: HeaderMap,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

type Log = Arc<Mutex<Vec<Asked>>>;

/// A site that writes down what it is asked for, and when.
struct Recorder {
    address: String,
    log: Log,
    task: JoinHandle<()>,
}

impl Recorder {
    /// `answer` gives the answer to a path, after how many requests for it came before.
    async fn start(host: &str, answer: fn(&str, usize) -> Response) -> Self {
        let log = Log::default();
        let handler = move |State(log): State<Log>, uri: Uri, headers: HeaderMap| async move {
            let mut log = log.lock().unwrap();
            let before = log.iter().filter(|asked| asked.path == uri.path()).count();
            log.push(Asked { path: uri.path().to_owned(), at: Instant::now(), headers });
            answer(uri.path(), before)
        };
        let router = Router::new().fallback(handler).with_state(log.clone());
        let listener = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, log, task }
    }

    fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().iter().filter(|asked| asked.path != "/favicon.ico").cloned().collect()
    }

    fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.asked().into_iter().map(|asked| asked.path).collect();
        paths.sort();
        paths
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn text(text: &'static str) -> Response {
    text.into_response()
}

fn page() -> Response {
    Html(PAGE).into_response()
}

/// A campaign over some pages; `run` holds settings beside the usual.
fn campaign(mino: &Mino, pages: &[String], follow: &str, run: &str) {
    let rows: String = pages.iter().map(|page| format!("http://{page}\n")).collect();
    mino.write("polite.csv", format!("url\n{rows}"));
    let file = format!(
        "campaign: polite\ninstructions:\n  prompt: p\n  fields:\n    - {{name: phone, type: phone, required: true, country: US}}\n\
         {follow}dataset: {{source: polite.csv}}\nrun:\n  screenshots: never\n  allow_addresses: [127.0.0.0/8]\n{run}"
    );
    mino.write("polite.yaml", file);
}

async fn steps(mino: &Mino, action: &str) -> Vec<String> {
    let query = format!(
        "select step.result from (select unnest(reasoning) step from attempts) where step.action = '{action}' order by 1"
    );
    mino.sql(&query)
        .await
        .iter()
        .map(|row| row.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_robots_txt_disallows_is_not_opened_and_the_attempt_tells_the_rule() {
    let site = Recorder::start("127.33.2.1", |path, _| match path {
        "/robots.txt" => text("User-agent: *\nDisallow: /private\n"),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    let pages: Vec<String> =
        ["/private/a", "/private/b", "/open/a", "/open/b"].map(|path| format!("{}{path}", site.address)).into();
    campaign(&mino, &pages, "", "  concurrency: 4\n  politeness: {delay: 0s, per_host: 4}\n");
    mino.ok(&["run", "-f", "polite.yaml"]).await;

    // One robots.txt for the four, and no request for what it forbids.
    assert_eq!(site.paths(), ["/open/a", "/open/b", "/robots.txt"]);
    let ends = mino
        .sql("select status, failure_category, blocked_reason, count(*) n from attempts group by all order by 1")
        .await;
    let blocked = json!({"status": "blocked", "failure_category": "blocked", "blocked_reason": "robots", "n": 2});
    let success = json!({"status": "success", "n": 2});
    assert_eq!(ends, [blocked, success]);
    let rule = "robots.txt, for everybody: Disallow: /private";
    let none = "robots.txt has no rule for this address";
    assert_eq!(steps(&mino, "robots").await, [none, none, rule, rule]);
    assert_eq!(mino.cell("select min(failure_reason) from tasks where blocked_reason = 'robots'").await, rule);
}

#[tokio::test(flavor = "multi_thread")]
async fn robots_txt_is_ignored_for_a_reason_that_everybody_can_read() {
    let site = Recorder::start("127.33.2.2", |path, _| match path {
        "/robots.txt" => text("User-agent: *\nDisallow: /\n"),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    let run = "  fetch: http\n  politeness: {ignore_robots: the site is our own}\n";
    campaign(&mino, &[format!("{}/private", site.address)], "", run);
    let applied = mino.ok(&["apply", "-f", "polite.yaml"]).await;
    assert!(applied.contains("note: robots.txt is not asked: the site is our own"), "{applied}");
    mino.ok(&["run", "polite"]).await;
    assert_eq!(site.paths(), ["/private"]);
    assert_eq!(steps(&mino, "robots").await, ["robots.txt is not asked: the site is our own"]);
    let reason = "\"ignore_robots\":\"the site is our own\"";
    for (table, column) in [("runs", "settings"), ("campaigns", "run")] {
        let settings = mino.cell(&format!("select {column} from {table}")).await;
        assert!(settings.as_str().is_some_and(|settings| settings.contains(reason)), "{table}: {settings}");
    }
    let documents: Vec<_> = files(&mino.path("store/catalog"));
    let tell = documents.iter().filter(|path| std::fs::read_to_string(path).unwrap().contains("the site is our own"));
    assert!(tell.count() >= 2, "{documents:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_tells_who_asks_and_whom_to_ask_about_it() {
    let site = Recorder::start("127.33.2.3", |path, _| match path {
        "/robots.txt" => StatusCode::NOT_FOUND.into_response(),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    let run = "  politeness: {delay: 0s, contact: ops@example.org}\n";
    campaign(&mino, &[format!("{}/page", site.address)], "", run);
    let applied = mino.ok(&["apply", "-f", "polite.yaml"]).await;
    assert!(!applied.contains("run.politeness.contact"), "{applied}");
    let own = format!("(compatible; mino/{}; +mailto:ops@example.org)", env!("CARGO_PKG_VERSION"));
    mino.ok(&["run", "polite", "--fetch=http"]).await;
    mino.ok(&["run", "polite", "--fetch=browser"]).await;
    let asked = site.asked();
    assert_eq!(asked.len(), 4, "{asked:?}");
    for asked in &asked {
        assert!(asked.header("user-agent").ends_with(&own), "{asked:?}");
    }
    // The browser's hints and its string are about one version.
    let browser = asked.iter().find(|asked| asked.headers.contains_key("sec-ch-ua")).unwrap();
    let string = browser.header("user-agent");
    let major = string.split("Chrome/").nth(1).and_then(|rest| rest.split('.').next()).unwrap();
    assert!(browser.header("sec-ch-ua").contains(&format!("\"Chromium\";v=\"{major}\"")), "{browser:?}");

    campaign(&mino, &[format!("{}/page", site.address)], "", "  politeness: {delay: 0s}\n");
    let applied = mino.ok(&["apply", "-f", "polite.yaml"]).await;
    assert!(
        applied.contains("note: sites cannot ask anybody about these visits: set `run.politeness.contact`"),
        "{applied}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_followed_only_where_robots_txt_allows() {
    let site = Recorder::start("127.33.2.4", |path, _| match path {
        "/robots.txt" => text("User-agent: mino\nDisallow: /contact\n"),
        "/" => Html("<!doctype html><html lang=en-US><title>Acme</title><h1>Acme</h1><a href=/contact>Contact us</a>")
            .into_response(),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    let run = "  fetch: http\n  max_retries: 0\n  politeness: {delay: 0s}\n";
    campaign(&mino, &[format!("{}/", site.address)], "  follow: {depth: 1}\n", run);
    mino.run(&["run", "-f", "polite.yaml"]).await;
    assert_eq!(site.paths(), ["/", "/robots.txt"]);
    let followed = steps(&mino, "follow").await;
    assert!(followed.contains(&"not opened: robots.txt, for mino: Disallow: /contact".to_owned()), "{followed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_robots_txt_a_site_is_not_opened_until_it_can_be_had() {
    let site = Recorder::start("127.33.2.5", |path, before| match path {
        "/robots.txt" if before == 0 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "/robots.txt" => text("User-agent: *\nAllow: /\n"),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    campaign(&mino, &[format!("{}/page", site.address)], "", "  fetch: http\n  politeness: {delay: 0s}\n");
    mino.ok(&["run", "-f", "polite.yaml"]).await;
    let paths: Vec<String> = site.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/robots.txt", "/robots.txt", "/page"]);
    let ends = mino.sql("select attempt_number n, status from attempts order by 1").await;
    assert_eq!(ends, [json!({"n": 1, "status": "failed"}), json!({"n": 2, "status": "success"})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_wants_to_be_left_alone_is_and_others_are_not_held_up() {
    let busy = Recorder::start("127.33.2.6", |path, before| match path {
        "/robots.txt" => StatusCode::NOT_FOUND.into_response(),
        "/page/0" if before == 0 => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response(),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    let pages: Vec<String> = (0..4).map(|page| format!("{}/page/{page}", busy.address)).collect();
    campaign(&mino, &pages, "", "  fetch: http\n  concurrency: 4\n  politeness: {delay: 0s, per_host: 4}\n");
    mino.ok(&["run", "-f", "polite.yaml"]).await;
    let asked: Vec<Asked> = busy.asked().into_iter().filter(|asked| asked.path != "/robots.txt").collect();
    assert_eq!(asked.len(), 5, "{asked:?}");
    // The first visit goes alone, and its refusal holds up the other three.
    for later in &asked[1..] {
        assert!(later.at - asked[0].at >= Duration::from_secs(1), "{asked:?}");
    }
    assert_eq!(mino.cell("select count(*) from tasks where status = 'completed'").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_of_a_site_keep_the_distance_that_it_asks_for() {
    let site = Recorder::start("127.33.2.7", |path, _| match path {
        "/robots.txt" => text("User-agent: *\nCrawl-delay: 1\n"),
        _ => page(),
    })
    .await;
    let mino = Mino::new();
    let pages: Vec<String> = (0..3).map(|page| format!("{}/{page}", site.address)).collect();
    campaign(&mino, &pages, "", "  fetch: http\n  concurrency: 3\n  politeness: {delay: 0s, per_host: 3}\n");
    let begun = Instant::now();
    mino.ok(&["run", "-f", "polite.yaml"]).await;
    let asked: Vec<Asked> = site.asked().into_iter().filter(|asked| asked.path != "/robots.txt").collect();
    assert_eq!(asked.len(), 3);
    // They set out a second apart, and come no earlier.
    for (asked, second) in asked.iter().zip(0..) {
        assert!(asked.at - begun >= Duration::from_secs(second), "{asked:?}");
    }
}
