use crate::mino::{Mino, files};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn contents(mino: &Mino, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    files(&mino.path(folder)).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// An orchestrator may do any step again: what is done stays as it is, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_that_is_resumed_and_finalized_again_stays_as_it_is() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    mino.ok(&["run", "-f", "campaigns/attraction-prices.yaml", "--sample=first:3"]).await;
    let before = contents(&mino, "store");
    mino.ok(&["run", "--resume", "latest"]).await;
    mino.ok(&["finalize", "latest"]).await;
    assert_eq!(before, contents(&mino, "store"));
}

/// A machine may die between any two writes of finalize: the next one makes the same files.
#[tokio::test(flavor = "multi_thread")]
async fn tables_are_made_of_the_journal_alone() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    mino.ok(&["run", "-f", "campaigns/attraction-prices.yaml", "--sample=first:3"]).await;
    let before = contents(&mino, "store/tables");
    assert_eq!(before.len(), 4);
    std::fs::remove_dir_all(mino.path("store/tables")).unwrap();
    std::fs::remove_dir_all(mino.path("store/catalog/default/results")).unwrap();
    let runs = files(&mino.path("store/catalog/default/runs"));
    // Queued, running, completed: the last is what finalize wrote.
    assert_eq!(runs.len(), 3);
    std::fs::remove_file(runs.last().unwrap()).unwrap();
    mino.ok(&["finalize", "latest"]).await;
    assert_eq!(before, contents(&mino, "store/tables"));
    assert_eq!(mino.cell("select status from runs").await, "completed");
    mino.ok(&["verify", "latest"]).await;
}
