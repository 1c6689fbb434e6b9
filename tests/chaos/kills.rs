use crate::mino::Mino;
use crate::site::Items;
use crate::size;
use crate::worker::{Worker, assert_whole, journaled};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;
use std::time::Duration;

/// Workers are killed at random moments and started again until the run is done: nothing is lost, nothing counts twice.
async fn kills(address: &str, shards: usize, wanted: usize, seed: u64) {
    let tasks = size(60, 500);
    let items = Items::serve(address, Duration::from_millis(size(500, 900) as u64)).await;
    let mino = Mino::new();
    items.campaign(&mino, tasks, "  concurrency: 3\n  lease: 5s\n");
    let undisturbed = undisturbed(&items, tasks).await;

    mino.ok(&["apply", "-f", "items.yaml"]).await;
    let run = mino.ok(&["run", "items", "--plan"]).await.trim().to_owned();
    let mut random = StdRng::seed_from_u64(seed);
    let (mut killed, mut lives) = (0, 0);
    let mut open: Vec<usize> = (1..=shards).collect();
    while !open.is_empty() {
        let mut going = Vec::new();
        for shard in &open {
            let part = format!("{shard}/{shards}");
            let patience = if killed < wanted { random.random_range(0..size(3000, 4000)) } else { 600_000 };
            let worker = Worker::start(&mino, &["run", "--resume", &run, "--shard", &part, "--json"]);
            going.push((*shard, tokio::spawn(worker.end_or_kill(Duration::from_millis(patience as u64)))));
            lives += 1;
        }
        for (shard, life) in going {
            match life.await.unwrap() {
                None => killed += 1,
                Some((code, said)) => {
                    assert_eq!(code, Some(0), "{said}");
                    open.retain(|open| *open != shard);
                }
            }
        }
    }
    println!("{shards} shards, {tasks} tasks: {killed} killed of {lives} lives, {} visits", items.visits());
    assert!(killed >= size(3, wanted), "the run was over after {killed} kills");
    assert_whole(&mino, tasks).await;
    let flushed = journaled(&mino);
    assert_eq!(flushed.len(), flushed.iter().collect::<HashSet<_>>().len(), "an attempt was flushed twice");
    assert_eq!(flushed.len(), tasks);
    assert_eq!(results(&mino).await, undisturbed);
}

async fn undisturbed(items: &Items, tasks: usize) -> Vec<serde_json::Value> {
    let mino = Mino::new();
    items.campaign(&mino, tasks, "  concurrency: 64\n");
    mino.ok(&["run", "-f", "items.yaml"]).await;
    results(&mino).await
}

async fn results(mino: &Mino) -> Vec<serde_json::Value> {
    let values =
        "select row_id, field, raw, value, confidence, resolver, evidence, match from fields order by row_id, field";
    mino.sql(values).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_by_kills() {
    kills("127.40.0.1", 1, size(4, 200), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_by_kills_of_shards() {
    kills("127.40.0.2", 4, size(6, 200), 2).await;
}
