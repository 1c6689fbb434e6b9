//! Mutated pages: how long the slowest takes, and how much memory the greediest.
//!
//! `fuzz N [FOLDER]` spoils the pages of `tests/hostile` N times, one in twenty times one of the folder's, over all cores,
//! from the seed 1 on; `FUZZ_FROM=N` begins elsewhere. It ends with 1 where a page takes more than a second, or more than ten times its size and
//! [`ALLOWANCE`].

#![allow(missing_docs, unsafe_code, clippy::unwrap_used, clippy::panic)]

use mino_engine::extract::Extractor;
use mino_engine::model::{FieldSpec, Instructions};
use mino_engine::page::PageSnapshot;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

#[path = "pages.rs"]
mod pages;

/// Bytes that even an empty page may take: what holds names, positions and queries.
const ALLOWANCE: u64 = 512 << 10;
/// Bytes of a large page.
const LARGE: usize = 5 << 20;
const SEEDS: [&str; 4] = [
    include_str!("../hostile/shop.html"),
    include_str!("../hostile/contact.html"),
    include_str!("../hostile/recipe.html"),
    include_str!("../hostile/article.html"),
];
const PIECES: [&str; 28] = [
    "３３",
    "R ",
    "<sup>05</sup> €",
    "<li>1 cup a",
    "<",
    ">",
    "</p>",
    "</div>",
    "<table>",
    "<b><i><a>",
    "<div hidden>",
    "<svg>",
    "<template>",
    "<select>",
    "\"",
    "'",
    "&#x",
    "\u{0}",
    "：",
    "9999999999",
    "{",
    "[",
    "<script>",
    "<!--",
    "€",
    "a@b.c ",
    " - ",
    "1,2.3,4",
];
const FIELDS: &str = "title author:list<text> published:date price:money currency sku:id availability brand gtin:id phone:phone \
     fax:phone email:email address city postcode opening_hours organization ingredients:list<text> total_time:duration \
     rating:number yields image:url description category";

/// Written by who measures a page while no other is read.
static ALONE: RwLock<()> = RwLock::new(());

/// Counts the bytes that a thread holds.
struct Counting;

thread_local! {
    static HELD: Cell<i64> = const { Cell::new(0) };
    static MOST: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn extractor() -> Extractor {
    let spec = |field: &str| {
        let (name, kind) = field.split_once(':').unwrap_or((field, "text"));
        FieldSpec::new(name, kind.parse().unwrap())
    };
    let fields = FIELDS.split_ascii_whitespace().map(spec).collect();
    let instructions =
        Instructions { version: "1.0".into(), prompt: String::new(), fields, follow: None, lexicon: BTreeMap::new() };
    Extractor::new(&instructions).unwrap()
}

fn spoil(seed: &str, random: &mut StdRng) -> String {
    let mut html: Vec<char> = seed.chars().collect();
    for _ in 0..random.random_range(1..16) {
        let at = random.random_range(0..=html.len());
        let to = (at + random.random_range(0..400)).min(html.len());
        match random.random_range(0..6) {
            0 => drop(html.drain(at..to)),
            1 => {
                let part = html[at..to].to_vec();
                let into = random.random_range(0..=html.len());
                drop(html.splice(into..into, part));
            }
            2 => {
                let part = html[at..to].repeat(random.random_range(1..40));
                drop(html.splice(at..at, part));
            }
            3 if at < html.len() => html[at] = char::from_u32(random.random_range(1..0x3100)).unwrap_or(' '),
            4 => html.truncate(to.max(html.len() / 2)),
            _ => {
                let piece = PIECES[random.random_range(0..PIECES.len())].repeat(random.random_range(1..60));
                drop(html.splice(at..at, piece.chars()));
            }
        }
    }
    html.into_iter().collect()
}

#[derive(Debug, Default, Clone, Copy)]
struct Worst {
    time: Duration,
    slowest: u64,
    share: f64,
    greediest: u64,
    bytes: u64,
}

/// Time and bytes at most that reading a page takes.
fn cost(extractor: &Extractor, html: &str) -> (Duration, u64) {
    let before = HELD.get();
    MOST.set(before);
    let begun = Instant::now();
    let page = PageSnapshot::from_html("https://site.example/page", html);
    let found = extractor.extract(&page);
    let time = begun.elapsed();
    let most = (MOST.get() - before) as u64;
    drop(found);
    (time, most)
}

fn try_one(extractor: &Extractor, html: &str, seed: u64, worst: &mut Worst) {
    let share = |most: u64| most.saturating_sub(ALLOWANCE) as f64 / html.len().max(1) as f64;
    let (mut time, mut most) = {
        let _beside_others = ALONE.read().unwrap_or_else(PoisonError::into_inner);
        cost(extractor, html)
    };
    if time > worst.time || share(most) > worst.share {
        let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
        // Again: what is made once for the whole process is no page's, nor what other threads drop from caches of all.
        cost(extractor, html);
        (time, most) = cost(extractor, html);
    }
    worst.bytes += html.len() as u64;
    if time > worst.time {
        (worst.time, worst.slowest) = (time, seed);
    }
    if share(most) > worst.share {
        (worst.share, worst.greediest) = (share(most), seed);
    }
}

fn main() -> ExitCode {
    let wanted: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let first: u64 = std::env::var("FUZZ_FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let folder = std::env::args().nth(2).map(PathBuf::from).filter(|folder| folder.exists());
    let real = folder.map(|folder| pages::pages(&folder)).unwrap_or_default();
    let extractor = extractor();
    let (next, panics) = (AtomicU64::new(first), AtomicU64::new(0));
    let work = || {
        let mut worst = Worst::default();
        let mut one = || -> ControlFlow<()> {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + wanted {
                return ControlFlow::Break(());
            }
            let mut random = StdRng::seed_from_u64(seed);
            let from_real = !real.is_empty() && random.random_ratio(1, 20);
            let page =
                if from_real { &real[random.random_range(0..real.len())] } else { SEEDS[random.random_range(0..4)] };
            let html = spoil(page, &mut random);
            let one = AssertUnwindSafe(|| try_one(&extractor, &html, seed, &mut worst));
            if catch_unwind(one).is_err() {
                println!("seed {seed} panicked");
                panics.fetch_add(1, Ordering::Relaxed);
            }
            ControlFlow::Continue(())
        };
        while one().is_continue() {}
        worst
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let all: Vec<Worst> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let slowest = all.iter().max_by_key(|worst| worst.time).copied().unwrap_or_default();
    let greediest = all.iter().max_by(|a, b| a.share.total_cmp(&b.share)).copied().unwrap_or_default();
    let megabytes = all.iter().map(|worst| worst.bytes).sum::<u64>() as f64 / 1e6;
    let panics = panics.into_inner();
    println!(
        "{wanted} mutated pages ({megabytes:.0} MB), {panics} panicked; slowest {:.0} ms (seed {}); most memory {:.1} times its size beyond {} KiB (seed {})",
        slowest.time.as_secs_f64() * 1e3,
        slowest.slowest,
        greediest.share,
        ALLOWANCE >> 10,
        greediest.greediest
    );
    let large = SEEDS.concat().repeat(LARGE / SEEDS.iter().map(|seed| seed.len()).sum::<usize>());
    cost(&extractor, &large);
    let (time, most) = cost(&extractor, &large);
    let share = most as f64 / large.len() as f64;
    println!(
        "a page of {} MB takes {:.0} ms and {share:.1} times its size",
        large.len() >> 20,
        time.as_secs_f64() * 1e3
    );
    if panics > 0 || slowest.time > Duration::from_secs(1) || greediest.share > 10.0 || share > 10.0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
