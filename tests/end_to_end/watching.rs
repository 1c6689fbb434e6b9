use crate::mino::{Done, Mino, serve};
use chrono::{TimeDelta, Utc};
use mino_datafusion::layout::Kind;
use mino_engine::campaign::{self, RunRequest, connect};
use mino_engine::catalog::{Catalog, Who};
use mino_engine::model::{
    AttemptStatus, CampaignRecord, DatasetVersion, Fetch, InstructionsRecord, RunId, RunRecord, RunStatus, RunType,
    Sample, TaskStatus,
};
use mino_engine::run::{
    Ended, FoundValue, Listener, Now, Plan, PlanOptions, Progress, RunEvent, ShardIdentity, ShardState, Totals,
    finalize, plan, publish_progress,
};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::ChildStdout;

/// A planned run of so many rows, without anybody who works on it.
async fn planned(mino: &Mino, rows: usize) -> (Catalog, Plan) {
    let rows: String = (0..rows).map(|n| format!("http://shop-{n}.invalid/\n")).collect();
    mino.write("shops.csv", format!("url\n{rows}"));
    mino.write(
        "shops.yaml",
        "campaign: shops\ninstructions:\n  prompt: p\n  fields:\n    - {name: price, type: money}\ndataset: {source: shops.csv}\n",
    );
    mino.ok(&["apply", "-f", "shops.yaml"]).await;
    let catalog = connect(mino.path("store").to_str().unwrap(), "default").await.unwrap();
    let campaign = catalog.expect::<CampaignRecord>(Kind::Campaigns, "shops").await.unwrap().body;
    let id = InstructionsRecord::id(&campaign.campaign, "1.0");
    let instructions = catalog.expect::<InstructionsRecord>(Kind::Instructions, &id).await.unwrap().body;
    let dataset = catalog.expect::<DatasetVersion>(Kind::Datasets, "shops").await.unwrap();
    let options = PlanOptions {
        run_id: RunId::now(),
        at: Utc::now(),
        run_type: RunType::Test,
        sample: Sample::All,
        seed: 0,
        settings: campaign.run,
        replay_of: None,
    };
    let dataset = (&dataset.body, dataset.version);
    let plan = plan(&catalog, &campaign.campaign, instructions.into_instructions(), dataset, options).await.unwrap();
    (catalog, plan)
}

async fn begin(catalog: &Catalog, plan: &Plan) {
    let id = &plan.record.run_id;
    let running = RunRecord { status: RunStatus::Running, ..plan.record.clone() };
    catalog.write(Kind::Runs, id, 1, Who::here("execute"), running).await.unwrap();
}

/// A worker of one shard that does nothing but tell what it does.
struct Worker {
    progress: Progress,
    began: Instant,
    /// How far its clock is off.
    off: TimeDelta,
}

impl Worker {
    fn of(plan: &Plan, shard: u32, of: u32, off: TimeDelta) -> Self {
        let worker = format!("machine-{shard}:1");
        let identity = ShardIdentity { run_id: plan.record.run_id.clone(), shard: shard + 1, of, epoch: 1, worker };
        let tasks = plan.tasks.len() as u64;
        let totals = Totals { tasks: tasks / u64::from(of), ..Totals::default() };
        let now = Now { at: Utc::now() + off, elapsed: Duration::ZERO };
        let mut this = Self { progress: Progress::new(identity, tasks, totals, now), began: Instant::now(), off };
        this.tell(RunEvent::Started { tasks: plan.tasks.len(), concurrency: 4 });
        this
    }

    fn now(&self) -> Now {
        Now { at: Utc::now() + self.off, elapsed: self.began.elapsed() }
    }

    fn tell(&mut self, event: RunEvent) {
        let now = self.now();
        self.progress.on_event(&event, now);
    }

