use super::flags::arguments;
use super::guarded::Guarded;
use super::profile::{Profile, sweep};
use std::collections::VecDeque;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::task::JoinHandle;

/// What every browser has to be started with.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    /// What the scripts of one page may take, in bytes.
    pub(super) heap: u64,
    pub(super) user_agent: Option<String>,
    pub(super) flags: Vec<String>,
    /// How its pages are kept to what they may reach.
    pub(super) guarded: Guarded,
}

/// Starts the browser once its process group is known to the watcher: whatever happens to the engine in between, no
/// browser is left.
const GATE: &str = r#"read -r go && exec "$@" </dev/null"#;

/// Reads process ids to kill, until it is told to end (a process that was forked from the engine holds the pipe open, too),
/// or the pipe closes because the engine is gone, in whatever way. Then the browser's whole process group goes, and its
/// folder once nobody writes there any more: a killed process takes a moment to be gone. Zombies are
/// not waited for: the first process of a container may bury them late or never.
const WATCHER: &str = r#"trap '' HUP INT QUIT TERM
PATH=/usr/bin:/bin
read -r group || exit
while read -r pid && [ "$pid" != end ]; do kill -s KILL "$pid"; done
kill -s KILL -- "-$group"
left=50
while [ "$left" -gt 0 ] && kill -s 0 -- "-$group" &&
  { [ ! -e /proc/self/stat ] || grep -qE "\) [^ZX] [0-9]+ $group " /proc/[0-9]*/stat; }
do left=$((left - 1)); sleep .02; done
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }"#;

const LAUNCH_TIMEOUT: Duration = Duration::from_secs(30);
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Lines of standard error that are kept, for the case that it does not start.
const KEPT_LINES: usize = 5;

/// A browser that was started here, and all that it starts.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    address: String,
    /// Closed, the pipe makes the watcher end the browser.
    orders: tokio::sync::Mutex<Option<ChildStdin>>,
    watcher: tokio::sync::Mutex<Child>,
    ended: Arc<AtomicBool>,
    tasks: [JoinHandle<()>; 2],
    _profile: Profile,
}

impl Process {
    /// Starts a browser and waits until it listens.
    pub(super) async fn launch(program: &Path, launch: &Launch) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        tokio::task::spawn_blocking(|| sweep(&std::env::temp_dir())).await.map_err(|error| error.to_string())?;
        let profile = Profile::create().map_err(failed)?;
        let mut watcher = shell(WATCHER).arg(profile.path()).stderr(Stdio::null()).spawn().map_err(failed)?;
        let mut browser = shell(GATE)
            .arg(std::path::absolute(program).map_err(failed)?)
            .args(arguments(profile.path(), launch.heap, launch.user_agent.as_deref(), &launch.flags))
            .env("TMPDIR", profile.temporary())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let missing = || "its pipes are not there".to_owned();
        let mut orders = watcher.stdin.take().ok_or_else(missing)?;
        let mut gate = browser.stdin.take().ok_or_else(missing)?;
        let stderr = browser.stderr.take().ok_or_else(missing)?;
        let pid = browser.id().ok_or_else(missing)?;
        orders.write_all(format!("{pid}\n").as_bytes()).await.map_err(failed)?;
        gate.write_all(b"go\n").await.map_err(failed)?;
        drop(gate);
        let said = Arc::new(Said::default());
        // From here on the watcher ends the browser when this function is left early, and its pipe closes with that.
        let (address, reader) = said.clone().address(stderr, &mut browser).await?;
        let ended = Arc::new(AtomicBool::new(false));
        let is_over = ended.clone();
        let waiter = tokio::spawn(async move {
            let _ = browser.wait().await;
            is_over.store(true, Ordering::Release);
        });
        Ok(Self {
            pid,
            address,
            orders: tokio::sync::Mutex::new(Some(orders)),
            watcher: tokio::sync::Mutex::new(watcher),
            ended,
            tasks: [reader, waiter],
            _profile: profile,
        })
    }

    /// Of the first process; those that it starts are in its process group.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Its DevTools address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Kills one of its processes.
    pub(super) async fn kill(&self, pid: u32) {
        if let Some(orders) = self.orders.lock().await.as_mut() {
            let _ = orders.write_all(format!("{pid}\n").as_bytes()).await;
        }
    }

    /// Kills all its processes, removes its folder, and waits until that is done.
    pub(super) async fn end(&self) {
        if let Some(mut orders) = self.orders.lock().await.take() {
            let _ = orders.write_all(b"end\n").await;
        }
        let _ = tokio::time::timeout(END_TIMEOUT, self.watcher.lock().await.wait()).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// In a process group of its own: what a terminal sends to the engine does not reach it.
fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, "mino"]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
    command
}

