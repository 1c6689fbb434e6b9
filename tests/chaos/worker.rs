use crate::mino::Mino;
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// A process that works on a run.
pub(crate) struct Worker {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    pub(crate) fn start(mino: &Mino, args: &[&str]) -> Self {
        let mut child = mino.command(args).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    pub(crate) fn signal(&self, name: &str) {
        if let Some(id) = self.child.id() {
            let _ = Command::new("kill").args([name, &id.to_string()]).status();
        }
    }

    /// Waits for an event that holds all these texts; false when it ended before.
    pub(crate) async fn until(&mut self, parts: &[&str]) -> bool {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if parts.iter().all(|part| line.contains(part)) {
                return true;
            }
        }
        false
    }

    /// Its exit code and what it said, once it has ended; `None` when it did not within the time, and was killed.
    pub(crate) async fn end_or_kill(mut self, after: Duration) -> Option<(Option<i32>, String)> {
        let drained = async { while let Ok(Some(_)) = self.lines.next_line().await {} };
        if tokio::time::timeout(after, drained).await.is_err() {
            self.signal("-KILL");
            let _ = self.child.wait().await;
            return None;
        }
        let output = self.child.wait_with_output().await.unwrap();
        Some((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// Its exit code and what it said, however long it takes.
    pub(crate) async fn end(self) -> (Option<i32>, String) {
        self.end_or_kill(Duration::from_secs(3600)).await.expect("it ends within the hour")
    }
}

/// Every task has one result that is right, every attempt is there once, and all numbers from 1 on.
pub(crate) async fn assert_whole(mino: &Mino, tasks: usize) {
    let count = async |query: &str| mino.cell(query).await.as_u64().unwrap();
    let tasks = tasks as u64;
    assert_eq!(mino.cell("select status from runs").await, "completed");
    assert_eq!(count("select count(*) from tasks").await, tasks);
    assert_eq!(count("select count(*) from tasks where status = 'completed'").await, tasks);
    assert_eq!(count("select count(distinct row_id) from results").await, tasks);
    assert_eq!(count("select count(*) from fields where field = 'title' and match = 'exact'").await, tasks);
    let doubled = "select count(*) from (select attempt_id from attempts group by attempt_id having count(*) > 1)";
    assert_eq!(count(doubled).await, 0);
    let gaps =
        "select count(*) from (select task_id from attempts group by task_id having count(*) <> max(attempt_number))";
    assert_eq!(count(gaps).await, 0);
    mino.ok(&["verify", "latest"]).await;
}

/// Attempts in the files of a run's journal: (task, number) of every row, as flushed.
pub(crate) fn journaled(mino: &Mino) -> Vec<(String, u32)> {
    let journal = crate::mino::files(&mino.path("store/runs"));
    // What a killed process was still writing has another ending, and is no part of the store.
    let whole = journal.iter().filter(|path| path.extension().is_some_and(|ending| ending == "parquet"));
    let files = whole.filter(|path| path.components().any(|part| part.as_os_str() == "journal"));
    let marks =
        files.flat_map(|path| mino_datafusion::schema::read_marks(std::fs::read(path).unwrap().into()).unwrap());
    marks.map(|mark| (mark.task_id, mark.attempt_number)).collect()
}
