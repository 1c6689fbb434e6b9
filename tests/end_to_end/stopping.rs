use crate::mino::{Mino, serve, serve_at};
use tokio::io::{AsyncBufReadExt, BufReader};

/// Two pages are done and the rest never come: the first Ctrl-C waits for them, the second does not, and the two are kept.
/// Going on with the run does the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_keeps_what_is_done() {
    let routes = r#"{"/never": {"behaviour": "never_finishes", "file": "page.html"}}"#;
    let page = ("page.html", "<title>t</title><h1>A page</h1>");
    let server = serve("127.20.98.2", routes, &[page]).await;
    let port = server.port();
    let mino = Mino::new();
    let site = format!("http://127.20.98.2:{}", server.port());
    let rows: String =
        ["page", "page?2", "never", "never?2", "never?3"].map(|path| format!("{site}/{path}\n")).concat();
    mino.write("slow.csv", format!("url\n{rows}"));
    mino.write(
        "slow.yaml",
        "campaign: slow\ninstructions:\n  prompt: p\n  fields:\n    - {name: title, type: text}\n\
         dataset: {source: slow.csv}\nrun: {concurrency: 2, timeout: 10m}\n",
    );
    mino.ok(&["apply", "-f", "slow.yaml"]).await;
    let mut child = mino.command(&["run", "slow", "--json"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut finished, mut started) = (0, 0);
    while finished < 2 || started < 4 {
        let line = lines.next_line().await.unwrap().expect("the run goes on until it is stopped");
        finished += u32::from(line.contains("\"task_finished\""));
        started += u32::from(line.contains("\"attempt_started\""));
    }
    let id = child.id().unwrap().to_string();
    let interrupt = || assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    interrupt();
    while !lines.next_line().await.unwrap().expect("it says that it is stopping").contains("\"stopping\"") {}
    interrupt();
    while lines.next_line().await.unwrap().is_some() {}
    assert_eq!(child.wait().await.unwrap().code(), Some(5));

    let count = async |query: &str| mino.cell(&format!("select count(*) from {query}")).await;
    assert_eq!(count("runs where status = 'stopped'").await, 1);
    assert_eq!(count("tasks where status = 'completed'").await, 2);
    assert_eq!(count("tasks where status = 'skipped'").await, 3);
    assert_eq!(count("attempts where status = 'cancelled'").await, 2);
    mino.ok(&["verify", "latest"]).await;

    drop(server);
    let _server = serve_at("127.20.98.2", "{}", &[page, ("never.html", page.1)], port).await;
    mino.ok(&["run", "--resume", "latest"]).await;
    assert_eq!(count("runs where status = 'completed'").await, 1);
    assert_eq!(count("tasks where status = 'completed'").await, 5);
    assert_eq!(count("attempts where status = 'success'").await, 5);
    assert_eq!(count("attempts where status = 'cancelled'").await, 2);
    mino.ok(&["verify", "latest"]).await;
    // A run that is complete stays as it is.
    let before = crate::mino::files(&mino.path("store"));
    mino.ok(&["run", "--resume", "latest"]).await;
    assert_eq!(before, crate::mino::files(&mino.path("store")));
}