/// The last lines of the browser's standard error.
#[derive(Debug, Default)]
struct Said(Mutex<VecDeque<String>>);

impl Said {
    /// The address that the browser tells when it listens, and the task that goes on reading what it says: a browser
    /// whose pipe is full stands still.
    async fn address(
        self: Arc<Self>,
        stderr: ChildStderr,
        browser: &mut Child,
    ) -> Result<(String, JoinHandle<()>), String> {
        let (told, telling) = tokio::sync::oneshot::channel();
        let own = self.clone();
        let reader = tokio::spawn(async move {
            let mut told = Some(told);
            let mut lines = BufReader::new(stderr).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line).trim().to_owned();
                let address = line.split_once("DevTools listening on ").map(|(_, address)| address.to_owned());
                if let Some(address) = address
                    && let Some(told) = told.take()
                {
                    let _ = told.send(address);
                }
                own.keep(line);
            }
        });
        match tokio::time::timeout(LAUNCH_TIMEOUT, telling).await {
            Ok(Ok(address)) => Ok((address, reader)),
            Ok(Err(_)) => {
                let status = tokio::time::timeout(END_TIMEOUT, browser.wait()).await;
                let status = status.ok().and_then(Result::ok).map_or_else(String::new, |status| format!(" ({status})"));
                Err(format!("it ended at once{status}{}", self.quoted()))
            }
            Err(_) => {
                reader.abort();
                Err(format!("it did not listen within {} s{}", LAUNCH_TIMEOUT.as_secs(), self.quoted()))
            }
        }
    }

    fn keep(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !line.is_empty() {
            lines.push_back(line);
        }
        while lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }

    fn quoted(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        format!("; it said: {}", lines.iter().cloned().collect::<Vec<_>>().join(" / "))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{AddressGuard, BrowserSource};
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    async fn launched(script: &str) -> Result<Process, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("browser");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let guard = Arc::new(AddressGuard::new(&[]));
        let guarded = Guarded::start(guard, &BrowserSource::Executable(program.clone())).await.unwrap();
        let launch = Launch { heap: 1 << 30, user_agent: None, flags: Vec::new(), guarded };
        loop {
            match Process::launch(&program, &launch).await {
                // A process that another test forks has the script open for writing until it becomes another program.
                Err(error) if error.contains("Text file busy") => tokio::task::yield_now().await,
                launched => return launched,
            }
        }
    }

    #[tokio::test]
    async fn a_browser_that_does_not_start_is_quoted() {
        let error = launched("echo no libraries >&2; exit 3").await.unwrap_err();
        assert_eq!(error, "it ended at once (exit status: 3); it said: no libraries");
    }

    /// A browser that starts others, and ignores what it can.
    #[tokio::test]
    async fn nothing_is_left_of_a_process_that_is_ended() {
        let script = "trap '' TERM HUP; sleep 1000 & echo DevTools listening on ws://127.0.0.1:1/x >&2; wait";
        let process = launched(script).await.unwrap();
        assert_eq!(process.address(), "ws://127.0.0.1:1/x");
        let profile = process._profile.path().to_owned();
        let children = format!("/proc/{0}/task/{0}/children", process.pid());
        let child: u32 = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
        // By its state: its command line is empty for a moment while it starts. Killed, it may wait to be buried.
        let stat = || std::fs::read_to_string(format!("/proc/{child}/stat"));
        let alive =
            || stat().is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z')));
        assert!(alive() && profile.exists());
        process.end().await;
        assert!(!alive() && !profile.exists());
    }
}
