use crate::mino::Mino;

fn campaign(source: &str, field: &str, prompt: &str) -> String {
    format!(
        "campaign: shops\ninstructions:\n  prompt: {prompt}\n  fields:\n    - {{name: title, {field}}}\ndataset: {{source: {source}}}\n"
    )
}

/// One line on standard error, and nothing in the store.
async fn refused(mino: &Mino, args: &[&str], code: i32) -> String {
    let done = mino.run(args).await;
    assert_eq!((done.code, done.out.as_str()), (code, ""), "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    assert!(!mino.path("store").exists(), "{args:?} wrote to the store");
    done.err.trim_end().to_owned()
}

async fn applied(mino: &Mino, data: Option<&str>, field: &str, prompt: &str) -> String {
    if let Some(data) = data {
        mino.write("shops.csv", data);
    }
    mino.write("shops.yaml", campaign("shops.csv", field, prompt));
    refused(mino, &["apply", "-f", "shops.yaml"], 2).await
}

const TEXT: &str = "type: text";
const ROW: &str = "url\nhttp://127.0.0.1:1/\n";

#[tokio::test]
async fn data_that_cannot_be_used() {
    let mino = Mino::new();
    insta::assert_snapshot!(refused(&mino, &["apply", "-f", "none.yaml"], 2).await, @"error: cannot read the campaign file none.yaml: No such file or directory (os error 2)");
    insta::assert_snapshot!(applied(&mino, None, TEXT, "p").await, @"error: there is no file `shops.csv` (looked for shops.csv)");
    insta::assert_snapshot!(applied(&mino, Some("PK\u{3}\u{4}\0\0\0"), TEXT, "p").await, @"error: `shops.csv` is not a CSV: byte 4 is NUL, so this is a binary file");
    insta::assert_snapshot!(applied(&mino, Some("a,b\n1,2\n"), TEXT, "p").await, @"error: `shops.csv` has no column with addresses (its columns: a, b): name one with `dataset.url`");
    insta::assert_snapshot!(applied(&mino, Some("url,website\nhttp://a.example/,http://b.example/\n"), TEXT, "p").await, @"error: `shops.csv` has more than one column with addresses (`url`, `website`): choose one with `dataset.url`");
    insta::assert_snapshot!(applied(&mino, Some("url\n"), TEXT, "p").await, @"error: `shops.csv` has no rows: a dataset needs at least one row with an address");
    insta::assert_snapshot!(applied(&mino, Some(""), TEXT, "p").await, @"error: `shops.csv` has no rows: a dataset needs at least one row with an address");
}

#[tokio::test]
async fn campaign_files_that_make_no_sense() {
    let mino = Mino::new();
    insta::assert_snapshot!(applied(&mino, Some(ROW), "typ: text", "p").await, @"error: shops.yaml, line 5: unknown key `typ`; did you mean `type`?");
    insta::assert_snapshot!(applied(&mino, Some(ROW), "type: txt", "p").await, @"error: shops.yaml, line 5: unknown type `txt`, did you mean `text`?; known types are text, integer, number, money, boolean, date, datetime, duration, url, email, phone, enum, id and list<…> of one of these");
    insta::assert_snapshot!(applied(&mino, Some(ROW), TEXT, "find {{ row.nam }}").await, @"error: the prompt names `row.nam`, but the dataset has no column `nam`; its columns: url");
    insta::assert_snapshot!(applied(&mino, Some(ROW), "type: text, from: [{css: 'a[['}]", "p").await, @"error: field `title` has the rule `css: a[[`, which cannot be used: it is not a CSS selector");
    for (schedule, says) in [
        ("daily", "line 7: keys are expected here, as `{key: value}`"),
        ("{cron: daily}", "line 7: `daily` is no cron expression"),
        ("{cron: '@daily', timezone: Europe/Bonn}", "line 7: `Europe/Bonn` is no time zone"),
    ] {
        mino.write("shops.yaml", campaign("shops.csv", TEXT, "p") + &format!("schedule: {schedule}\n"));
        let said = refused(&mino, &["apply", "-f", "shops.yaml"], 2).await;
        assert!(said.contains(says), "{said}");
    }
}

#[tokio::test]
async fn stores_and_browsers_that_are_not_there() {
    let mino = Mino::new();
    mino.write("shops.csv", ROW);
    mino.write("shops.yaml", campaign("shops.csv", TEXT, "p"));
    insta::assert_snapshot!(refused(&mino, &["apply", "-f", "shops.yaml", "--store", "s4://bucket"], 2).await, @"error: `s4://bucket` is not a store: scheme `s4` is not known; use a folder, file:///path, s3://bucket/prefix, gs://, az:// or memory://");
    let mut closed = mino.command(&["apply", "-f", "shops.yaml", "--store", "s3://bucket/mino"]);
    closed.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").env("AWS_ALLOW_HTTP", "true");
    closed.env("AWS_ACCESS_KEY_ID", "id-in-test").env("AWS_SECRET_ACCESS_KEY", "secret-in-test");
    let done = crate::mino::Done::of(closed.spawn().unwrap()).await;
    assert_eq!(done.code, 3, "{done:?}");
    insta::assert_snapshot!(done.err.trim_end(), @"error: cannot read mino.json in store s3://bucket/mino: Connection refused (os error 111)");
    insta::assert_snapshot!(refused(&mino, &["run", "-f", "shops.yaml", "--browser", "/no/browser"], 3).await, @"error: there is no browser at /no/browser: give the path of an executable Chromium, or leave --browser out to have one found");
    let mut bare = mino.command(&["run", "-f", "shops.yaml"]);
    bare.env("PATH", "/nonexistent").env_remove("MINO_BROWSER");
    let done = crate::mino::Done::of(bare.spawn().unwrap()).await;
    assert_eq!(done.code, 3, "{done:?}");
    insta::assert_snapshot!(done.err.trim_end(), @"error: no browser found: install one with `apt install chromium-headless-shell` (or `chromium`), or name one with --browser PATH, --browser ws://HOST:PORT/… or MINO_BROWSER");
    assert!(!mino.path("store").exists());
}

#[tokio::test]
async fn runs_that_cannot_be() {
    let mino = Mino::new();
    mino.write("shops.csv", ROW);
    mino.write("shops.yaml", campaign("shops.csv", TEXT, "p"));
    mino.ok(&["apply", "-f", "shops.yaml"]).await;
    let before = crate::mino::files(&mino.path("store"));
    let mut errors = Vec::new();
    for args in [
        ["run", "shop", "--sample=all"],
        ["run", "shops", "--concurrency=0"],
        ["run", "shops", "--sample=first:0"],
        ["run", "shops", "--sample=rows:77"],
        ["run", "shops", "--min-accuracy=80"],
        ["run", "shops", "--timeout=soon"],
        ["run", "shops", "--org=Not A Name"],
        ["verify", "latest", "--json"],
        ["sql", "select * from taks", "--json"],
        ["show", "shop", "--json"],
    ] {
        let done = mino.run(&args).await;
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}: {done:?}");
        errors.push(done.err);
    }
    insta::assert_snapshot!(errors.concat(), @r#"
error: there is no campaign `shop`; did you mean `shops`?
error: concurrency 0 is out of range: use 1 to 256
error: invalid value 'first:0' for '--sample <SAMPLE>': `first:0` is not a sample: use all, first:N, random:N or rows:ID,ID; try --help
error: the dataset has no row `77`; it has 1 rows, the first is `1`
error: --min-accuracy 80 is no share: use a number between 0 and 1
error: invalid value 'soon' for '--timeout <TIME>': expected number at 0; try --help
error: --org: `Not A Name` is not a valid name: use 1 to 64 lower-case letters, digits, `-`, `_` or `.`, beginning with a letter or digit (for example `not-a-name`)
error: there is no run in this store yet: start one with `mino run`
error: there is no table `taks`, did you mean `tasks`?; there are attempts, tasks, fields, results, campaigns, datasets, instructions, runs, audit and results."<campaign>"
error: there is no campaign, dataset or run `shop`; did you mean `shops`?
"#);
    assert_eq!(before, crate::mino::files(&mino.path("store")));
}
