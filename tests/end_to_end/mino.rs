use mino_engine::serve::{Examples, Site, SiteServer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};

/// A folder with a store, and the command on it.
pub(crate) struct Mino {
    folder: tempfile::TempDir,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Mino {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mino"));
        command.args(args).current_dir(self.folder.path()).env_remove("MINO_ORG").env("MINO_STORE", "store");
        // The sites of the tests are on this machine.
        command.env("MINO_ALLOW_ADDRESSES", "127.0.0.0/8");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Done {
        Done::of(self.command(args).spawn().unwrap()).await
    }

    /// Runs, and expects success.
    pub(crate) async fn ok(&self, args: &[&str]) -> String {
        let done = self.run(args).await;
        assert_eq!(done.code, 0, "mino {args:?}: {done:?}");
        done.out
    }

    /// Rows of a query.
    pub(crate) async fn sql(&self, query: &str) -> Vec<Value> {
        let out = self.ok(&["sql", "--json", query]).await;
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The first cell of a query.
    pub(crate) async fn cell(&self, query: &str) -> Value {
        let rows = self.sql(query).await;
        rows.first().and_then(|row| row.as_object()?.values().next().cloned()).unwrap_or(Value::Null)
    }

    pub(crate) async fn examples(&self) -> Examples {
        Examples::start(self.folder.path(), 0).await.unwrap()
    }
}

impl Done {
    pub(crate) async fn of(child: Child) -> Self {
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A site of our own at an address: pages by name.
pub(crate) async fn serve(address: &str, routes: &str, pages: &[(&str, &str)]) -> SiteServer {
    serve_at(address, routes, pages, 0).await
}

/// The same at a port; 0: any that is free.
pub(crate) async fn serve_at(address: &str, routes: &str, pages: &[(&str, &str)], port: u16) -> SiteServer {
    let json = format!(r#"{{"address": "{address}", "name": "test", "routes": {routes}}}"#);
    let mut files: BTreeMap<String, bytes::Bytes> = BTreeMap::new();
    files.insert("site.json".into(), json.into());
    files.extend(pages.iter().map(|(name, html)| ((*name).to_owned(), html.to_string().into())));
    // Between looking for a port and taking it another process may; and who had it before may not be quite gone.
    for _ in 0..100 {
        let site = Site::new("test", files.clone()).unwrap();
        if let Ok(free) = SiteServer::free_port(&[site.address], port).await
            && let Ok(server) = SiteServer::start(vec![site], free).await
        {
            return server;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{address} has no free port")
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}
