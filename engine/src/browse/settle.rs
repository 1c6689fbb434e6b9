use super::{PageFailure, Tab};
use std::time::Duration;

impl Tab {
    /// Waits until the document changes and then has not changed for a while; true when it did change. `patience` is
    /// how long to wait for a first change; a page that never comes to rest is given five times as long.
    ///
    /// # Errors
    /// When the time of the attempt is up.
    pub async fn settle(&mut self, patience: Duration) -> Result<bool, PageFailure> {
        let page = self.page();
        let watch = script(patience);
        let call = async move { page.evaluate_expression(watch).await };
        let changed = self.attend("the page to come to rest", call).await?;
        // An error here is the page going elsewhere by itself: that is a change.
        Ok(changed.map_or(true, |result| result.value().and_then(serde_json::Value::as_bool).unwrap_or(false)))
    }
}

fn script(patience: Duration) -> String {
    let patience = patience.as_millis();
    let quiet = patience.min(150);
    let longest = patience * 5;
    format!(
        "new Promise(done => {{
            let timer = setTimeout(() => end(false), {patience});
            const end = changed => {{ observer.disconnect(); clearTimeout(cap); done(changed); }};
            const observer = new MutationObserver(() => {{
                clearTimeout(timer);
                timer = setTimeout(() => end(true), {quiet});
            }});
            const cap = setTimeout(() => end(true), {longest});
            observer.observe(document, {{subtree: true, childList: true, characterData: true}});
        }})"
    )
}
