use super::Durations;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Slices that a window is kept in at most: a window is exact to the hundredth part, and small whatever its length.
const SLICES: u64 = 100;

/// How many of the tasks that finished last the figures of a run rest on: 10 % of all, at least 50.
#[must_use]
pub(in crate::run) fn window_size(tasks: u64) -> u64 {
    tasks.div_ceil(10).max(50)
}

/// Tasks that finished one after the other; a single one in runs of up to 1,000.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct Slice {
    /// When the last of them finished, milliseconds since the epoch.
    pub at: i64,
    /// Tasks finished.
    pub n: u64,
    /// Of these, completed.
    pub completed: u64,
    /// Of these, tried more than once.
    pub retried: u64,
    /// Sum of the mean confidences of those that have one.
    pub confidence: f64,
    /// How many have one.
    pub confident: u64,
    /// Times of the attempts that ended meanwhile, of retried tasks too.
    pub durations: Durations,
}

/// A slice as an array: it is written a hundred times a second file.
type Packed = (i64, u64, u64, u64, f64, u64, Durations);

impl From<Packed> for Slice {
    fn from((at, n, completed, retried, confidence, confident, durations): Packed) -> Self {
        Self { at, n, completed, retried, confidence, confident, durations }
    }
}

impl From<Slice> for Packed {
    fn from(slice: Slice) -> Self {
        let confidence = (slice.confidence * 1e4).round() / 1e4;
        (slice.at, slice.n, slice.completed, slice.retried, confidence, slice.confident, slice.durations)
    }
}

/// One of the last finished tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFinished {
    /// When.
    pub at: DateTime<Utc>,
    /// The site kept us out.
    pub blocked: bool,
}

/// How the last finished tasks of a shard came out.
#[derive(Debug, Clone)]
pub(super) struct Window {
    slice: u64,
    keep: usize,
    slices: VecDeque<Slice>,
}

/// A task that finished.
#[derive(Debug, Clone, Copy)]
pub(super) struct FinishedTask {
    pub(super) at: DateTime<Utc>,
    pub(super) completed: bool,
    pub(super) retried: bool,
    pub(super) confidence: Option<f64>,
}

impl Window {
    /// For a run of so many tasks, over all its shards.
    pub(super) fn new(run_tasks: u64) -> Self {
        let size = window_size(run_tasks);
        let slice = size.div_ceil(SLICES);
        let keep = usize::try_from(size.div_ceil(slice) + 1).unwrap_or(usize::MAX);
        Self { slice, keep, slices: VecDeque::new() }
    }

    fn open(&mut self) -> &mut Slice {
        if self.slices.back().is_none_or(|last| last.n >= self.slice) {
            if self.slices.len() >= self.keep {
                self.slices.pop_front();
            }
            self.slices.push_back(Slice::default());
        }
        let last = self.slices.len() - 1;
        &mut self.slices[last]
    }

    pub(super) fn attempt(&mut self, ms: u64) {
        self.open().durations.add(ms);
    }

    pub(super) fn task(&mut self, task: FinishedTask) {
        let slice = self.open();
        slice.at = task.at.timestamp_millis();
        slice.n += 1;
        slice.completed += u64::from(task.completed);
        slice.retried += u64::from(task.retried);
        if let Some(confidence) = task.confidence.filter(|confidence| confidence.is_finite()) {
            slice.confidence += confidence;
            slice.confident += 1;
        }
    }

    pub(super) fn slices(&self) -> Vec<Slice> {
        self.slices.iter().cloned().collect()
    }
}

/// Several slices together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::run) struct WindowSum {
    /// Tasks finished.
    pub(in crate::run) n: u64,
    /// Of these, completed.
    pub(in crate::run) completed: u64,
    /// Of these, tried more than once.
    pub(in crate::run) retried: u64,
    /// Mean of the mean confidences; `None` without any.
    pub(in crate::run) confidence: Option<f64>,
    /// Times of attempts.
    pub(in crate::run) durations: Durations,
    /// When the first slice ended, milliseconds since the epoch.
    pub(in crate::run) since: Option<i64>,
}

/// The newest slices, as few as hold `n` tasks.
pub(in crate::run) fn last_slices(mut slices: Vec<&Slice>, n: u64) -> WindowSum {
    // A slice without a task is one in which attempts ended and will be repeated: it is the newest of its shard.
    slices.sort_by_key(|slice| std::cmp::Reverse(if slice.n == 0 { i64::MAX } else { slice.at }));
    let mut sum = WindowSum::default();
    let (mut confidence, mut confident) = (0.0, 0);
    for slice in slices {
        if sum.n >= n {
            break;
        }
        sum.n += slice.n;
        sum.completed += slice.completed;
        sum.retried += slice.retried;
        sum.durations.merge(&slice.durations);
        if slice.n > 0 {
            sum.since = Some(slice.at);
        }
        confidence += slice.confidence;
        confident += slice.confident;
    }
    sum.confidence = (confident > 0).then(|| confidence / confident as f64);
    sum
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filled(run_tasks: u64, finished: u64) -> Window {
        let mut window = Window::new(run_tasks);
        for n in 0..finished {
            window.attempt(n);
            let at = DateTime::from_timestamp_millis(i64::try_from(n).unwrap()).unwrap();
            window.task(FinishedTask { at, completed: n % 2 == 0, retried: false, confidence: Some(0.5) });
        }
        window
    }

    #[test]
    fn a_small_run_is_kept_task_by_task() {
        assert_eq!([0, 500, 501, 100_000].map(window_size), [50, 50, 51, 10_000]);
        let slices = filled(200, 120).slices();
        let sum = last_slices(slices.iter().collect(), window_size(200));
        assert_eq!((sum.n, sum.completed, sum.confidence, sum.since), (50, 25, Some(0.5), Some(70)));
        assert_eq!(sum.durations.n(), 50);
    }

    #[test]
    fn a_large_run_takes_no_more_room() {
        let slices = filled(100_000, 100_000).slices();
        assert!(slices.len() <= 101);
        let sum = last_slices(slices.iter().collect(), window_size(100_000));
        assert_eq!((sum.n, sum.completed), (10_000, 5_000));
        let bytes = serde_json::to_vec(&slices).unwrap().len();
        assert!(bytes < 60_000, "{bytes}");
    }

    #[test]
    fn of_several_shards_the_newest_count() {
        let (old, new) = (filled(100, 50).slices(), filled(100, 80).slices());
        let sum = last_slices(old.iter().chain(&new).collect(), 30);
        assert_eq!((sum.n, sum.since), (30, Some(50)));
    }

    #[test]
    fn slices_read_as_they_are_written() {
        let slices = filled(100, 3).slices();
        let text = serde_json::to_string(&slices).unwrap();
        assert_eq!(text, r#"[[0,1,1,0,0.5,1,{"0":1}],[1,1,0,0,0.5,1,{"35":1}],[2,1,1,0,0.5,1,{"55":1}]]"#);
        assert_eq!(serde_json::from_str::<Vec<Slice>>(&text).unwrap(), slices);
    }
}
