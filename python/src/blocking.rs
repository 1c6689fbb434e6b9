use crate::errors;
use mino_engine::campaign::CampaignError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::future::Future;
use std::process;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// How often a blocked call looks whether Ctrl-C was pressed.
const SIGNALS: Duration = Duration::from_millis(100);

static RUNTIME: OnceLock<(u32, Runtime)> = OnceLock::new();

/// The engine's threads, made when first needed. A fork does not take threads along.
fn runtime() -> PyResult<&'static Runtime> {
    if let Some((owner, runtime)) = RUNTIME.get() {
        if *owner == process::id() {
            return Ok(runtime);
        }
        return Err(PyRuntimeError::new_err(
            "this process was forked from one that used mino: start processes with spawn, or import mino in the child only",
        ));
    }
    let made = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(&RUNTIME.get_or_init(|| (process::id(), made)).1)
}

/// Waits for the engine while other Python threads run. Ctrl-C cancels `stop` and is raised when the work has ended; work
/// that cannot be stopped is dropped.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    stop: Option<&CancellationToken>,
    work: impl Future<Output = Result<T, CampaignError>> + Send,
) -> PyResult<T> {
    let runtime = runtime()?;
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
                        if interrupted.replace(signal).is_some() {
                            // Asked twice: at once.
                            return interrupted.map_or_else(|| Err(errors::input("interrupted")), Err);
                        }
                        stop.cancel();
                    }
                }
            }
        })
    })
}
