use crate::mino::Mino;
use crate::site::Items;
use crate::worker::{Worker, assert_whole, journaled};
use std::collections::HashSet;
use std::time::Duration;

/// A worker that is frozen for longer than its lease loses its shard to another; woken, it writes nothing that counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_comes_back_counts_for_nothing() {
    // More than the first has done by the time it is frozen, however long the others take to start.
    const TASKS: usize = 600;
    let items = Items::serve("127.40.0.3", Duration::from_millis(100)).await;
    let mino = Mino::new();
    items.campaign(&mino, TASKS, "  concurrency: 4\n  lease: 3s\n");
    mino.ok(&["apply", "-f", "items.yaml"]).await;
    let run = mino.ok(&["run", "items", "--plan"]).await.trim().to_owned();
    let args = ["run", "--resume", &run, "--json"];
    let mut first = Worker::start(&mino, &args);
    // It has flushed something, and has more that it has not.
    assert!(first.until(&["\"flushed\""]).await);
    assert!(first.until(&["\"attempt_finished\""]).await);
    // While it lives nobody else gets the shard.
    let (code, said) = Worker::start(&mino, &args).end().await;
    assert!(code == Some(1) && said.contains("works on shard 1/1"), "{code:?} {said}");
    first.signal("-STOP");
    let mut second = Worker::start(&mino, &[&args[..], &["--concurrency", "64"]].concat());
    assert!(second.until(&["\"flushed\""]).await);
    first.signal("-CONT");
    let (code, said) = first.end().await;
    assert!(code == Some(1) && said.contains("took over shard 1/1"), "{code:?} {said}");
    let (code, said) = second.end().await;
    assert_eq!(code, Some(0), "{said}");
    assert_whole(&mino, TASKS).await;
    let flushed = journaled(&mino);
    assert_eq!(flushed.len(), flushed.iter().collect::<HashSet<_>>().len(), "an attempt was flushed twice");
}
