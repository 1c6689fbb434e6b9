use axum::Router;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::get;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A site with a page for each row, which counts its visits.
pub(crate) struct Items {
    pub(crate) url: String,
    state: Arc<Shop>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shop {
    visits: Mutex<HashMap<String, u32>>,
    delay: Duration,
}

impl Items {
    /// Answers after `delay`: a visit takes time, so that a worker can be killed in the midst of several.
    pub(crate) async fn serve(address: &str, delay: Duration) -> Self {
        let state = Arc::new(Shop { delay, ..Shop::default() });
        let app = Router::new().route("/item/{n}", get(item)).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind((address, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, state, server }
    }

    /// Visits of all pages.
    pub(crate) fn visits(&self) -> u32 {
        self.state.visits.lock().unwrap().values().sum()
    }

    /// Visits of all pages, once those that were under way have been counted.
    pub(crate) async fn settled(&self) -> u32 {
        loop {
            let before = self.visits();
            tokio::time::sleep(4 * self.state.delay).await;
            if self.visits() == before {
                return before;
            }
        }
    }

    /// A campaign over `tasks` pages, with a known answer for each.
    pub(crate) fn campaign(&self, mino: &crate::mino::Mino, tasks: usize, run: &str) {
        let rows: String = (0..tasks).map(|n| format!("{n},{}/item/{n},Item {n}\n", self.url)).collect();
        mino.write("items.csv", format!("id,url,known_title\n{rows}"));
        mino.write(
            "items.yaml",
            format!(
                "campaign: items\ninstructions:\n  prompt: p\n  fields:\n    - {{name: title, type: text, required: true}}\n    \
                 - {{name: price, type: money}}\ndataset: {{source: items.csv, url: url, key: id}}\nrun:\n  fetch: http\n  \
                 allow_addresses: [127.0.0.0/8]\n  politeness: {{per_host: 256, delay: 0s, ignore_robots: a site of our own}}\n{run}"
            ),
        );
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn item(State(shop): State<Arc<Shop>>, Path(n): Path<String>) -> Html<String> {
    tokio::time::sleep(shop.delay).await;
    *shop.visits.lock().unwrap().entry(n.clone()).or_default() += 1;
    Html(format!(
        "<!doctype html><html lang=en><title>Item {n}</title><h1>Item {n}</h1><p>Price: <span class=price>${n}.50</span></p>"
    ))
}
