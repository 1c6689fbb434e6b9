use crate::mino::Mino;
use crate::site::Items;
use crate::size;
use crate::worker::{Worker, assert_whole};
use std::time::{Duration, Instant};

/// A large run takes no more memory at its end than at its beginning, and one that is done is found done at once.
#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_take_no_more_memory_than_few() {
    let tasks = size(3_000, 100_000);
    let items = Items::serve("127.40.0.6", Duration::ZERO).await;
    let mino = Mino::new();
    items.campaign(&mino, tasks, "  concurrency: 32\n");
    mino.ok(&["apply", "-f", "items.yaml"]).await;
    let begun = Instant::now();
    let mut worker = Worker::start(&mino, &["run", "items", "--json"]);
    let id = worker.child.id().unwrap();
    let mut samples = Vec::new();
    let mut finished = 0;
    while worker.until(&["\"task_finished\""]).await {
        finished += 1;
        if finished % (tasks / 100) == 0 {
            samples.push(resident(id));
        }
        if finished == tasks {
            break;
        }
    }
    let took = begun.elapsed();
    let (code, said) = worker.end().await;
    assert_eq!(code, Some(0), "{said}");
    let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len().max(1) as f64;
    let tenth = samples.len() / 10;
    let (first, last) = (mean(&samples[..tenth]), mean(&samples[samples.len() - tenth..]));
    let whole = begun.elapsed();
    println!(
        "{tasks} tasks in {:.0} s ({:.2} ms each, of which the site is a part), finalized {:.1} s later; memory of the first tenth {:.0} MB, of the last {:.0} MB",
        took.as_secs_f64(),
        took.as_secs_f64() * 1e3 / tasks as f64,
        (whole - took).as_secs_f64(),
        first / 1e6,
        last / 1e6
    );
    let begun = Instant::now();
    mino.ok(&["run", "--resume", "latest"]).await;
    let resumed = begun.elapsed();
    println!("resuming the finished run: {:.2} s", resumed.as_secs_f64());
    assert!(resumed < Duration::from_secs(size(60, 5) as u64));
    if tasks >= 100_000 {
        assert!(last <= first * 1.1, "memory grew from {first} to {last}");
    }
    assert_whole(&mino, tasks).await;
}

fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() * 1024
}
