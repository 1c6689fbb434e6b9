use crate::mino::{Mino, serve};
use mino_engine::serve::SiteServer;

const PAGE: &str = "<!doctype html><title>A page</title><h1>A page</h1>";

/// Two sites at these addresses, three rows and two, and a planned run of them.
async fn planned(hosts: [&str; 2]) -> (Mino, String, [SiteServer; 2]) {
    let mino = Mino::new();
    let servers =
        [serve(hosts[0], "{}", &[("page.html", PAGE)]).await, serve(hosts[1], "{}", &[("page.html", PAGE)]).await];
    let sites = [0, 1].map(|of| format!("http://{}:{}", hosts[of], servers[of].port()));
    let rows: String =
        [0, 1, 0, 1, 0].iter().enumerate().map(|(n, of)| format!("{n},{}/page?{n}\n", sites[*of])).collect();
    mino.write("sites.csv", format!("id,url\n{rows}"));
    mino.write(
        "sites.yaml",
        "campaign: sites\ninstructions:\n  prompt: p\n  fields:\n    - {name: title, type: text, required: true}\n\
         dataset: {source: sites.csv, url: url, key: id}\nrun:\n  fetch: http\n  politeness: {delay: 0s}\n",
    );
    mino.ok(&["apply", "-f", "sites.yaml"]).await;
    let run = mino.ok(&["run", "sites", "--plan"]).await.trim().to_owned();
    (mino, run, servers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_of_one_shard_and_retries_outlive_theirs() {
    let (mino, run, _sites) = planned(["127.31.1.1", "127.31.1.2"]).await;

    let first = mino.ok(&["run", "--resume", &run, "--shard", "1/2", "--json"]).await;
    assert!(first.contains("\"tasks\":3"), "{first}");
    assert_eq!(first.matches("127.31.1.1").count(), first.matches("127.31.1.").count(), "{first}");
    let retry = mino.run(&["retry", &run, "2"]).await;
    let hint = format!("shard 1/2 has ended: `mino run --resume {run}` carries it out");
    assert!(retry.code == 0 && format!("{}{}", retry.out, retry.err).contains(&hint), "{retry:?}");

    mino.ok(&["run", "--resume", &run, "--shard", "2/2"]).await;
    assert_eq!(mino.cell("select status from runs").await, "running", "an order is still to be carried out");
    mino.ok(&["run", "--resume", &run]).await;
    assert_eq!(mino.cell("select status from runs").await, "completed");
    let tried = mino.sql("select row_id, attempt_number, trigger from attempts join tasks using (task_id) order by row_id, attempt_number").await;
    let tried: Vec<String> =
        tried.iter().map(|row| format!("{} {} {}", row["row_id"], row["attempt_number"], row["trigger"])).collect();
    assert_eq!(tried.len(), 6, "{tried:?}");
    assert!(tried.contains(&"\"2\" 2 \"manual_retry\"".to_owned()), "{tried:?}");
    mino.ok(&["run", "--resume", &run]).await;
    assert_eq!(mino.cell("select count(*) from attempts").await, 6, "there is nothing more to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_stopped_run_is_all_that_is_done() {
    let (mino, run, _sites) = planned(["127.31.1.3", "127.31.1.4"]).await;
    mino.ok(&["run", "--resume", &run, "--shard", "1/2"]).await;
    mino.ok(&["stop", &run, "--reason", "enough"]).await;
    assert_eq!(mino.cell("select status from runs").await, "stopped");

    mino.ok(&["run", "--resume", &run, "--shard", "2/2"]).await;
    assert_eq!(mino.cell("select status from runs").await, "completed");
    assert_eq!(mino.cell("select count(*) from tasks where status = 'completed'").await, 5);
    assert_eq!(mino.cell("select count(*) from attempts").await, 5);
}
