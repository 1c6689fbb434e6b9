use crate::mino::Mino;
use std::collections::BTreeMap;

/// The dataset says how each of its sites should end.
#[tokio::test(flavor = "multi_thread")]
async fn every_broken_site_ends_as_its_row_says() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    let done = mino.run(&["run", "-f", "campaigns/broken.yaml", "--concurrency=2", "--timeout=20s"]).await;
    assert_eq!(done.code, 0, "{done:?}");

    let mut expected = BTreeMap::new();
    let mut reader = csv::Reader::from_path(mino.path("datasets/broken.csv")).unwrap();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let end = ["expected_status", "expected_category", "expected_reason"].map(|column| row[column].clone());
        expected.insert(row["case_id"].clone(), end.join(" "));
    }
    let attempts = mino
        .sql(
            "select t.row_id, a.status, a.failure_category, a.blocked_reason from attempts a \
             join (select task_id, max(attempt_number) n from attempts group by task_id) last \
             on last.task_id = a.task_id and last.n = a.attempt_number join tasks t on t.task_id = a.task_id",
        )
        .await;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut ended = BTreeMap::new();
    for attempt in &attempts {
        let end = ["status", "failure_category", "blocked_reason"].map(|column| text(&attempt[column]));
        ended.insert(text(&attempt["row_id"]), end.join(" "));
    }
    assert_eq!(ended, expected);
    assert_eq!(mino.cell("select count(*) from tasks where status not in ('completed', 'failed')").await, 0);
    assert_eq!(
        mino.cell("select count(*) from tasks where (status = 'failed') <> (failure_category is not null)").await,
        0
    );
    // Every failure of a page that came left a picture, but for the one that its dialogs hold, and where drawing what has
    // come of 50 MB takes too long.
    let without = "select t.row_id from attempts a join tasks t on t.task_id = a.task_id \
        where a.status <> 'success' and a.http_status is not null and a.screenshots = make_array()";
    let without = mino.sql(without).await;
    assert!(without.iter().all(|row| row["row_id"] == "alert-loop" || row["row_id"] == "huge"), "{without:?}");
}