    fn finish(&mut self, plan: &Plan, tasks: std::ops::Range<usize>, completed: bool) {
        for task in &plan.tasks[tasks] {
            let (task_id, url) = (task.task_id.clone(), task.site_url.clone());
            self.tell(RunEvent::AttemptStarted { task_id: task_id.clone(), url: url.clone(), number: 1 });
            let value = FoundValue { field: "price".into(), value: "12.50 EUR".into(), confidence: 0.87 };
            self.tell(RunEvent::AttemptFinished {
                task_id: task_id.clone(),
                url,
                number: 1,
                status: if completed { AttemptStatus::Success } else { AttemptStatus::Failed },
                reason: (!completed).then(|| format!("cannot find the host {}", task.site_name)),
                failure_category: None,
                blocked_reason: None,
                host: task.site_name.clone(),
                duration_ms: 1_200,
                fields: 1,
                values: if completed { vec![value] } else { Vec::new() },
                confidence: completed.then_some(0.87),
                retry_in_ms: None,
            });
            let status = if completed { TaskStatus::Completed } else { TaskStatus::Failed };
            self.tell(RunEvent::TaskFinished { task_id, row_id: task.row_id.clone(), status });
        }
    }

    async fn publish(&mut self, catalog: &Catalog) {
        let now = self.now();
        publish_progress(catalog, &self.progress.publish(now)).await.unwrap();
    }
}

async fn next_where(lines: &mut Lines<BufReader<ChildStdout>>, wanted: impl Fn(&str) -> bool) -> String {
    loop {
        let line = lines.next_line().await.unwrap().expect("it goes on until the run is closed");
        if wanted(&line) {
            return line;
        }
    }
}

fn figure(line: &str, pointer: &str) -> Value {
    serde_json::from_str::<Value>(line).unwrap().pointer(pointer).cloned().unwrap_or(Value::Null)
}

