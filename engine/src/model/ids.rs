use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id! {
    /// A run: UUIDv7, so that runs sort by their start.
    RunId
}
id! {
    /// A task: UUIDv5 of (run, row), so that the same row of the same run is the same task wherever it is planned.
    TaskId
}
id! {
    /// An attempt: UUIDv5 of (task, number), so that a repeat is recognised.
    AttemptId
}

impl RunId {
    /// A new run, now.
    #[must_use]
    pub fn now() -> Self {
        Self(Uuid::now_v7())
    }

    /// The task of one row of this run.
    #[must_use]
    pub fn task(&self, row_id: &str) -> TaskId {
        TaskId(Uuid::new_v5(&self.0, row_id.as_bytes()))
    }
}

impl TaskId {
    /// The attempt of this task with this number, from 1.
    #[must_use]
    pub fn attempt(&self, number: u32) -> AttemptId {
        AttemptId(Uuid::new_v5(&self.0, &number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_same_things_are_the_same() {
        let run = RunId::now();
        assert_eq!(run.task("7"), run.task("7"));
        assert_ne!(run.task("7"), run.task("8"));
        assert_ne!(run.task("7").attempt(1), run.task("7").attempt(2));
        assert_ne!(run.task("7"), RunId::now().task("7"));
    }
}
