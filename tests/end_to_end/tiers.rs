use crate::mino::{Mino, serve};

const HOME: &str = "<!doctype html><html lang=en-US><title>Acme</title><h1>Acme</h1><p>We make lamps of every kind, and have \
    done so for many years in the same house by the river.</p><a href=/news.html>News</a> <a href=/contact.html>Contact us</a>";
const CONTACT: &str =
    "<!doctype html><html lang=en-US><title>Contact | Acme</title><h1>Contact</h1><p>Phone: (202) 456-1414</p>";
const NEWS: &str = "<!doctype html><title>News | Acme</title><h1>News</h1><p>Nothing new.</p>";
const DRAWN: &str = "<!doctype html><html lang=en-US><title>Acme</title><div id=root></div><script>document.getElementById('root')\
    .innerHTML = '<h1>Acme</h1><p>Phone: (202) 456-1111</p>';</script>";

fn campaign(mino: &Mino, port: u16, address: &str, pages: &[&str], more: &str) {
    let rows: String = pages.iter().map(|page| format!("http://{address}:{port}/{page}\n")).collect();
    mino.write("acme.csv", format!("url\n{rows}"));
    let file = "campaign: acme\ninstructions:\n  prompt: p\n  fields:\n    - {name: phone, type: phone, required: true, country: US}\n";
    mino.write("acme.yaml", format!("{file}{more}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_followed_to_what_is_missing_and_kept_pages_give_the_same() {
    let pages = [("index.html", HOME), ("contact.html", CONTACT), ("news.html", NEWS)];
    let server = serve("127.20.97.1", "{}", &pages).await;
    let mino = Mino::new();
    let more = "  follow: {depth: 1}\ndataset: {source: acme.csv}\nrun: {fetch: http, archive: true, max_retries: 0}\n";
    campaign(&mino, server.port(), "127.20.97.1", &["index.html"], more);
    mino.ok(&["run", "-f", "acme.yaml"]).await;
    assert_eq!(mino.cell("select value from fields").await, "+12024561414");
    let evidence = mino.cell("select evidence from fields").await;
    assert!(evidence.as_str().is_some_and(|evidence| evidence.contains("/contact.html ")), "{evidence}");
    let trace = mino.cell("select array_to_string(array_agg(step.action || ' ' || step.result), '; ') from (select unnest(reasoning) step from attempts)").await;
    assert!(
        trace.as_str().is_some_and(|trace| trace.contains("follow http") && trace.contains("contact.html")),
        "{trace}"
    );

    drop(server);
    mino.ok(&["replay", "latest"]).await;
    assert_eq!(mino.cell("select count(distinct run_id) from fields").await, 2);
    let kept = "select count(distinct value || evidence || confidence) from fields";
    assert_eq!(mino.cell(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_wants_scripts_goes_to_the_browser() {
    let server = serve("127.20.97.2", "{}", &[("plain.html", CONTACT), ("drawn.html", DRAWN)]).await;
    let mino = Mino::new();
    let more = "dataset: {source: acme.csv}\nrun: {fetch: auto, concurrency: 1, max_retries: 0}\n";
    campaign(
        &mino,
        server.port(),
        "127.20.97.2",
        &["plain.html", "plain.html?2", "plain.html?3", "plain.html?4", "drawn.html"],
        more,
    );
    mino.ok(&["run", "-f", "acme.yaml"]).await;
    let values = mino.sql("select value, count(*) n from fields group by 1 order by 1").await;
    let expected =
        [serde_json::json!({"value": "+12024561111", "n": 1}), serde_json::json!({"value": "+12024561414", "n": 4})];
    assert_eq!(values, expected);
    let steps = "select count(*) from (select unnest(reasoning) step from attempts) where step.action = 'fetch' and step.result like ";
    assert_eq!(mino.cell(&format!("{steps} '%the page wants scripts%'")).await, 1);
    let enough = mino.cell(&format!("{steps} '%plain HTTP was enough%'")).await;
    let compared = mino.cell(&format!("{steps} '%compared with the browser%'")).await;
    assert_eq!(enough.as_i64().unwrap() + compared.as_i64().unwrap(), 4);
    assert!(compared.as_i64().unwrap() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replayed_or_calibrated_says_why() {
    let server = serve("127.20.97.3", "{}", &[("index.html", CONTACT)]).await;
    let mino = Mino::new();
    campaign(&mino, server.port(), "127.20.97.3", &["index.html"], "dataset: {source: acme.csv}\nrun: {fetch: http}\n");
    mino.ok(&["run", "-f", "acme.yaml"]).await;
    let replay = mino.run(&["replay", "latest"]).await;
    assert!(replay.code == 2 && replay.err.contains("kept no pages to replay: set `archive: true`"), "{replay:?}");
    let calibrate = mino.run(&["calibrate", "acme"]).await;
    assert!(calibrate.code == 2 && calibrate.err.contains("no field type has 50"), "{calibrate:?}");
    let version = mino.run(&["replay", "latest", "--instructions", "2.0"]).await;
    assert!(version.code == 2 && version.err.contains("has no instructions 2.0"), "{version:?}");
}
