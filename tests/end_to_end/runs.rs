use crate::mino::{Done, Mino, files};
use serde_json::json;

const CAMPAIGNS: [(&str, u32); 2] = [("attraction-prices", 21), ("fitness-venues", 18)];

/// Every figure of a run, from its tables.
const COUNTS: &str = "select t.campaign, count(distinct t.task_id) tasks, count(distinct t.run_id) runs, \
    (select count(*) from results r where r.run_id = t.run_id) results, \
    (select count(distinct f.task_id) from fields f where f.run_id = t.run_id) with_fields, \
    (select count(distinct a.task_id) from attempts a where a.run_id = t.run_id) with_attempts \
    from tasks t group by t.campaign, t.run_id order by t.campaign, t.run_id";

#[tokio::test(flavor = "multi_thread")]
async fn runs_in_one_store_mix_nothing_up() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    for (campaign, _) in CAMPAIGNS {
        mino.ok(&["apply", "-f", &format!("campaigns/{campaign}.yaml")]).await;
    }
    // Two of each, all four at once.
    let args = CAMPAIGNS.map(|(campaign, _)| ["run", campaign, "--concurrency=2"]);
    let started: Vec<_> = args.iter().chain(&args).map(|args| mino.command(args).spawn().unwrap()).collect();
    for child in started {
        let done = Done::of(child).await;
        assert_eq!(done.code, 0, "{done:?}");
    }
    // And one more of the first.
    mino.ok(&["run", "attraction-prices"]).await;
    let rows = mino.sql(COUNTS).await;
    let of = |campaign: &str, tasks: u32| json!({"campaign": campaign, "tasks": tasks, "runs": 1, "results": tasks, "with_fields": tasks, "with_attempts": tasks});
    let [(a, a_tasks), (b, b_tasks)] = CAMPAIGNS;
    assert_eq!(rows, [of(a, a_tasks), of(a, a_tasks), of(a, a_tasks), of(b, b_tasks), of(b, b_tasks)]);
    let values = "select count(*) from (select field, site_url, count(distinct value) n from fields \
        where campaign = 'attraction-prices' group by field, site_url) where n > 1";
    assert_eq!(mino.cell(values).await, 0, "the same page gave different values");
    for run in mino.sql("select run_id from runs").await {
        mino.ok(&["verify", run["run_id"].as_str().unwrap()]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_is_found() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    mino.ok(&["run", "-f", "campaigns/attraction-prices.yaml", "--sample=first:2"]).await;
    mino.ok(&["verify", "latest"]).await;
    let tables = files(&mino.path("store/tables"));
    assert_eq!(tables.len(), 4);
    for table in tables {
        let whole = std::fs::read(&table).unwrap();
        let mut changed = whole.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 1;
        std::fs::write(&table, &changed).unwrap();
        let done = mino.run(&["verify", "latest"]).await;
        assert_eq!(done.code, 1, "{done:?}");
        assert_eq!(done.out.matches("BAD").count(), 1, "{done:?}");
        std::fs::remove_file(&table).unwrap();
        assert_eq!(mino.run(&["verify", "latest"]).await.code, 1);
        std::fs::write(&table, &whole).unwrap();
    }
    mino.ok(&["verify", "latest"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_what_they_say() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    mino.ok(&["apply", "-f", "campaigns/attraction-prices.yaml"]).await;
    let rows = async |sample: &str, seed: &str| {
        mino.ok(&["run", "attraction-prices", "--sample", sample, "--seed", seed]).await;
        let last = "select row_id from tasks where run_id = (select max(run_id) from tasks) order by row_id";
        mino.sql(last).await.iter().map(|row| row["row_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let once = rows("random:3", "7").await;
    assert_eq!(once.len(), 3);
    assert_eq!(once, rows("random:3", "7").await);
    assert_ne!(once, rows("random:3", "8").await);
    let named = format!("rows:{},{}", once[2], once[0]);
    assert_eq!(rows(&named, "0").await, [once[0].clone(), once[2].clone()]);
    assert_eq!(mino.cell("select count(*) from runs where run_type = 'test'").await, 4);
}
