use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A browser's memory at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Bytes of all its processes; what they share counts once.
    pub(super) total: u64,
    /// Process ids of its renderers with their bytes.
    pub(super) renderers: Vec<(u32, u64)>,
}

/// Weighs a browser again and again. What it shares is found seldom, since that takes milliseconds; what is its own and
/// grows is found each time.
#[derive(Debug, Default)]
pub(super) struct Scales {
    known: HashMap<u32, Known>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    renders: bool,
    /// It starts no others.
    leaf: bool,
    own: u64,
    /// Proportional share of what is not its own.
    shared: u64,
}

impl Scales {
    /// `thorough`: find what is shared, too.
    pub(super) fn weigh(&mut self, root: u32, thorough: bool) -> Weight {
        let mut known = HashMap::new();
        let mut open = vec![root];
        while let Some(pid) = open.pop() {
            if known.contains_key(&pid) {
                continue;
            }
            let Some(own) = own_memory(pid) else { continue };
            let mut process = self.known.get(&pid).copied().unwrap_or_default();
            // A zygote's child is called as the zygote is at first.
            if !process.leaf {
                process = Known { shared: process.shared, ..Known::of(pid) };
            }
            process.own = own;
            if thorough {
                process.shared = proportional(pid).map_or(process.shared, |all| all.saturating_sub(own));
            }
            if !process.leaf {
                open.extend(children(pid));
            }
            known.insert(pid, process);
        }
        self.known = known;
        let weights = self.known.values().map(|process| process.own + process.shared);
        let renderers = self.known.iter().filter(|(_, process)| process.renders);
        Weight {
            total: weights.sum(),
            renderers: renderers.map(|(pid, process)| (*pid, process.own + process.shared)).collect(),
        }
    }
}

impl Known {
    fn of(pid: u32) -> Self {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        let kind = line.split(['\0', ' ']).find_map(|word| word.strip_prefix("--type=")).unwrap_or_default();
        Self { renders: kind == "renderer", leaf: !matches!(kind, "" | "zygote"), ..Self::default() }
    }
}

/// Bytes that a process has for itself. `None` when it is gone.
fn own_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // A process that has ended and was not waited for has none of these lines.
    let anonymous = kilobytes(&status, "RssAnon:");
    Some(anonymous.unwrap_or_default() + kilobytes(&status, "RssShmem:").unwrap_or_default())
}

/// Bytes of a process, with its part of what several share; without, where the system does not tell.
fn proportional(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok();
    let share = rollup.and_then(|rollup| kilobytes(&rollup, "Pss:"));
    share.or_else(|| kilobytes(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmRSS:"))
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10)
}

/// Memory that the engine and its browsers can have at most, and have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Of the container, or of the machine.
    pub(super) total: u64,
    /// What is not needed by anyone.
    pub(super) available: u64,
}

impl Room {
    /// Of this process: the narrowest of the machine and the control groups that it is in.
    pub(super) fn now() -> Option<Self> {
        let memory = fs::read_to_string("/proc/meminfo").ok()?;
        let machine = Self { total: kilobytes(&memory, "MemTotal:")?, available: kilobytes(&memory, "MemAvailable:")? };
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Some(groups_of(&groups).iter().filter_map(|group| Self::of_group(group)).fold(machine, Self::narrower))
    }

    fn narrower(self, other: Self) -> Self {
        Self { total: self.total.min(other.total), available: self.available.min(other.available) }
    }

    /// Of a control group that has a limit.
    fn of_group(folder: &Path) -> Option<Self> {
        let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        let total = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
        let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
        let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let cached = ["total_inactive_file ", "inactive_file "].iter().find_map(|key| {
            stat.lines().find_map(|line| line.strip_prefix(key)).and_then(|bytes| bytes.trim().parse::<u64>().ok())
        });
        let used = used.saturating_sub(cached.unwrap_or_default());
        Some(Self { total, available: total.saturating_sub(used) })
    }
}

/// Folders of the memory controller for the lines of `/proc/self/cgroup`, with those above them. A container often sees
/// its own group as the root.
fn groups_of(lines: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in lines.lines() {
        let mut parts = line.splitn(3, ':');
        let (_, Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let mount = match controllers {
            "" => "/sys/fs/cgroup",
            controllers if controllers.split(',').any(|name| name == "memory") => "/sys/fs/cgroup/memory",
            _ => continue,
        };
        let full = Path::new(mount).join(path.trim_start_matches('/'));
        folders.extend(full.ancestors().take_while(|folder| folder.starts_with(mount)).map(Path::to_owned));
    }
    folders
}

/// Part of the last ten seconds, from 0 to 1, in which something waited for a processor; guessed from the load where the
/// system does not tell.
pub(super) fn processor_pressure() -> f64 {
    let told = fs::read_to_string("/proc/pressure/cpu").ok().and_then(|text| {
        let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
        some.split(' ').find_map(|part| part.strip_prefix("avg10="))?.parse::<f64>().ok()
    });
    let guessed = || {
        let load = fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse::<f64>().ok()?;
        let processors = std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
        Some(if load > processors { 1.0 - processors / load } else { 0.0 })
    };
    told.map(|percent| percent / 100.0).or_else(guessed).unwrap_or(0.0).clamp(0.0, 1.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_process_and_its_children_are_weighed() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let mut scales = Scales::default();
        let weight = scales.weigh(std::process::id(), true);
        assert!(scales.known.contains_key(&child.id()) && scales.known.contains_key(&std::process::id()));
        assert!(weight.total > 1 << 20 && weight.total < 4 << 30, "{weight:?}");
        assert!(weight.renderers.is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        scales.weigh(std::process::id(), false);
        assert!(!scales.known.contains_key(&child.id()));
    }

    #[test]
    fn control_groups_of_both_versions_are_found() {
        let paths = |lines| groups_of(lines).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(paths("0::/a/b\n"), ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"]);
        assert_eq!(paths("9:cpu:/x\n4:memory,hugetlb:/x\n"), ["/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory"]);
    }

    #[test]
    fn a_group_without_a_limit_does_not_count_and_its_cache_is_no_need() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(Room::of_group(folder.path()), None);
        write("memory.max", "1000\n");
        write("memory.stat", "anon 1\ninactive_file 300\n");
        assert_eq!(Room::of_group(folder.path()), Some(Room { total: 1000, available: 600 }));
        assert!(Room::now().unwrap().available > 0);
    }
}
