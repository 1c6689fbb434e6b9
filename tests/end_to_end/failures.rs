use crate::mino::{Mino, serve};
use std::collections::BTreeMap;

/// A page, how it is answered, and how its task ends: category, blocked reason, attempts made, part of the reason.
struct Case {
    page: &'static str,
    route: &'static str,
    html: &'static str,
    ends: [&'static str; 4],
}

const fn case(page: &'static str, route: &'static str, html: &'static str, ends: [&'static str; 4]) -> Case {
    Case { page, route, html, ends }
}

const GOOD: &str = "<title>Lamp</title><h1>Lamp</h1><p>Price: <b>$49.00</b></p>";
const CONTACT: &str = "<title>Lamp</title><h1>Lamp</h1><p>Price: <b>$49.00</b></p><form>Log in <input type=password><div class=g-recaptcha>\
    </div></form><div class=cookie-banner>We use cookies. <button>Accept all</button></div>";
const SHELL: &str = "<title>Lamp</title><div id=root></div><script>var app = 1;</script>";
const SAID: &str = "blocked";
const BROKEN: &str = "page_error";

const CASES: [Case; 19] = [
    case("good", "", GOOD, ["", "", "1", ""]),
    case("busy-good", "", CONTACT, ["", "", "1", ""]),
    case(
        "captcha-header",
        r#"{"status": 403, "headers": {"cf-mitigated": "challenge"}}"#,
        "<title>Just a moment...</title>",
        [SAID, "captcha", "1", "header cf-mitigated: challenge (Cloudflare)"],
    ),
    case(
        "captcha-page",
        "",
        "<title>Sicherheitsprüfung</title><p>Bitte bestätigen Sie, dass Sie kein Roboter sind.<div class=h-captcha></div>",
        [SAID, "captcha", "1", "“sicherheitsprüfung” (German) beside hCaptcha"],
    ),
    case(
        "members",
        "",
        "<title>Log in | Acme</title><h1>Log in</h1><form><input type=password></form>",
        [SAID, "login_required", "1", "a form that asks for a password; the page's title says “log in”"],
    ),
    case(
        "led-to-login",
        r#"{"redirect": "/login/members"}"#,
        "",
        [SAID, "login_required", "1", "a form that asks for a password at /login/members"],
    ),
    case(
        "paywall",
        "",
        "<title>Lampe</title><p>Un début …<p>Article réservé aux abonnés",
        [SAID, "paywall", "1", "“réservé aux abonnés” (French)"],
    ),
    case(
        "geo",
        r#"{"status": 403}"#,
        "<title>Lamp</title><p>This shop is not available in your country.",
        [SAID, "geo_blocked", "1", "the page says “not available in your country”"],
    ),
    case(
        "limited",
        r#"{"status": 429, "headers": {"Retry-After": "1"}}"#,
        "",
        [SAID, "rate_limited", "2", "HTTP 429, too many requests"],
    ),
    case(
        "limited-for-long",
        r#"{"status": 429, "headers": {"Retry-After": "3600"}}"#,
        "",
        [SAID, "rate_limited", "1", "HTTP 429, too many requests"],
    ),
    case(
        "consent",
        "",
        "<title>Het Blad</title><div id=cookie-wall><h1>Wij gebruiken cookies</h1><button>Alles accepteren</button></div>",
        [SAID, "consent_wall", "2", "nothing is shown before consent"],
    ),
    case(
        "denied",
        r#"{"status": 403, "headers": {"server": "AkamaiGHost"}}"#,
        "<title>Access Denied</title>",
        [SAID, "", "1", "(Akamai: header server: akamaighost)"],
    ),
    case("gone", r#"{"status": 404}"#, "<title>Page not found</title>", [BROKEN, "", "1", "does not exist (HTTP 404)"]),
    case(
        "soft-gone",
        "",
        "<title>Página no encontrada</title><h1>Página no encontrada</h1><p>La página que buscas no existe.",
        [BROKEN, "", "1", "the page says that it does not exist (“página no encontrada”, Spanish), under HTTP 200"],
    ),
    case("error", r#"{"status": 500}"#, "", [BROKEN, "", "2", "the site has an error (HTTP 500)"]),
    case(
        "soft-error",
        "",
        "<title>Internal Server Error</title><h1>Internal Server Error</h1>",
        [BROKEN, "", "2", "the page shows an error (“internal server error”), under HTTP 200"],
    ),
    case("shell", "", SHELL, [BROKEN, "", "2", "the page is an empty shell: no words, 1 script"]),
    case("closed", r#"{"behaviour": "close"}"#, "", [BROKEN, "", "2", "closed the connection without an answer"]),
    case(
        "nothing-there",
        "",
        "<title>Lamps</title><h1>Lamps</h1><p>We make lamps of every kind, in the same house by the river.",
        ["extraction_failed", "", "2", "the required field price was not found"],
    ),
];

/// Each case has a site of its own, in a network of the test: what one does to its host is nothing to the others.
async fn run(mino: &Mino, network: &str, names: &[&str], settings: &str) -> BTreeMap<String, [String; 4]> {
    let cases = CASES.iter().filter(|case| names.is_empty() || names.contains(&case.page));
    let routes: Vec<String> = CASES
        .iter()
        .filter(|case| !case.route.is_empty())
        .map(|case| {
            let more = match case.route.contains("redirect") || case.route.contains("behaviour") {
                true => String::new(),
                false => format!(r#", "file": "{}.html"}}"#, case.page),
            };
            let route =
                if more.is_empty() { case.route.to_owned() } else { case.route[..case.route.len() - 1].to_owned() };
            format!(r#""/{}": {route}{more}"#, case.page)
        })
        .collect();
    let login = ("login/members.html", "<title>Acme</title><p>Acme members<form><input type=password></form>");
    let files: Vec<(String, &str)> = CASES.iter().map(|case| (format!("{}.html", case.page), case.html)).collect();
    let mut pages: Vec<(&str, &str)> = files.iter().map(|(name, html)| (name.as_str(), *html)).collect();
    pages.push(login);
    let routes = format!("{{{}}}", routes.join(", "));
    let (mut servers, mut rows) = (Vec::new(), String::new());
    for (case, number) in cases.zip(1..) {
        let address = format!("{network}.{number}");
        servers.push(serve(&address, &routes, &pages).await);
        let port = servers.last().unwrap().port();
        rows += &format!("{},http://{address}:{port}/{}\n", case.page, case.page);
    }
    mino.write("lamps.csv", format!("name,url\n{rows}"));
    mino.write(
        "lamps.yaml",
        format!(
            "campaign: lamps\ninstructions:\n  prompt: p\n  fields:\n    - {{name: price, type: money, required: true}}\n\
             dataset: {{source: lamps.csv, key: name}}\nrun: {{{settings}}}\n"
        ),
    );
    let done = mino.run(&["run", "-f", "lamps.yaml"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    let rows = mino
        .sql(
            "select row_id, coalesce(failure_category, '') c, coalesce(blocked_reason, '') b, attempt_count n, \
             coalesce(failure_reason, '') r, needs_review from tasks",
        )
        .await;
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rows.iter().map(|row| (text(&row["row_id"]), ["c", "b", "n", "r"].map(|column| text(&row[column])))).collect()
}

fn expect(ended: &BTreeMap<String, [String; 4]>) {
    for case in CASES.iter().filter(|case| ended.contains_key(case.page)) {
        let [category, blocked, attempts, reason] = &ended[case.page];
        let [ends_as, ends_blocked, tries, part] = case.ends;
        assert_eq!(
            (category.as_str(), blocked.as_str(), attempts.as_str()),
            (ends_as, ends_blocked, tries),
            "{}: {reason}",
            case.page
        );
        assert!(reason.contains(part), "{}: {reason}", case.page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_is_understood_and_tried_again_as_its_cause_deserves() {
    let mino = Mino::new();
    let ended = run(&mino, "127.34.0", &[], "fetch: http, concurrency: 20, max_retries: 1, timeout: 20s").await;
    assert_eq!(ended.len(), CASES.len());
    expect(&ended);
    let steps = "select count(*) from (select unnest(reasoning) step from attempts) where step.action = ";
    assert_eq!(mino.cell(&format!("{steps}'broken'")).await, 5);
    assert_eq!(mino.cell("select count(*) from tasks where status_category = 'blocked' and not needs_review").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_understands_them_too() {
    let mino = Mino::new();
    let names =
        ["busy-good", "captcha-header", "led-to-login", "denied", "soft-gone", "shell", "limited-for-long", "paywall"];
    let ended = run(
        &mino,
        "127.34.1",
        &names,
        "fetch: browser, concurrency: 4, max_retries: 1, timeout: 20s, screenshots: never",
    )
    .await;
    assert_eq!(ended.len(), names.len());
    expect(&ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_wants_more_rest_than_a_run_has_is_not_asked_again() {
    let limited = r#"{"/limited": {"status": 429, "headers": {"Retry-After": "3600"}, "file": "good.html"}}"#;
    let server = serve("127.34.2.1", limited, &[("good.html", GOOD)]).await;
    let mino = Mino::new();
    let site = format!("http://127.34.2.1:{}", server.port());
    mino.write("lamps.csv", format!("name,url\nlimited,{site}/limited\ngood,{site}/good\n"));
    mino.write(
        "lamps.yaml",
        "campaign: lamps\ninstructions:\n  prompt: p\n  fields:\n    - {name: price, type: money, required: true}\n\
         dataset: {source: lamps.csv, key: name}\nrun: {fetch: http}\n",
    );
    assert_eq!(mino.run(&["run", "-f", "lamps.yaml"]).await.code, 1);
    let said = mino.cell("select failure_reason from tasks where row_id = 'good' and blocked_reason = 'rate_limited'");
    assert_eq!(said.await, "the host wants to be left alone for longer than a run waits");
}
