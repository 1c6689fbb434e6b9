use super::memory::{Room, processor_pressure};

/// A fleet at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FleetFigures {
    /// Browsers that run, with those that only finish their last pages.
    pub browsers: u32,
    /// Tabs that are open.
    pub tabs: u32,
    /// Tabs that were opened since the start.
    pub pages: u64,
    /// Bytes of memory of all browsers, over all their processes; what these share counts once.
    pub memory: u64,
    /// The most that `memory` was.
    pub peak: u64,
    /// Bytes that `memory` is kept under.
    pub memory_limit: u64,
    /// Renderer processes: one for each page, and for each context that waits for one.
    pub renderers: u32,
    /// Bytes of the largest renderer process.
    pub largest_renderer: u64,
    /// Bytes that a renderer process may take.
    pub renderer_limit: u64,
    /// Renderers that were killed because they took too much.
    pub renderers_killed: u64,
    /// Browsers that were replaced because they died, hung, or had to give way.
    pub restarts: u64,
    /// Browsers that were replaced because they had served their time.
    pub recycled: u64,
}

/// What limits how much can be done at once.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pressure {
    /// Memory of the browsers as a share of their limit; 1 where machine or container has next to none left.
    pub memory: f64,
    /// Part of the last ten seconds, from 0 to 1, in which something on this machine waited for a processor.
    pub cpu: f64,
}

impl Pressure {
    /// Read from the system.
    pub(super) fn now(figures: &FleetFigures) -> Self {
        let share = figures.memory as f64 / figures.memory_limit.max(1) as f64;
        let none_left = Room::now().is_some_and(|room| room.available < room.total / 20);
        Self { memory: if none_left { share.max(1.0) } else { share }, cpu: processor_pressure() }
    }
}
