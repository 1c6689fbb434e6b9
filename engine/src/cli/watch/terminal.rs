use super::screen::{Do, Screen, Wish};
use crate::campaign::{CampaignError, Watcher};
use crate::catalog::Catalog;
use crate::run::RunProgress;
use futures::future::BoxFuture;
use ratatui::crossterm::event::{self, Event};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often figures are looked at.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// How soon the reader of keys notices that nobody listens any more.
const KEYS: Duration = Duration::from_millis(100);

/// Carries a wish out; what came of it, in a sentence.
pub(super) type Control = fn(Catalog, String, Wish) -> BoxFuture<'static, Result<String, CampaignError>>;

/// The terminal as it was, whatever happens: also a panic or an error on the way.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// What can happen while the screen is up.
enum News {
    Figures(Box<Result<RunProgress, CampaignError>>),
    Terminal(Event),
    Said(String),
}

/// Shows a run until it is closed or the person leaves; the last figures.
pub(super) async fn show(
    catalog: Catalog,
    watcher: Watcher,
    mut screen: Screen,
    control: Option<Control>,
) -> Result<Option<RunProgress>, CampaignError> {
    let failed =
        |error: std::io::Error| CampaignError::Input(format!("the terminal cannot be used: {error}; try --json"));
    let run_id = watcher.run_id().to_owned();
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let _restored = Restored;
    let (tell, mut news) = mpsc::channel(64);
    let looking = tokio::spawn(look(watcher, tell.clone()));
    let keys = Keys::read(tell.clone());
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(failed)?;
    loop {
        terminal.draw(|frame| screen.draw(frame)).map_err(failed)?;
        let news = tokio::select! {
            news = news.recv() => news,
            _ = terminated.recv() => None,
        };
        match news {
            None => break,
            Some(News::Said(said)) => screen.said = Some(said),
            Some(News::Figures(figures)) => match *figures {
                Ok(run) => screen.show(run),
                Err(error) => screen.fault = Some(error.to_string()),
            },
            Some(News::Terminal(Event::Key(key))) => match screen.on_key(key) {
                Some(Do::Leave) => break,
                Some(Do::Wish(wish)) => {
                    if let Some(control) = control {
                        tokio::spawn(carry_out(control(catalog.clone(), run_id.clone(), wish), tell.clone()));
                    }
                }
                None => {}
            },
            // A new size needs no more than the next drawing.
            Some(News::Terminal(_)) => {}
        }
        if screen.run.as_ref().is_some_and(RunProgress::is_closed) {
            break;
        }
    }
    looking.abort();
    drop(keys);
    Ok(screen.run)
}

/// Looks on its own, so that a store that does not answer keeps no key waiting.
async fn look(mut watcher: Watcher, tell: mpsc::Sender<News>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let figures = watcher.look().await;
        if tell.send(News::Figures(Box::new(figures))).await.is_err() {
            return;
        }
    }
}

async fn carry_out(wish: BoxFuture<'static, Result<String, CampaignError>>, tell: mpsc::Sender<News>) {
    let said = wish.await.unwrap_or_else(|error| format!("! {error}"));
    // Nobody listens any more only where the screen is gone.
    let _ = tell.send(News::Said(said)).await;
}

/// Reads keys in a thread of its own until it is dropped: the terminal can only be waited for.
struct Keys {
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Keys {
    fn read(tell: mpsc::Sender<News>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let until = over.clone();
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                match event::poll(KEYS).and_then(|ready| if ready { event::read().map(Some) } else { Ok(None) }) {
                    // Keys that nobody has taken for so long are no loss; waiting would be.
                    Ok(Some(event)) => drop(tell.try_send(News::Terminal(event))),
                    Ok(None) => {}
                    Err(_) => return,
                }
            }
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Its last look must not come after the terminal is given back.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
