use crate::errors;
use crate::logs;
use mino_engine::campaign::{CampaignError, Stop};
use pyo3::prelude::*;
use std::future::Future;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How often a blocked call looks whether Ctrl-C was pressed.
const SIGNALS: Duration = Duration::from_millis(100);

/// Characters of what was raised that are kept.
const MOST_OF_A_REASON: usize = 300;

/// The engine's threads, and whose they are. Locked by who holds the GIL, and never beyond: a fork, which holds it too, finds
/// it open.
static RUNTIME: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

/// The threads of this process, made when first needed. A fork does not take threads along: those of the parent stay as they
/// are, for ever, as ending them would wait for threads that are not there.
fn runtime(_: Python<'_>) -> PyResult<&'static Runtime> {
    let mut known = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, runtime)) = *known
        && owner == process::id()
    {
        return Ok(runtime);
    }
    let made = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let made: &'static Runtime = Box::leak(Box::new(made));
    *known = Some((process::id(), made));
    logs::start();
    Ok(made)
}

/// Waits for the engine while other Python threads run. What a signal's handler raises cancels `stop` and is raised when the
/// work has ended; work that cannot be stopped is dropped.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    stop: Option<&Stop>,
    work: impl Future<Output = Result<T, CampaignError>> + Send,
) -> PyResult<T> {
    let runtime = runtime(py)?;
    py.detach(|| {
        runtime.block_on(async {
            let mut work = std::pin::pin!(work);
            let mut interrupted = None;
            loop {
                tokio::select! {
                    done = &mut work => {
                        let done = done.map_err(|error| errors::raise(&error));
                        return match interrupted {
                            Some(signal) => Err(errors::while_handling(done.err(), signal)),
                            None => done,
                        };
                    }
                    () = tokio::time::sleep(SIGNALS) => {
                        let Err(signal) = Python::attach(|py| py.check_signals()) else { continue };
                        let Some(stop) = stop else { return Err(signal) };
                        end(stop, &signal);
                        if let Some(first) = interrupted.replace(signal) {
                            // Asked twice: at once.
                            return Err(first);
                        }
                    }
                }
            }
        })
    })
}

/// Ends what is under way; the run keeps what was raised as the reason. Who presses Ctrl-C in a notebook, or ends a task of an
/// orchestrator, waits for no page.
pub(crate) fn end(stop: &Stop, raised: &PyErr) {
    let why: String = raised.to_string().trim_end_matches(": ").chars().take(MOST_OF_A_REASON).collect();
    stop.because(why);
    stop.now.cancel();
}
