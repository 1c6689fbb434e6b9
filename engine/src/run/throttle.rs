use super::attempt::Source;
use super::{Adapt, LoadSample, Memory, Troubles};
use std::time::Instant;

/// How many attempts are made at once, after what people set and what the machine bears.
#[derive(Debug)]
pub(super) struct Throttle {
    adapt: Adapt,
    troubles: Troubles,
    limit: u32,
}

impl Throttle {
    pub(super) fn new(limit: u32) -> Self {
        Self { adapt: Adapt::new(limit), troubles: Troubles::default(), limit }
    }

    pub(super) fn target(&self) -> u32 {
        self.adapt.target()
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// As a person wants it.
    pub(super) fn set(&mut self, limit: u32) {
        self.limit = limit;
        self.adapt.set_limit(limit);
    }

    /// An attempt ended; `troubled`: it timed out or its page crashed.
    pub(super) fn ended(&mut self, troubled: bool) {
        self.troubles.add(Instant::now(), troubled);
    }

    /// Looks at the browsers. Gives the number before, where it changes, and why; without browsers nothing does.
    pub(super) fn look(&mut self, source: &Source) -> Option<(u32, String)> {
        let Source::Live { fleet: Some(fleet), .. } = source else { return None };
        let (now, from, pressure) = (Instant::now(), self.adapt.target(), fleet.pressure());
        let (attempts, troubled) = self.troubles.share(now);
        let to = self.adapt.sample(now, LoadSample { memory: pressure.memory, cpu: pressure.cpu, attempts, troubled });
        let why = format!(
            "browsers take {:.0} % of their memory, {:.0} % of the time something waits for a processor, {:.0} % of {attempts} attempts timed out or crashed",
            pressure.memory * 100.0,
            pressure.cpu * 100.0,
            troubled * 100.0
        );
        (from != to).then_some((from, why))
    }
}

/// What engine and browsers take now.
pub(super) fn memory(source: &Source) -> Memory {
    let figures = match source {
        Source::Live { fleet: Some(fleet), .. } => Some(fleet.figures()),
        _ => None,
    };
    Memory {
        engine: resident().unwrap_or_default(),
        browser: figures.map(|figures| figures.memory),
        limit: figures.map(|figures| figures.memory_limit),
    }
}

/// Bytes of memory that this process holds.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
