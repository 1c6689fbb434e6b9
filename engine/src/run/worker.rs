use crate::catalog::host_name;
use serde::{Deserialize, Serialize};

/// A process that works on runs, so that others can tell whether it still lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Its machine.
    pub host: String,
    /// Which boot of the machine, and which container's processes it sees: the same process id elsewhere is another process.
    pub space: String,
    /// Its process.
    pub pid: u32,
    /// When the process began, in the kernel's ticks since the boot: ids of processes come again.
    pub began: u64,
}

impl Worker {
    /// This process.
    #[must_use]
    pub fn here() -> Self {
        let pid = std::process::id();
        Self { host: host_name(), space: space(), pid, began: began(pid).unwrap_or_default() }
    }

    /// True when the process is certainly gone: it was of this machine, and is not there any more. Of other machines nothing
    /// is certain.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        !self.space.is_empty() && self.space == space() && began(self.pid) != Some(self.began)
    }
}

impl std::fmt::Display for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.pid)
    }
}

/// Empty where the system does not tell.
fn space() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let processes = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let (boot, processes) = (boot.trim(), processes.to_string_lossy());
    if boot.is_empty() || processes.is_empty() { String::new() } else { format!("{boot} {processes}") }
}

/// When a process began; `None`: there is none, or nothing is left of it but its exit code.
fn began(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let began = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(began)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_others_may_not() {
        let here = Worker::here();
        assert!(!here.is_gone());
        assert!(Worker { began: here.began + 1, ..here.clone() }.is_gone());
        assert!(!Worker { space: "elsewhere".into(), began: 0, ..here }.is_gone());
    }
}
