use crate::mino::Mino;
use crate::site::Items;
use crate::size;
use crate::worker::{Worker, assert_whole};
use std::time::{Duration, Instant};

/// Orders of another process reach every worker, in `make chaos` within three seconds.
async fn orders(address: &str, shards: usize) {
    let items = Items::serve(address, Duration::from_millis(120)).await;
    let mino = Mino::new();
    const TASKS: usize = 1000;
    items.campaign(&mino, TASKS, "  concurrency: 2\n");
    mino.ok(&["apply", "-f", "items.yaml"]).await;
    let run = mino.ok(&["run", "items", "--plan"]).await.trim().to_owned();
    let part = |shard: usize| format!("{shard}/{shards}");
    let start =
        |mino: &Mino, shard: usize| Worker::start(mino, &["run", "--resume", &run, "--shard", &part(shard), "--json"]);
    let mut workers: Vec<Worker> = (1..=shards).map(|shard| start(&mino, shard)).collect();
    for worker in &mut workers {
        assert!(worker.until(&["\"task_finished\""]).await);
    }
    let mut took = Vec::new();
    let waited = async |args: &[&str], workers: &mut Vec<Worker>, parts: &[&str]| {
        let begun = Instant::now();
        mino.ok(args).await;
        for worker in workers {
            assert!(worker.until(parts).await, "{args:?}");
        }
        (args[0].to_owned(), begun.elapsed())
    };
    took.push(waited(&["pause", &run, "--reason", "lunch"], &mut workers, &["\"paused\"", "lunch"]).await);
    // A pause survives the death of its worker.
    workers[0].signal("-KILL");
    let _ = workers[0].child.wait().await;
    workers[0] = start(&mino, 1);
    assert!(workers[0].until(&["\"paused\"", "lunch"]).await);
    let before = items.settled().await;
    mino.ok(&["list"]).await;
    assert_eq!(items.visits(), before, "a paused run visits nothing");
    took.push(waited(&["resume", &run], &mut workers, &["\"resumed\""]).await);
    took.push(waited(&["set", &run, "concurrency=4"], &mut workers, &["\"concurrency_set\"", "4"]).await);
    // The last rows are far away: each is of one shard.
    let rows: Vec<String> = (0..shards).map(|shard| (TASKS - 1 - shard).to_string()).collect();
    let begun = Instant::now();
    mino.ok(&["skip", &run, &rows[0]]).await;
    let of = &mut workers[(TASKS - 1) % shards];
    assert!(of.until(&["\"task_finished\"", &format!("\"row_id\":\"{}\"", rows[0]), "skipped"]).await);
    took.push(("skip".into(), begun.elapsed()));
    mino.ok(&["review", &run, "3"]).await;
    took.push(waited(&["stop", &run, "--reason", "enough"], &mut workers, &["\"stopping\"", "enough"]).await);
    for worker in workers {
        let (code, said) = worker.end().await;
        assert_eq!(code, Some(5), "{said}");
    }
    // The bar is three seconds; a test beside others only finds what hangs.
    let bar = Duration::from_secs(size(30, 3) as u64);
    for (what, took) in &took {
        println!("{shards} shards, {what}: {:.1} s", took.as_secs_f64());
        assert!(*took < bar, "{what} took {took:?}");
    }
    assert_eq!(mino.cell("select reason from runs").await.as_str().unwrap().split(": ").last(), Some("enough"));
    assert_eq!(mino.cell("select needs_review from tasks where row_id = '3'").await, true);

    // Going on does the rest, all shards in one process; what was skipped stays skipped until somebody wants it.
    mino.ok(&["run", "--resume", &run, "--concurrency", "64"]).await;
    assert_eq!(mino.cell("select count(*) from tasks where status = 'skipped'").await, 1);
    mino.ok(&["retry", &run, &rows[0]]).await;
    mino.ok(&["run", "--resume", &run]).await;
    assert_eq!(mino.cell("select count(*) from attempts where trigger = 'manual_retry'").await, 1);
    assert_whole(&mino, TASKS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_reach_a_run() {
    orders("127.40.0.4", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_reach_every_shard() {
    orders("127.40.0.5", 4).await;
}
