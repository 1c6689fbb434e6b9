//! A run whose browser is killed every few seconds, or stopped so that it hangs, among pages that do harm themselves.
//! Every task has to end, no attempt may be made twice because of it, and nothing may be left running.
//!
//! `make chaos`, or `killed_browsers [TASKS] [SECONDS]`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "stops at the first surprise")]

#[path = "../end_to_end/processes.rs"]
#[allow(dead_code)]
mod processes;

use mino_engine::serve::{Site, SiteServer};
use processes::{browsers_of, until, with_profile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

const SITE: &str = r#"{"address": "127.32.2.1", "name": "chaos", "routes": {
    "/page": {"delay_ms": 400, "file": "page.html"}, "/huge": {"behaviour": "huge"}}}"#;
const PAGES: [(&str, &str); 6] = [
    ("page.html", "<!doctype html><title>t</title><h1>A page</h1>"),
    ("loop.html", "<!doctype html><h1>Loop</h1><script>setTimeout(() => { for (;;); }, 50);</script>"),
    (
        "buffers.html",
        "<!doctype html><script>const a = []; for (;;) a.push(new Uint8Array(10 << 20).fill(1));</script>",
    ),
    ("objects.html", "<!doctype html><script>const a = []; for (;;) a.push({x: Math.random()});</script>"),
    (
        "windows.html",
        "<!doctype html><h1>Windows</h1><script>for (let i = 0; i < 1000; i++) window.open('/page?' + i);</script>",
    ),
    (
        "frames.html",
        "<!doctype html><h1>Frames</h1><script>const n = Number(location.search.slice(1)) % 1000;
        if (n < 100) document.body.appendChild(document.createElement('iframe')).src = '?' + (n + 1);</script>",
    ),
];
/// What one in ten tasks visits.
const HOSTILE: [&str; 6] = ["loop", "buffers", "objects", "windows", "huge", "frames"];

#[tokio::main]
async fn main() {
    let number = |at: usize, otherwise: u64| std::env::args().nth(at).map_or(otherwise, |text| text.parse().unwrap());
    let (tasks, seconds) = (number(1, 200), number(2, 5));
    let mut files: BTreeMap<String, bytes::Bytes> = BTreeMap::from([("site.json".to_owned(), SITE.into())]);
    files.extend(PAGES.map(|(name, html)| (name.to_owned(), html.into())));
    let site = Site::new("chaos", files).unwrap();
    let port = SiteServer::free_port(&[site.address], 0).await.unwrap();
    let _server = SiteServer::start(vec![site], port).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |n: u64| if n % 10 == 9 { HOSTILE[(n / 10) as usize % HOSTILE.len()] } else { "page" };
    let rows: String = (0..tasks).map(|n| format!("http://127.32.2.1:{port}/{}?{}\n", path(n), n * 1000)).collect();
    std::fs::write(folder.path().join("chaos.csv"), format!("url\n{rows}")).unwrap();
    let campaign = "campaign: chaos\ninstructions:\n  prompt: p\n  fields: [{name: title, type: text}]\n\
        dataset: {source: chaos.csv}\nrun:\n  concurrency: 3\n  timeout: 40s\n  max_retries: 0\n  screenshots: never\n  \
        memory: 1200MB\n  allow_addresses: [127.32.0.0/16]\n  \
        politeness: {per_host: 9, delay: 0s, ignore_robots: a site of our own}\n";
    std::fs::write(folder.path().join("chaos.yaml"), campaign).unwrap();

    let begun = Instant::now();
    let (killed, profiles, peak) = disturbed_run(folder.path(), seconds).await;
    let took = begun.elapsed().as_secs();
    until("the end of all browsers", || with_profile(&profiles).is_empty().then_some(())).await;
    assert!(profiles.iter().all(|profile| !profile.exists()), "folders are left: {profiles:?}");

    let count = async |query: &str| sql(folder.path(), &format!("select count(*) n from {query}")).await;
    let all = count("tasks").await;
    let attempts = count("attempts").await;
    let plain = count("tasks where site_url like '%/page?%'").await;
    let fine = count("tasks where site_url like '%/page?%' and status = 'completed'").await;
    let open = count("tasks where status not in ('completed', 'failed')").await;
    let moved = count("(select unnest(reasoning) s from attempts) where s['result'] like 'it was lost%'").await;
    println!("{all} tasks in {took} s, {killed} browsers killed or stopped, {moved} attempts went on with another one");
    println!("{attempts} attempts, {fine} of {plain} plain pages came, peak of all processes {peak} MB");
    assert_eq!((all, attempts, open, fine), (tasks, tasks, 0, plain));
    assert!(killed > 0 && peak < 1200, "killed {killed}, peak {peak} MB");
}

/// Kills the browser every few seconds, every fourth time it is only stopped. Gives how often, the folders of all
/// browsers, and the most memory that these had together, in MB.
async fn disturbed_run(folder: &Path, seconds: u64) -> (u32, Vec<PathBuf>, u64) {
    let mut child = mino(folder).args(["run", "-f", "chaos.yaml"]).stdout(Stdio::null()).spawn().unwrap();
    let pid = child.id().unwrap();
    let (mut killed, mut profiles, mut peak, mut last) = (0, BTreeSet::new(), 0, Instant::now());
    loop {
        tokio::select! {
            ended = child.wait() => {
                assert!(ended.unwrap().success());
                return (killed, profiles.into_iter().collect(), peak);
            }
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                let browsers = browsers_of(pid);
                profiles.extend(browsers.iter().filter_map(processes::Seen::profile));
                let all = with_profile(&profiles.iter().cloned().collect::<Vec<_>>());
                peak = peak.max(all.iter().map(|process| proportional(process.pid)).sum::<u64>() >> 10);
                if last.elapsed().as_secs() >= seconds && !browsers.is_empty() {
                    last = Instant::now();
                    killed += 1;
                    let signal = if killed % 4 == 0 { "STOP" } else { "KILL" };
                    browsers.iter().for_each(|browser| browser.signal(signal));
                }
            }
        }
    }
}

/// Kilobytes of a process, what it shares divided by those who share it.
fn proportional(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn mino(folder: &Path) -> Command {
    let program = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("mino");
    let mut command = Command::new(program);
    command.current_dir(folder).env("MINO_STORE", "store").env_remove("MINO_ORG").kill_on_drop(true);
    command
}

async fn sql(folder: &Path, query: &str) -> u64 {
    let output = mino(folder).args(["sql", "--json", query]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let row: serde_json::Value = serde_json::from_str(text.lines().next().expect(query)).unwrap();
    row["n"].as_u64().unwrap()
}