/// From the plan to the end, as JSON and as lines, by two watchers at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_from_its_plan_to_its_end() {
    let mino = Mino::new();
    let (catalog, plan) = planned(&mino, 40).await;
    let status = mino.ok(&["status"]).await;
    assert!(status.contains("queued") && status.contains("0 of 40"), "{status}");

    let mut json = mino.command(&["watch", "latest", "--json"]).spawn().unwrap();
    let mut plain = mino.command(&["watch", &plan.record.run_id[..30]]).spawn().unwrap();
    let mut figures = BufReader::new(json.stdout.take().unwrap()).lines();
    let mut lines = BufReader::new(plain.stdout.take().unwrap()).lines();
    let queued = next_where(&mut figures, |_| true).await;
    assert_eq!((figure(&queued, "/stand"), figure(&queued, "/totals/tasks")), ("queued".into(), 40.into()));
    next_where(&mut lines, |line| line.contains("queued")).await;

    begin(&catalog, &plan).await;
    let mut worker = Worker::of(&plan, 0, 1, TimeDelta::zero());
    worker.finish(&plan, 0..10, true);
    worker.finish(&plan, 10..15, false);
    worker.publish(&catalog).await;
    let busy = next_where(&mut figures, |line| figure(line, "/totals/failed") == 5).await;
    for (pointer, expected) in [
        ("/stand", Value::from("running")),
        ("/totals/completed", 10.into()),
        ("/failures/groups/0/pattern", "cannot find the host <host>".into()),
        ("/failures/groups/0/attempts", 5.into()),
        ("/last_values/0/value", "12.50 EUR".into()),
        ("/last_values/0/confidence", 0.87.into()),
        ("/health/n", 15.into()),
        ("/shards/0/worker", "machine-0:1".into()),
    ] {
        assert_eq!(figure(&busy, pointer), expected, "{pointer} of {busy}");
    }
    next_where(&mut lines, |line| line.contains("15/40 done, 10 completed, 5 failed")).await;

    worker.tell(RunEvent::Paused { reason: "lunch".into(), by: "ann@desk".into() });
    worker.publish(&catalog).await;
    let paused = next_where(&mut figures, |line| figure(line, "/stand") == "paused").await;
    assert_eq!((figure(&paused, "/reason"), figure(&paused, "/eta")), ("lunch (ann@desk)".into(), Value::Null));
    next_where(&mut lines, |line| line.ends_with("paused: lunch (ann@desk)")).await;

    finalize(&catalog, &plan, &Ended::Stopped("by a test".into()), &mut []).await.unwrap();
    let last = next_where(&mut figures, |line| figure(line, "/status") == "stopped").await;
    assert_eq!((figure(&last, "/totals/skipped"), figure(&last, "/summary/skipped")), (40.into(), 40.into()));
    assert_eq!(figures.next_line().await.unwrap(), None, "a closed run has no more figures");
    next_where(&mut lines, |line| line.contains("40 skipped")).await;
    assert_eq!((json.wait().await.unwrap().code(), plain.wait().await.unwrap().code()), (Some(5), Some(5)));
    assert!(mino.ok(&["status"]).await.starts_with("no run is open"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_no_sign_is_named() {
    let mino = Mino::new();
    let (catalog, plan) = planned(&mino, 30).await;
    begin(&catalog, &plan).await;
    let mut gone = Worker::of(&plan, 0, 3, TimeDelta::minutes(-10));
    gone.finish(&plan, 0..4, true);
    gone.publish(&catalog).await;
    Worker::of(&plan, 1, 3, TimeDelta::zero()).publish(&catalog).await;
    let status = mino.ok(&["status", "latest"]).await;
    assert!(
        status.contains("! nobody works on shard 1 of 3, 6 tasks are left: machine-0:1 gives no sign (for 10m"),
        "{status}"
    );
    assert!(status.contains("! nobody has begun shard 3 of 3 (for "), "{status}");
    let figures = mino.ok(&["status", "--json"]).await;
    assert_eq!((figure(&figures, "/stand"), figure(&figures, "/totals/tasks")), ("running".into(), 30.into()));
    assert_eq!((figure(&figures, "/shards/0/owned"), figure(&figures, "/shards/1/owned")), (false.into(), true.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_there_is_not_is_told() {
    let mino = Mino::new();
    planned(&mino, 1).await;
    for command in ["watch", "status"] {
        let done: Done = mino.run(&[command, "zzz"]).await;
        assert_eq!((done.code, done.err.trim()), (2, "error: there is no run `zzz`; `mino list runs` shows them"));
    }
}

/// Figures made of the events of a real run come to what the run itself counted.
#[tokio::test(flavor = "multi_thread")]
async fn figures_agree_with_what_came() {
    let page = ("page.html", "<title>t</title><h1>A page</h1>");
    let server = serve("127.35.1.1", r#"{"/gone": {"status": 503}}"#, &[page]).await;
    let mino = Mino::new();
    let site = format!("http://127.35.1.1:{}", server.port());
    let rows: String = (0..30).map(|n| format!("{site}/{}?{n}\n", if n % 5 == 0 { "gone" } else { "page" })).collect();
    mino.write("pages.csv", format!("url\n{rows}"));
    mino.write(
        "pages.yaml",
        "campaign: pages\ninstructions:\n  prompt: p\n  fields:\n    - {name: title, type: text, required: true}\n\
         dataset: {source: pages.csv}\nrun: {concurrency: 4, max_retries: 1, allow_addresses: [127.0.0.0/8], \
         politeness: {per_host: 8, delay: 0s}}\n",
    );
    mino.ok(&["apply", "-f", "pages.yaml"]).await;
    let catalog = connect(mino.path("store").to_str().unwrap(), "default").await.unwrap();
    let began = Instant::now();
    let now = move || Now { at: Utc::now(), elapsed: began.elapsed() };
    let identity = ShardIdentity { run_id: "r".into(), shard: 1, of: 1, epoch: 1, worker: "w".into() };
    let totals = Totals { tasks: 30, ..Totals::default() };
    let progress = Arc::new(Mutex::new(Progress::new(identity, 30, totals, now())));
    let told = progress.clone();
    let listener: Box<dyn Listener> = Box::new(move |event: &RunEvent| told.lock().unwrap().on_event(event, now()));
    let request = RunRequest { fetch: Some(Fetch::Http), ..RunRequest::new("pages") };
    let report = campaign::run(&catalog, request, &mut [listener]).await.unwrap();

    let figures = progress.lock().unwrap().publish(now());
    let (counts, totals) = (report.summary.unwrap().counts, figures.totals);
    assert_eq!((counts.completed, counts.failed, counts.attempts), (24, 6, 36));
    assert_eq!((totals.completed, totals.failed, totals.attempts), (24, 6, 36));
    assert_eq!((totals.retried, figures.in_flight.count, &figures.state), (6, 0, &ShardState::Done));
    let groups: Vec<_> = figures.failures.groups.iter().map(|group| (group.attempts, group.tasks)).collect();
    assert_eq!(groups, [(12, 6)]);
    assert!(figures.failures.groups[0].pattern.contains("<n>"), "{figures:?}");
    assert!(figures.last_values.iter().all(|value| value.field == "title"));
}
