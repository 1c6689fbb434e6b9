use pyo3::prelude::*;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Lines that may wait for Python. With more, further ones are left out: the engine waits for no log.
const MOST_WAITING: usize = 1024;

/// One line of the engine's log.
#[derive(Debug)]
struct Line {
    level: u8,
    target: &'static str,
    text: String,
}

/// Hands lines over without waiting, and without the GIL: whoever logs may hold any lock.
#[derive(Debug)]
struct Hand {
    lines: arc_swap::ArcSwapOption<SyncSender<Line>>,
    /// Whose thread reads the other end: a fork does not take it along.
    reader_of: AtomicU32,
}

static HAND: OnceLock<Arc<Hand>> = OnceLock::new();

/// From here on what the engine says comes in this process's `logging`, under the name `mino`: from `info` on, or as
/// `MINO_LOG` says.
pub(crate) fn start() {
    let hand = HAND.get_or_init(|| {
        let hand = Arc::new(Hand { lines: arc_swap::ArcSwapOption::empty(), reader_of: AtomicU32::new(0) });
        let filter = EnvFilter::try_from_env("MINO_LOG")
            .unwrap_or_else(|_| EnvFilter::new("off,mino_engine=info,mino_datafusion=info"));
        // Where somebody else in this process listens to all of Rust already, they hear of the engine too.
        let _ = tracing_subscriber::registry().with(filter).with(ToPython(hand.clone())).try_init();
        hand
    });
    if hand.reader_of.swap(std::process::id(), Ordering::AcqRel) == std::process::id() {
        return;
    }
    let (sender, receiver) = sync_channel(MOST_WAITING);
    // That of a parent process may be locked for ever: it is left as it is.
    std::mem::forget(hand.lines.swap(Some(Arc::new(sender))));
    // Without a thread there is no log; everything else goes on.
    let _ = std::thread::Builder::new().name("mino-log".into()).spawn(move || drain(&receiver));
}

fn drain(lines: &Receiver<Line>) {
    while let Ok(line) = lines.recv() {
        // At the end of the interpreter nobody listens any more.
        if Python::try_attach(|py| tell(py, &line)).is_none() {
            return;
        }
    }
}

fn tell(py: Python<'_>, line: &Line) {
    let told = py
        .import("logging")
        .and_then(|logging| logging.call_method1("getLogger", (line.target.replace("::", "."),)))
        .and_then(|logger| logger.call_method1("log", (line.level, "%s", &line.text)));
    if let Err(error) = told {
        error.write_unraisable(py, None);
    }
}

struct ToPython(Arc<Hand>);

impl<S: Subscriber> Layer<S> for ToPython {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(lines) = self.0.lines.load_full() else { return };
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            Level::ERROR => 40,
            Level::WARN => 30,
            Level::INFO => 20,
            Level::DEBUG => 10,
            Level::TRACE => 5,
        };
        // Everything of ours is under one name, so that one setting of a logger is for all.
        let target = event.metadata().target();
        let target = if target.starts_with("mino") { "mino" } else { target };
        let _ = lines.try_send(Line { level, target, text: text.0 });
    }
}

/// The message of an event, and its fields after it.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
