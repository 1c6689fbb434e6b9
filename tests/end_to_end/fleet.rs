use crate::mino::{Done, Mino, serve};
use crate::processes::{Seen, browsers_of, signal, started_by, until, with_profile};
use mino_engine::browse::{AddressGuard, Fleet, FleetOptions, PageFailure, locate};
use mino_engine::model::FailureCategory;
use mino_engine::page::PageSnapshot;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

const FINE: &str = "<!doctype html><title>fine</title><h1>A page</h1>";
const LOOP: &str = "<!doctype html><h1>Loop</h1><script>for (;;);</script>";
const BUFFERS: &str =
    "<!doctype html><script>const all = []; for (;;) all.push(new Uint8Array(10 << 20).fill(1));</script>";
const OBJECTS: &str =
    "<!doctype html><script>const all = []; for (;;) all.push({x: Math.random(), y: 's' + all.length});</script>";
const WINDOWS: &str = "<!doctype html><script>let n = 0;
for (let i = 0; i < 1000; i++) if (window.open('/fine?' + i)) n++;
document.title = `opened ${n}`;</script>";
const FRAMES: &str = "<!doctype html><title>frame</title><script>
const n = Number(location.search.slice(1) || 0);
if (n < 100) document.body.appendChild(document.createElement('iframe')).src = '?' + (n + 1);</script>";

async fn open(fleet: &Fleet, url: &str, patience: Duration) -> Result<PageSnapshot, PageFailure> {
    let mut tab = fleet.tab().await.unwrap();
    let opened = tab.goto(url, Instant::now() + patience).await;
    let page = match opened {
        Ok(_) => tab.snapshot().await,
        Err(failure) => Err(failure),
    };
    tab.close().await;
    page
}

