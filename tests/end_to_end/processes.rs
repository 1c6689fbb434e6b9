//! Processes as the system shows them.

use std::path::PathBuf;
use std::time::Duration;

/// A process of a browser.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) pid: u32,
    arguments: Vec<String>,
}

impl Seen {
    /// `renderer` and the like; none for the browser itself.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.arguments.iter().find_map(|argument| argument.strip_prefix("--type="))
    }

    /// The browser's folder.
    pub(crate) fn profile(&self) -> Option<PathBuf> {
        self.arguments.iter().find_map(|argument| argument.strip_prefix("--user-data-dir=")).map(PathBuf::from)
    }

    /// The time that processors have spent on it.
    pub(crate) fn has_worked(&self) -> Duration {
        let figures = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // After its name, which may have blanks and ends with the last bracket: the 12th and 13th figure, in hundredths.
        let figures = figures.rsplit_once(')').map(|(_, figures)| figures).unwrap_or_default();
        let spent: u64 =
            figures.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Duration::from_millis(10 * spent)
    }

    /// Sends a signal, as `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.pid, name);
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    // It may have ended meanwhile.
    let _ = std::process::Command::new("kill").args(["-s", name, &pid.to_string()]).status();
}

/// All that a process has started, and what that has started, and so on.
pub(crate) fn started_by(pid: u32) -> Vec<Seen> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<u32> =
        lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>()).collect();
    children.into_iter().flat_map(|pid| seen(pid).into_iter().chain(started_by(pid)).collect::<Vec<_>>()).collect()
}

/// The browsers that a process has started: the shell that waits for one is none.
pub(crate) fn browsers_of(pid: u32) -> Vec<Seen> {
    let mut all = started_by(pid);
    all.retain(|process| process.kind().is_none() && process.profile().is_some());
    all.retain(|process| !process.arguments[0].ends_with("sh") || process.arguments[0].ends_with("headless-shell"));
    all
}

/// Processes whose command line names one of these folders.
pub(crate) fn with_profile(profiles: &[PathBuf]) -> Vec<Seen> {
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let named = |process: &Seen| {
        let names = |argument: &String| profiles.iter().any(|profile| argument.contains(profile.to_str().unwrap()));
        process.arguments.iter().any(names)
    };
    pids.filter_map(seen).filter(named).collect()
}

fn seen(pid: u32) -> Option<Seen> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line);
    // Those that Chromium names anew have blanks between their arguments.
    let arguments: Vec<String> = line.split(['\0', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!arguments.is_empty()).then_some(Seen { pid, arguments })
}

/// Asks again until it is so; fails when it does not come to that.
pub(crate) async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..2400 {
        if let Some(answer) = ask() {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain for {what}");
}
