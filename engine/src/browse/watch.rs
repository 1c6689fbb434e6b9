use super::chromium::Chromium;
use super::crash::Crash;
use super::fleet::Crew;
use super::memory::{Scales, Weight};
use super::relief::{Relief, relieve};
use super::{FleetFigures, Pressure};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// A page fills 120 MB in 100 ms here.
const TICK: Duration = Duration::from_millis(200);
/// When a renderer has half of its share.
const SHORT_TICK: Duration = Duration::from_millis(50);
const THOROUGH_EVERY: Duration = Duration::from_secs(2);
const HEALTH_EVERY: Duration = Duration::from_secs(4);
/// Browsers are replaced for memory at most this often.
const RELIEF_EVERY: Duration = Duration::from_secs(10);

/// Looks after the browsers of a fleet until it is aborted.
pub(super) async fn watch(crew: Arc<Crew>) {
    let mut scales = HashMap::new();
    let (mut thorough, mut health, mut relief) = (Instant::now(), Instant::now(), Instant::now());
    let mut peak = 0;
    loop {
        let begun = Instant::now();
        let browsers = clear_away(&crew);
        let (weighed, weights) = weigh(scales, &browsers, thorough <= begun).await;
        scales = weighed;
        for what in relieve(&weights, &crew.limits) {
            let replaces = matches!(what, Relief::Recycle(_) | Relief::Replace(_));
            if replaces && relief > begun {
                continue;
            }
            if replaces {
                relief = begun + RELIEF_EVERY;
            }
            carry_out(&crew, &browsers, what).await;
        }
        if health <= begun {
            health = begun + HEALTH_EVERY;
            browsers.iter().for_each(look_after);
        }
        let figures = figures(&crew, &browsers, &weights, &mut peak);
        let largest = figures.largest_renderer;
        if thorough <= begun {
            thorough = begun + THOROUGH_EVERY;
            let pressure = tokio::task::spawn_blocking(move || Pressure::now(&figures)).await;
            *crew.now() = (figures, pressure.unwrap_or_default());
        } else {
            crew.now().0 = figures;
        }
        drop(browsers);
        let growing = largest > crew.limits.renderer / 2 || figures.memory > crew.limits.total / 4 * 3;
        tokio::time::sleep(if growing { SHORT_TICK } else { TICK }).await;
    }
}

/// Takes away the browsers that are gone or done, and starts another where none takes tabs.
fn clear_away(crew: &Arc<Crew>) -> Vec<Arc<Chromium>> {
    let mut left = Vec::new();
    let browsers = {
        let mut browsers = crew.browsers();
        browsers.retain(|chromium| {
            let done = !chromium.takes_tabs() && chromium.open() == 0;
            let stays = !chromium.is_gone() && !done;
            if !stays {
                left.push(chromium.clone());
            }
            stays
        });
        browsers.clone()
    };
    for chromium in left {
        if chromium.was_lost() {
            crew.tally.restarts.fetch_add(1, Ordering::Relaxed);
        }
        tokio::spawn(async move { chromium.end().await });
    }
    crew.start_ahead();
    browsers
}

type AllScales = HashMap<u32, Scales>;

async fn weigh(mut scales: AllScales, browsers: &[Arc<Chromium>], thorough: bool) -> (AllScales, Vec<Weight>) {
    let roots: Vec<Option<u32>> =
        browsers.iter().map(|chromium| chromium.process().map(|process| process.pid())).collect();
    let places = roots.len();
    let weighed = tokio::task::spawn_blocking(move || {
        scales.retain(|root, _| roots.contains(&Some(*root)));
        let weights = roots.iter().map(|root| {
            root.map_or_else(Weight::default, |root| scales.entry(root).or_default().weigh(root, thorough))
        });
        let weights = weights.collect();
        (scales, weights)
    });
    weighed.await.unwrap_or_else(|_| (HashMap::new(), vec![Weight::default(); places]))
}

async fn carry_out(crew: &Arc<Crew>, browsers: &[Arc<Chromium>], what: Relief) {
    let (place, kill) = match what {
        Relief::Greedy(place, pid) => (place, Some((pid, Crash::Greedy(crew.limits.renderer)))),
        Relief::Largest(place, pid) => (place, Some((pid, Crash::Largest))),
        Relief::DropIdle => return browsers.iter().for_each(Chromium::drop_idle),
        Relief::Recycle(place) | Relief::Replace(place) => (place, None),
    };
    let Some(chromium) = browsers.get(place) else { return };
    match (kill, chromium.process()) {
        (Some((pid, why)), Some(process)) => {
            chromium.crashes.killing(why);
            process.kill(pid).await;
            crew.tally.renderers_killed.fetch_add(1, Ordering::Relaxed);
        }
        (None, Some(_)) if matches!(what, Relief::Recycle(_)) => crew.renew(chromium),
        (None, Some(_)) => chromium.condemn(),
        (_, None) => {}
    }
}

/// Asks a browser whether it is alive, and gives it up when it is silent twice.
fn look_after(chromium: &Arc<Chromium>) {
    let chromium = chromium.clone();
    if chromium.asked.swap(true, Ordering::AcqRel) {
        return;
    }
    tokio::spawn(async move {
        if !chromium.answers().await && !chromium.answers().await {
            chromium.condemn();
        }
        chromium.asked.store(false, Ordering::Release);
    });
}

fn figures(crew: &Crew, browsers: &[Arc<Chromium>], weights: &[Weight], peak: &mut u64) -> FleetFigures {
    let memory: u64 = weights.iter().map(|weight| weight.total).sum();
    *peak = memory.max(*peak);
    let renderers = weights.iter().flat_map(|weight| &weight.renderers);
    FleetFigures {
        browsers: u32::try_from(browsers.len()).unwrap_or(u32::MAX),
        tabs: browsers.iter().map(|chromium| chromium.open()).sum(),
        pages: crew.tally.pages.load(Ordering::Relaxed),
        memory,
        peak: *peak,
        memory_limit: crew.limits.total,
        renderers: u32::try_from(renderers.clone().count()).unwrap_or(u32::MAX),
        largest_renderer: renderers.map(|(_, bytes)| *bytes).max().unwrap_or(0),
        renderer_limit: crew.limits.renderer,
        renderers_killed: crew.tally.renderers_killed.load(Ordering::Relaxed),
        restarts: crew.tally.restarts.load(Ordering::Relaxed),
        recycled: crew.tally.recycled.load(Ordering::Relaxed),
    }
}