async fn fleet(memory: u64, recycle_after: u32) -> Fleet {
    let source = locate(None, std::env::var_os("PATH").as_deref()).unwrap();
    let options = FleetOptions { memory: Some(memory), recycle_after, ..FleetOptions::new(source, loopback()) };
    Fleet::launch(options).await.unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn hostile_pages_harm_nobody_else() {
    let routes = r#"{"/huge": {"behaviour": "huge"}}"#;
    let pages = [
        ("fine.html", FINE),
        ("loop.html", LOOP),
        ("buffers.html", BUFFERS),
        ("objects.html", OBJECTS),
        ("windows.html", WINDOWS),
        ("frames.html", FRAMES),
    ];
    let server = serve("127.32.1.1", routes, &pages).await;
    let site = format!("http://127.32.1.1:{}", server.port());
    let fleet = fleet(3000 << 20, 500).await;
    let fine = async || {
        let page = open(&fleet, &format!("{site}/fine"), LONG).await.unwrap();
        assert_eq!(page.title(), "fine");
    };
    fine().await;

    let greedy = open(&fleet, &format!("{site}/buffers"), LONG).await.unwrap_err();
    assert_eq!(greedy.reason, "the page crashed: it used more memory than 750 MB");
    assert_eq!(greedy.cause, mino_engine::model::Cause::UnusablePage);
    fine().await;
    let objects = open(&fleet, &format!("{site}/objects"), LONG).await.unwrap_err();
    assert!(objects.reason.starts_with("the page crashed"), "{objects:?}");
    fine().await;
    let endless = open(&fleet, &format!("{site}/loop"), Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(endless.category(), FailureCategory::Timeout);
    fine().await;
    let huge = open(&fleet, &format!("{site}/huge"), LONG).await.unwrap_err();
    // The renderer itself counts what it loads: killed for its memory before it has told, it cannot any more.
    let reasons = ["the page is larger than 10 MB", "the page crashed: it used more memory than 750 MB"];
    assert!(reasons.contains(&huge.reason.as_str()) && huge.category() == FailureCategory::PageError, "{huge:?}");
    fine().await;
    let windows = open(&fleet, &format!("{site}/windows"), LONG).await.unwrap();
    assert_eq!(windows.title(), "opened 0");
    let frames = open(&fleet, &format!("{site}/frames"), LONG).await.unwrap();
    assert_eq!(frames.title(), "frame");
    fine().await;

    // Of all these pages nothing goes on running: what is left is the context that waits for the next page.
    until("the renderers to end", || Some(fleet.figures()).filter(|now| now.renderers == 1 && now.tabs == 0)).await;
    let figures = fleet.figures();
    assert!(figures.peak < figures.memory_limit, "{figures:?}");
    assert!(figures.renderers_killed >= 1 && figures.restarts == 0, "{figures:?}");
    fleet.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_that_have_served_their_time_are_replaced_and_no_page_is_lost() {
    let server = serve("127.32.1.2", "{}", &[("fine.html", FINE)]).await;
    let url = format!("http://127.32.1.2:{}/fine", server.port());
    let fleet = fleet(2000 << 20, 3).await;
    for _ in 0..10 {
        // Pages are open while a browser is replaced.
        let (one, two) = tokio::join!(open(&fleet, &url, LONG), open(&fleet, &url, LONG));
        assert!(one.unwrap().title() == "fine" && two.unwrap().title() == "fine");
    }
    // Figures are a moment old.
    let over = |now: &mino_engine::browse::FleetFigures| now.browsers == 1 && now.recycled >= 1 && now.pages == 20;
    let done = until("the old browsers to go", || Some(fleet.figures()).filter(over)).await;
    assert_eq!(done.restarts, 0, "{done:?}");
    fleet.close().await;
}

/// A campaign over `paths` of a site, run until it has made `attempts`.
struct Running {
    mino: Mino,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    async fn start(site: &str, paths: &[String], settings: &str, attempts: usize, browser: Option<&str>) -> Self {
        let mino = Mino::new();
        let rows: String = paths.iter().map(|path| format!("{site}{path}\n")).collect();
        mino.write("fleet.csv", format!("url\n{rows}"));
        mino.write(
            "fleet.yaml",
            format!(
                "campaign: fleet\ninstructions:\n  prompt: p\n  fields:\n    - {{name: title, type: text, required: true}}\n\
                 dataset: {{source: fleet.csv}}\nrun:\n  concurrency: 3\n  screenshots: never\n  \
                 allow_addresses: [127.32.0.0/16]\n  \
                 politeness: {{per_host: 9, delay: 0s, ignore_robots: a site of our own}}\n{settings}"
            ),
        );
        let mut args = vec!["run", "-f", "fleet.yaml", "--json"];
        args.extend(browser.iter().flat_map(|path| ["--browser", path]));
        let mut child = mino.command(&args).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..attempts {
            while !lines.next_line().await.unwrap().expect("the run goes on").contains("\"attempt_started\"") {}
        }
        Self { mino, child, lines }
    }

    fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    fn profiles(&self) -> Vec<PathBuf> {
        browsers_of(self.pid()).iter().filter_map(|browser| browser.profile()).collect()
    }

    async fn end(mut self) -> (Mino, Done) {
        while self.lines.next_line().await.unwrap().is_some() {}
        (self.mino, Done::of(self.child).await)
    }
}

/// A site that keeps its visitors waiting until it is told to answer; the first visitor of `/loop` gets a page that never
/// comes to rest.
struct Waiting {
    site: String,
    asked: Arc<AtomicUsize>,
    answer: watch::Sender<bool>,
    _task: JoinSet<()>,
}

impl Waiting {
    async fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let site = format!("http://{}", listener.local_addr().unwrap());
        let (asked, (answer, told)) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
        let (mut task, count, looping) = (JoinSet::new(), asked.clone(), Arc::new(AtomicBool::new(false)));
        task.spawn(async move {
            let mut visits = JoinSet::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (count, mut told, looping) = (count.clone(), told.clone(), looping.clone());
                visits.spawn(async move {
                    // A browser opens connections in advance that it may not use.
                    let mut request = [0; 4096];
                    let Ok(read @ 1..) = stream.read(&mut request).await else { return };
                    count.fetch_add(1, Ordering::Relaxed);
                    let page = if request[..read].starts_with(b"GET /loop ") && !looping.swap(true, Ordering::Relaxed) {
                        LOOP
                    } else {
                        told.wait_for(|told| *told).await.unwrap();
                        FINE
                    };
                    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
                    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { site, asked, answer, _task: task }
    }

    async fn visitors(&self, count: usize) {
        until("the visitors", || (self.asked.load(Ordering::Relaxed) >= count).then_some(())).await;
    }
}

fn paths(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("/page?{n}")).collect()
}

fn renderers_of(pid: u32) -> Vec<Seen> {
    started_by(pid).into_iter().filter(|process| process.kind() == Some("renderer")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_browser_costs_no_attempt() {
    let waiting = Waiting::start("127.32.1.3").await;
    let run = Running::start(&waiting.site, &paths(6), "", 3, None).await;
    waiting.visitors(3).await;
    browsers_of(run.pid()).iter().for_each(|browser| browser.signal("KILL"));
    // The same three again.
    waiting.visitors(6).await;
    waiting.answer.send(true).unwrap();
    let (mino, done) = run.end().await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(mino.cell("select count(*) from tasks where status = 'completed'").await, 6);
    assert_eq!(mino.cell("select count(*) from attempts").await, 6);
    assert_eq!(mino.cell("select count(*) from attempts where attempt_number > 1").await, 0);
    let moved = "select count(*) from (select unnest(reasoning) step from attempts) \
        where step['action'] = 'browser' and step['result'] = 'it was lost: on to another one'";
    assert_eq!(mino.cell(moved).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_renderer_costs_its_own_attempt_only() {
    let waiting = Waiting::start("127.32.1.4").await;
    let paths = ["/page", "/loop"].map(str::to_owned);
    let run = Running::start(&waiting.site, &paths, "", 2, None).await;
    let busy = || renderers_of(run.pid()).into_iter().find(|renderer| renderer.has_worked() >= Duration::from_secs(2));
    until("the loop", busy).await.signal("KILL");
    waiting.visitors(3).await;
    waiting.answer.send(true).unwrap();
    let (mino, done) = run.end().await;
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(mino.cell("select count(*) from tasks where status = 'completed'").await, 2);
    assert_eq!(mino.cell("select count(*) from attempts where failure_reason = 'the page crashed'").await, 1);
    assert_eq!(mino.cell("select count(*) from attempts").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_leaves_no_browser_and_no_folder() {
    let server = serve("127.32.1.5", "{}", &[("loop.html", LOOP)]).await;
    let site = format!("http://127.32.1.5:{}", server.port());
    let paths: Vec<String> = (0..3).map(|n| format!("/loop?{n}")).collect();
    let mut run = Running::start(&site, &paths, "  timeout: 10m\n", 3, None).await;
    until("three pages", || (renderers_of(run.pid()).len() >= 3).then_some(())).await;
    let profiles = run.profiles();
    assert!(!profiles.is_empty() && profiles.iter().all(|profile| profile.exists()));
    assert!(!with_profile(&profiles).is_empty());
    let all = started_by(run.pid());
    signal(run.pid(), "KILL");
    run.child.wait().await.unwrap();
    until("the browser's end", || with_profile(&profiles).is_empty().then_some(())).await;
    until("the folder's end", || profiles.iter().all(|profile| !profile.exists()).then_some(())).await;
    let alive: Vec<_> =
        all.iter().filter(|process| PathBuf::from(format!("/proc/{}/exe", process.pid)).exists()).collect();
    assert!(alive.is_empty(), "{alive:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_leaves_no_browser_and_no_folder() {
    let server = serve("127.32.1.6", "{}", &[("fine.html", FINE)]).await;
    let site = format!("http://127.32.1.6:{}", server.port());
    let run = Running::start(&site, &["/fine".to_owned()], "", 1, None).await;
    let profiles = run.profiles();
    let (_, done) = run.end().await;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(with_profile(&profiles).is_empty() && profiles.iter().all(|profile| !profile.exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_starts_only_once_fails_the_run_and_says_why() {
    let waiting = Waiting::start("127.32.1.7").await;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("browser");
    let used = folder.path().join("used");
    let script = format!(
        "#!/bin/sh\ncase $1 in --version) exec chromium-headless-shell --version; esac\nif [ -e {0} ]; then echo no more >&2; exit 7; fi\ntouch {0}\nexec chromium-headless-shell \"$@\"\n",
        used.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = Running::start(&waiting.site, &paths(6), "", 3, Some(program.to_str().unwrap())).await;
    browsers_of(run.pid()).iter().for_each(|browser| browser.signal("KILL"));
    let (_, done) = run.end().await;
    assert_eq!(done.code, 3, "{done:?}");
    let expected = "did not start: it ended at once (exit status: 7); it said: no more";
    assert!(done.err.contains(expected), "{done:?}");
}

fn loopback() -> Arc<AddressGuard> {
    Arc::new(AddressGuard::new(&["127.0.0.0/8".parse().unwrap()]))
}
