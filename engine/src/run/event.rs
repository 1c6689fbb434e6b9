use super::RunSummary;
use crate::model::{AttemptStatus, BlockedReason, FailureCategory, RunStatus, Sample, TaskStatus};
use mino_datafusion::schema::FoundField;
use serde::{Deserialize, Serialize};

/// Everything that can happen in a run. Listeners see the events in order and know nothing of each other.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The task list is frozen.
    Planned {
        /// UUIDv7.
        run_id: String,
        /// Whose.
        campaign: String,
        /// Rows of the dataset.
        rows: usize,
        /// Tasks of the run.
        tasks: usize,
        /// Which rows.
        sample: Sample,
    },
    /// The browser is up.
    Started {
        /// Tasks to do.
        tasks: usize,
        /// Pages open at once.
        concurrency: u32,
    },
    /// An attempt begins.
    AttemptStarted {
        /// Which task.
        task_id: String,
        /// Which address.
        url: String,
        /// From 1.
        number: u32,
    },
    /// An attempt has ended.
    AttemptFinished {
        /// Which task.
        task_id: String,
        /// Which address.
        url: String,
        /// From 1.
        number: u32,
        /// How.
        status: AttemptStatus,
        /// Why it failed.
        reason: Option<String>,
        /// The same, coarsely.
        failure_category: Option<FailureCategory>,
        /// What kept us out.
        blocked_reason: Option<BlockedReason>,
        /// Host of the address.
        host: String,
        /// Milliseconds.
        duration_ms: u64,
        /// Fields found.
        fields: usize,
        /// The first of their values, shortened.
        values: Vec<FoundValue>,
        /// Mean confidence of all values; `None` without any.
        confidence: Option<f64>,
        /// Milliseconds until the task is tried again; `None`: it is not.
        retry_in_ms: Option<u64>,
    },
    /// A task has ended.
    TaskFinished {
        /// Which task.
        task_id: String,
        /// Which row.
        row_id: String,
        /// How.
        status: TaskStatus,
    },
    /// Finished attempts are safe in the store.
    Flushed {
        /// How many.
        attempts: usize,
    },
    /// No new attempt begins until the run is resumed.
    Paused {
        /// Why.
        reason: String,
        /// Who paused it.
        by: String,
    },
    /// The pause is over.
    Resumed {
        /// Who ended it.
        by: String,
    },
    /// Another number of pages is open at once from now on.
    ConcurrencySet {
        /// Until now.
        from: u32,
        /// From now on.
        to: u32,
        /// What the run was given: it adapts between 1 and this.
        limit: u32,
        /// A person, memory, processors, errors.
        why: String,
    },
    /// A host is left alone for a while; its tasks wait, others go on.
    HostWaiting {
        /// Which.
        host: String,
        /// Milliseconds.
        wait_ms: u64,
        /// Its wish, its answers, or a broken circuit.
        why: String,
    },
    /// The store takes nothing: what is done is kept on the local disk.
    StoreFault {
        /// Its error.
        reason: String,
    },
    /// The store takes what it is given again.
    StoreBack,
    /// Another worker has this shard now; nothing that this one does counts any more.
    LeaseLost {
        /// Who has it; `None` where that is not known.
        to: Option<String>,
    },
    /// The run was asked to stop.
    Stopping {
        /// By whom or what.
        reason: String,
    },
    /// The work on a shard has ended: every task of it has, or the run was stopped.
    ShardFinished {
        /// Which, from 1.
        shard: u32,
        /// Of how many.
        of: u32,
    },
    /// The worker of a shard was asked to end; others may go on with its tasks.
    ShardReleased {
        /// Which, from 1.
        shard: u32,
        /// Of how many.
        of: u32,
    },
    /// Something is out of the ordinary.
    Alert {
        /// One word.
        name: String,
        /// One sentence.
        text: String,
    },
    /// The tables are published.
    Finalized {
        /// UUIDv7.
        run_id: String,
        /// How it ended.
        status: RunStatus,
        /// What came of it.
        summary: RunSummary,
    },
}

/// A value that an attempt found, as short as a line on a screen wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundValue {
    /// Name of the field.
    pub field: String,
    /// In canonical form, its first letters.
    pub value: String,
    /// Probability that it is right, 0..=1.
    pub confidence: f64,
}

impl FoundValue {
    /// Values that an event carries at most.
    const AT_MOST: usize = 12;
    /// Letters of a value that it carries at most.
    const LETTERS: usize = 120;

    /// The first values of an attempt, and the mean confidence of all.
    #[must_use]
    pub fn of(found: &[FoundField]) -> (Vec<Self>, Option<f64>) {
        let with_value = || found.iter().filter_map(|found| Some((found, found.value.as_ref()?)));
        let values = with_value().take(Self::AT_MOST).map(|(found, value)| Self {
            field: found.field.clone(),
            value: shortened(value, Self::LETTERS),
            confidence: found.confidence,
        });
        let n = with_value().count();
        let sum: f64 = with_value().map(|(found, _)| found.confidence).sum();
        (values.collect(), (n > 0).then(|| sum / n as f64))
    }
}

/// At most `letters` letters of a text, on one line.
pub(super) fn shortened(text: &str, letters: usize) -> String {
    let mut out = String::new();
    for (n, letter) in text.chars().map(|c| if c.is_control() { ' ' } else { c }).enumerate() {
        if n + 1 == letters && text.chars().nth(letters).is_some() {
            out.push('…');
            break;
        }
        out.push(letter);
    }
    out
}

/// Watches a run: a progress bar, a log, a callback.
pub trait Listener: Send {
    /// Called for every event, in order; must not block.
    fn on_event(&mut self, event: &RunEvent);
}

impl<F: FnMut(&RunEvent) + Send> Listener for F {
    fn on_event(&mut self, event: &RunEvent) {
        self(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(field: &str, value: Option<&str>, confidence: f64) -> FoundField {
        FoundField {
            field: field.into(),
            raw: String::new(),
            value: value.map(str::to_owned),
            number: None,
            currency: None,
            confidence,
            raw_confidence: confidence,
            resolver: String::new(),
            evidence: String::new(),
        }
    }

    #[test]
    fn an_event_carries_few_and_short_values() {
        let long = "x".repeat(500);
        let many: Vec<FoundField> = (0..30).map(|n| found(&format!("f{n}"), Some(&long), 0.5)).collect();
        let (values, confidence) = FoundValue::of(&many);
        assert_eq!((values.len(), confidence), (FoundValue::AT_MOST, Some(0.5)));
        assert!(values.iter().all(|value| value.value.chars().count() == FoundValue::LETTERS));
        let (values, confidence) = FoundValue::of(&[found("a", Some("1"), 0.9), found("b", None, 0.1)]);
        assert_eq!((values.len(), confidence), (1, Some(0.9)), "what is no value has no say");
        assert_eq!(FoundValue::of(&[]), (Vec::new(), None));
    }

    #[test]
    fn shortening_keeps_what_fits() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "ab…");
        assert_eq!(shortened("a\nb\u{1b}c", 9), "a b c");
    }
}
