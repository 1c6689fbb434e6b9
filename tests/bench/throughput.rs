//! Pages a second of `mino run` beside those of a bare loop over the same browser library (open, read the HTML, close),
//! on the same pages at the same concurrency, in pairs; and how much memory the `mino` process takes.
//!
//! `make bench`, or `throughput [VISITS] [CONCURRENCY] [PAIRS]`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a benchmark stops at the first surprise"
)]

use chromiumoxide::browser::{Browser, BrowserConfig};
use futures::StreamExt;
use mino_engine::browse::{BrowserSource, locate};
use mino_engine::serve::Examples;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CAMPAIGN: &str = "campaign: bench
instructions:
  prompt: What a visitor wants to know.
  fields:
    - {name: name, type: text}
    - {name: price, type: money}
    - {name: phone, type: phone, country: US}
    - {name: email, type: email}
    - {name: address, type: text}
    - {name: opening_hours, type: text}
    - {name: rating, type: number}
dataset: {source: bench.csv, url: url}
run: {allow_addresses: [127.0.0.0/8], politeness: {per_host: 256, delay: 0s}}
";

#[tokio::main]
async fn main() {
    let number = |at: usize, otherwise: usize| std::env::args().nth(at).map_or(otherwise, |text| text.parse().unwrap());
    let (visits, concurrency, pairs) = (number(1, 400), number(2, 5), number(3, 3));
    let folder = tempfile::tempdir().unwrap();
    let examples = Examples::start(folder.path(), 0).await.unwrap();
    let urls = pages(&examples, visits).await;
    std::fs::write(folder.path().join("bench.csv"), format!("url\n{}\n", urls.join("\n"))).unwrap();
    std::fs::write(folder.path().join("bench.yaml"), CAMPAIGN).unwrap();
    let source = locate(None, std::env::var_os("PATH").as_deref()).unwrap();
    let BrowserSource::Executable(browser) = source else { panic!("a browser of this machine is wanted") };
    println!("{visits} visits, {concurrency} at once, {pairs} pairs, {}", browser.display());
    println!("  bare loop        mino run         ratio   peak memory of mino");
    let mut ratios = Vec::new();
    let mut peak = 0;
    for _ in 0..pairs {
        let bare = bare_loop(&browser, &urls, concurrency).await;
        let (mino, memory) = mino_run(folder.path(), concurrency).await;
        let rate = |took: Duration| visits as f64 / took.as_secs_f64();
        let ratio = rate(mino) / rate(bare);
        println!("  {:>5.1} pages/s    {:>5.1} pages/s    {ratio:.2}    {memory} MB", rate(bare), rate(mino));
        ratios.push(ratio);
        peak = peak.max(memory);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("median ratio {median:.2} (at least 0.80 is wanted), at most {peak} MB (under 300 is wanted)");
    if median < 0.8 || peak >= 300 {
        std::process::exit(1);
    }
}

/// Addresses that answer with a page, each visit an address of its own.
async fn pages(examples: &Examples, visits: usize) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["sheriff-contacts", "attraction-prices", "fitness-venues"] {
        let text = std::fs::read_to_string(examples.folder.join(format!("datasets/{name}.csv")));
        let text = text.or_else(|_| std::fs::read_to_string(examples.folder.join(format!("datasets/{name}.jsonl"))));
        let text = text.unwrap();
        let urls = text.split(['"', ',', '\n']).filter(|part| part.starts_with("http://127.") && !part.contains('?'));
        found.extend(urls.map(str::to_owned));
    }
    // A login and a captcha are not what is measured.
    found.retain(|url| !url.contains("127.20.0.17") && !url.contains("127.20.0.18") && !url.contains("/gone/"));
    (0..visits).map(|visit| format!("{}?visit={visit}", found[visit % found.len()])).collect()
}

async fn bare_loop(program: &Path, urls: &[String], concurrency: usize) -> Duration {
    let begun = Instant::now();
    let profile = tempfile::tempdir().unwrap();
    let config = BrowserConfig::builder().chrome_executable(program).user_data_dir(profile.path()).no_sandbox();
    let (mut browser, mut handler) = Browser::launch(config.build().unwrap()).await.unwrap();
    let handler = tokio::spawn(async move { while handler.next().await.is_some() {} });
    let bytes: usize = futures::stream::iter(urls)
        .map(|url| {
            let browser = &browser;
            async move {
                let page = browser.new_page(url.as_str()).await.unwrap();
                page.wait_for_navigation().await.unwrap();
                let html = page.content().await.unwrap();
                page.close().await.unwrap();
                html.len()
            }
        })
        .buffer_unordered(concurrency)
        .fold(0, |sum, bytes| async move { sum + bytes })
        .await;
    assert!(bytes > urls.len() * 100, "the pages came");
    browser.close().await.unwrap();
    browser.wait().await.unwrap();
    handler.abort();
    begun.elapsed()
}

/// Time of the whole command, and the most memory that it had resident, in MB.
async fn mino_run(folder: &Path, concurrency: usize) -> (Duration, u64) {
    let program: PathBuf = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("mino");
    let store = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut child = tokio::process::Command::new(program)
        .args(["run", "-f", "bench.yaml", "--max-retries=0", "--screenshots=never", "--store"])
        .arg(store.path())
        .arg(format!("--concurrency={concurrency}"))
        .current_dir(folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id().unwrap());
    let mut peak = 0;
    let ended = loop {
        tokio::select! {
            ended = child.wait() => break ended.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(50)) => peak = peak.max(high_water(&status)),
        }
    };
    assert!(ended.success(), "mino run: {ended}");
    (begun.elapsed(), peak)
}

fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}
