use crate::mino::{Mino, serve};

const PAGE: &str = r#"<!doctype html><title>state</title><h1>State</h1><script>
const seen = [];
const look = (name, found) => { if (found) seen.push(name); };
look('cookie', document.cookie.includes('mark=1'));
look('localStorage', localStorage.getItem('mark'));
look('sessionStorage', sessionStorage.getItem('mark'));
const open = indexedDB.open('marks', 1);
open.onupgradeneeded = event => { if (event.oldVersion === 0) open.result.createObjectStore('marks'); };
open.onsuccess = async () => {
  const store = open.result.transaction('marks', 'readwrite').objectStore('marks');
  const mark = store.get('mark');
  await new Promise(done => { mark.onsuccess = done; });
  look('indexedDB', mark.result);
  store.put(1, 'mark');
  if (window.caches) { look('caches', await caches.has('marks')); await caches.open('marks'); }
  document.cookie = 'mark=1; max-age=3600';
  localStorage.setItem('mark', 1);
  sessionStorage.setItem('mark', 1);
  const said = document.body.appendChild(document.createElement('p'));
  said.className = 'seen';
  said.textContent = seen.join(' ') || 'nothing';
};
</script>"#;

/// One context after another serves all attempts here: what one page leaves behind, the next would see.
#[tokio::test(flavor = "multi_thread")]
async fn no_attempt_sees_what_another_left() {
    let server = serve("127.20.98.1", "{}", &[("index.html", PAGE)]).await;
    let mino = Mino::new();
    let rows: String = (0..8).map(|row| format!("http://127.20.98.1:{}/?row={row}\n", server.port())).collect();
    mino.write("state.csv", format!("url\n{rows}"));
    mino.write(
        "state.yaml",
        "campaign: state\ninstructions:\n  prompt: p\n  fields:\n    - {name: seen, type: text, required: true, from: [{css: .seen}]}\n\
         dataset: {source: state.csv}\nrun: {concurrency: 1}\n",
    );
    mino.ok(&["run", "-f", "state.yaml"]).await;
    let seen = mino.sql("select distinct value from fields where field = 'seen'").await;
    assert_eq!(seen, [serde_json::json!({"value": "nothing"})]);
    assert_eq!(mino.cell("select count(*) from tasks where status = 'completed'").await, 8);
}
