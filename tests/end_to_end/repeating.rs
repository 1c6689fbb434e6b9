use crate::mino::{Mino, files};
use mino_engine::browse::{Fleet, FleetOptions, HttpTier, locate};
use mino_engine::campaign::connect;
use mino_engine::model::RunRecord;
use mino_engine::run::{Ended, Execution, Source, execute, finalize, read_plan};
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// An orchestrator may do any step again: what is done stays as it is, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_that_is_executed_and_finalized_again_stays_as_it_is() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    mino.ok(&["run", "-f", "campaigns/attraction-prices.yaml", "--sample=first:3"]).await;
    let store = mino.path("store");
    let contents = || -> BTreeMap<_, _> {
        files(&store).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    };
    let before = contents();

    let catalog = connect(store.to_str().unwrap(), "default").await.unwrap();
    let id = mino.cell("select run_id from runs").await.as_str().unwrap().to_owned();
    let record = catalog.expect::<RunRecord>(mino_datafusion::layout::Kind::Runs, &id).await.unwrap().body;
    let plan = read_plan(&catalog, record).await.unwrap();
    assert_eq!(plan.tasks.len(), 3);
    let source = locate(None, std::env::var_os("PATH").as_deref()).unwrap();
    let fleet = Fleet::launch(FleetOptions::new(source)).await.unwrap();
    let source = Source::Live { http: HttpTier::new().unwrap(), fleet: Some(fleet) };
    let how = Execution { source, stop: CancellationToken::new() };
    let stopped = execute(&catalog, &plan, how, &mut []).await.unwrap();
    assert!(!stopped);
    let result = finalize(&catalog, &plan, &Ended::Completed, &mut []).await.unwrap();
    assert_eq!(result.summary.counts.attempts, result.summary.counts.tasks);
    let after = contents();
    let changed: Vec<_> =
        after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
    assert!(changed.is_empty(), "{changed:?}");
    assert_eq!(before.len(), after.len());
}
