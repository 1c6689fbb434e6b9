use crate::mino::Mino;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_and_says_what_to_do_next() {
    let mino = Mino::new();
    let out = mino.ok(&["demo", "--port=0", "--store=store"]).await;
    for part in ["24 tasks", "accuracy (95 % interval)", "mino sql", "mino verify", "first thing to edit"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert_eq!(mino.cell("select count(*) from results").await, 24);
    assert_eq!(mino.cell("select count(*) from results.\"sheriff-contacts\"").await, 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_an_example_twice_changes_nothing() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    for campaign in mino_engine::serve::Examples::campaigns() {
        let file = format!("campaigns/{campaign}.yaml");
        mino.ok(&["apply", "-f", &file]).await;
        let before = crate::mino::files(&mino.path("store"));
        let again = mino.ok(&["apply", "-f", &file]).await;
        assert!(again.contains("(unchanged)") && !again.contains("(new)"), "{again}");
        assert_eq!(before, crate::mino::files(&mino.path("store")));
    }
    let listed = mino.ok(&["list"]).await;
    assert!(listed.contains("fitness-venues"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quality_gate_asks_the_lower_bound() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    let run = |share: &'static str| {
        let mino = &mino;
        async move {
            let args = ["run", "-f", "campaigns/attraction-prices.yaml", "--sample=first:4", "--min-accuracy", share];
            mino.run(&args).await
        }
    };
    assert_eq!(run("0").await.code, 0);
    let missed = run("1").await;
    assert_eq!(missed.code, 4, "{missed:?}");
    assert!(missed.err.contains("quality gate missed: accuracy is at least 0."), "{missed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_a_campaign_are_asked_of_its_runs() {
    let mino = Mino::new();
    let _sites = mino.examples().await;
    mino.ok(&["run", "-f", "campaigns/attraction-prices.yaml", "--sample=first:4"]).await;
    assert!(mino.ok(&["quality", "latest"]).await.contains("has no quality rules"));

    let file = std::fs::read_to_string(mino.path("campaigns/attraction-prices.yaml")).unwrap();
    let rules = |rules: &str| mino.write("campaigns/attraction-prices.yaml", format!("{file}\nquality:\n{rules}"));
    rules("  - {check: completeness, field: sku, at_least: 0.5}\n");
    let wrong = mino.run(&["apply", "-f", "campaigns/attraction-prices.yaml"]).await;
    assert!(wrong.code == 2 && wrong.err.contains("there is no field `sku`"), "{wrong:?}");
    rules(
        "  - {check: failures, at_most: 0}\n  - {check: freshness, at_most: 1h}\n  \
         - {check: accuracy, at_least: 1, severity: warn}\n",
    );
    mino.ok(&["apply", "-f", "campaigns/attraction-prices.yaml"]).await;
    let kept = mino.ok(&["quality", "latest"]).await;
    let lines: Vec<&str> = kept.lines().collect();
    assert_eq!(lines[0], "ok      the share of failed tasks is 0.000 (n = 4), asked for is at most 0.000");
    assert!(
        lines[1].starts_with("ok      the age is ") && lines[2].starts_with("WARN    the accuracy's lower bound is 0."),
        "{kept}"
    );

    rules("  - {check: accuracy, at_least: 1}\n");
    mino.ok(&["apply", "-f", "campaigns/attraction-prices.yaml"]).await;
    assert_eq!(mino.run(&["quality", "latest"]).await.code, 4);
}
