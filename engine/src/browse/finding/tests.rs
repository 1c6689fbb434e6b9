use super::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Sentences as pages that are not walls have them.
const PROSE: &str = "The old mill by the river was built in 1821 and ground flour for three villages. Today it houses a small museum, \
    a bakery and a shop. Visitors are welcome from April to October, and groups may book a tour with the miller himself. ";

fn at(url: &str, asked: Option<&str>, status: u16, headers: &[(&str, &str)], html: &str) -> Option<Finding> {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let page = PageSnapshot::from_html(url, html);
    detect_failure(&Answer { status: Some(status), headers: &headers, asked }, &page)
}

fn found(status: u16, html: &str) -> Option<Finding> {
    at("http://acme.example/things/7", Some("http://acme.example/things/7"), status, &[], html)
}

fn words(finding: Option<Finding>) -> String {
    finding.map_or("nothing".into(), |found| {
        format!(
            "{} ({}): {}",
            found.cause,
            if found.certain { "certain" } else { "if something is missing" },
            found.sign
        )
    })
}

fn table(cases: &[(u16, &str)]) -> String {
    let mut table = String::new();
    for (status, html) in cases {
        let _ = writeln!(table, "{}", words(found(*status, html)));
    }
    table
}

#[test]
fn tests_for_humans() {
    let cases = [
        (
            403,
            "<title>Just a moment...</title><body><h1>acme.example</h1><p>Checking if the site connection is secure<script>window._cf_chl_opt={cvId:'3'}</script>",
        ),
        (200, "<title>Attention Required!</title><body>Please complete the security check<div class=g-recaptcha>"),
        (
            403,
            "<title>acme.example</title><body><p>Please enable JS and disable any ad blocker</p><script src=https://ct.captcha-delivery.com/c.js></script>",
        ),
        (
            403,
            "<title>Access to this page has been denied</title><body><h1>Press & Hold to confirm you are a human</h1><div id=px-captcha></div>",
        ),
        (
            200,
            "<html><head><meta name=robots content=noindex></head><body><iframe id=main-iframe src='/_Incapsula_Resource?CWUDNSAI=23&incident_id=1-2'>Request unsuccessful. Incapsula incident ID: 1-2</iframe>",
        ),
        (
            405,
            "<title>Human Verification</title><body><script>window.gokuProps = {key: 1}</script><div id=captcha-container></div>",
        ),
        (
            503,
            "<title>DDoS-Guard</title><body><h1>Checking your browser before accessing acme.example</h1><script src=/.well-known/ddos-guard/js-challenge/index.js></script>",
        ),
        (
            429,
            "<html><body><script>window.KPSDK={};KPSDK.now=1;</script><script src=/149e9513-01fa-4fb0-aad4-566afd725d1b/ips.js></script>",
        ),
        (
            200,
            "<title>Making sure you're not a bot!</title><body><h1>Making sure you're not a bot!</h1><script id=anubis_challenge type=application/json>{}</script>",
        ),
        (
            200,
            "<title>Sicherheitsüberprüfung</title><body>Bitte bestätigen Sie, dass Sie kein Roboter sind.<div class=h-captcha></div>",
        ),
        (
            403,
            "<title>Un instant</title><body>Veuillez confirmer que vous n’êtes pas un robot.<div class=cf-turnstile></div>",
        ),
        (200, "<title>Verificación de seguridad</title><body>No soy un robot<div class=g-recaptcha></div>"),
        (200, "<title>Tienda</title><body><p>Confirme que no es un robot<div class=g-recaptcha></div>"),
        (403, "<title>確認</title><body><p>ロボットではありません<div class=g-recaptcha></div>"),
        (403, "<body><form><div class=g-recaptcha></div></form>"),
    ];
    insta::assert_snapshot!(table(&cases), @r#"
    captcha (certain): a test for humans: script _cf_chl_opt (Cloudflare)
    captcha (certain): a test for humans: the page's title says “attention required” beside reCAPTCHA
    captcha (certain): a test for humans: address captcha-delivery.com (DataDome)
    captcha (certain): a test for humans: element px-captcha (HUMAN (PerimeterX))
    captcha (certain): a test for humans: frame _incapsula_resource (Imperva)
    captcha (certain): a test for humans: script gokuprops (AWS WAF)
    captcha (certain): a test for humans: address /.well-known/ddos-guard/ (DDoS-Guard)
    captcha (certain): a test for humans: script kpsdk.now (Kasada), under HTTP 429
    captcha (certain): a test for humans: element anubis_challenge (Anubis)
    captcha (certain): a test for humans: the page's title says “sicherheitsüberprüfung” (German) beside hCaptcha
    captcha (certain): a test for humans: the page's title says “un instant” (French) beside Cloudflare Turnstile
    captcha (certain): a test for humans: the page's title says “verificación de seguridad” (Spanish) beside reCAPTCHA
    captcha (if something is missing): a test for humans: the page says “que no es un robot” (Spanish) beside reCAPTCHA
    captcha (certain): a test for humans: the page says “ロボットではありません” (Japanese) beside reCAPTCHA
    captcha (certain): a test for humans: HTTP 403 with reCAPTCHA (element g-recaptcha)
    "#);
}

#[test]
fn headers_tell() {
    let tell =
        |status, headers: &[(&str, &str)], html: &str| words(at("http://acme.example/", None, status, headers, html));
    let long = format!("<title>Mill</title><body>{}", PROSE.repeat(60));
    let told = [
        tell(403, &[("cf-mitigated", "challenge")], "<body>"),
        tell(429, &[("cf-mitigated", "challenge")], "<body>"),
        tell(202, &[("x-amzn-waf-action", "challenge")], "<body>"),
        tell(200, &[("x-vercel-mitigated", "challenge")], &long),
        tell(403, &[("x-datadome", "protected"), ("set-cookie", "datadome")], "<body>"),
        tell(
            403,
            &[("server", "akamaighost")],
            "<title>Access Denied</title><body><h1>Access Denied</h1>You don't have permission to access this. Reference #18.2d351ab8.1557333295.a4e16ab",
        ),
        tell(200, &[("cf-ray", "8a-fra"), ("server", "cloudflare"), ("set-cookie", "__cf_bm")], &long),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    captcha (certain): a test for humans: header cf-mitigated: challenge (Cloudflare)
    captcha (certain): a test for humans: header cf-mitigated: challenge (Cloudflare)
    captcha (certain): a test for humans: header x-amzn-waf-action: challenge (AWS WAF)
    captcha (certain): a test for humans: header x-vercel-mitigated: challenge (Vercel)
    access_denied (certain): the site refused access (HTTP 403) (DataDome: cookie datadome)
    access_denied (certain): the site refused access (HTTP 403) (Akamai: “don't have permission to access”); the page's title says “access denied”
    nothing
    "#);
}

#[test]
fn walls_by_status() {
    let cases = [
        (429, ""),
        (451, ""),
        (401, ""),
        (402, ""),
        (403, ""),
        (404, "<h1>Please log in<input type=password>"),
        (500, "<h1>Are you a robot?<div class=g-recaptcha>"),
    ];
    insta::assert_snapshot!(table(&cases), @r#"
    rate_limited (certain): HTTP 429, too many requests
    geo_blocked (certain): HTTP 451, not available for legal reasons
    login_required (certain): the site asks for an account (HTTP 401)
    paywall (certain): HTTP 402, payment required
    access_denied (certain): the site refused access (HTTP 403)
    nothing
    nothing
    "#);
}

#[test]
fn other_countries_and_too_many_requests() {
    let cases = [
        (403, "<body>This service is not available in your country."),
        (200, "<title>Isle Radio</title><body><h1>Sorry</h1><p>Dieses Video ist in Ihrem Land nicht verfügbar."),
        (200, "<body><p>Ce contenu n’est pas disponible dans votre pays."),
        (200, "<body><p>この動画はお住まいの国ではご覧いただけません。"),
        (
            403,
            "<title>Access denied</title><body class=cf-error-details><h1>Error 1009</h1><p>The owner of this website (acme.example) has banned the country or region your IP address is in (DE) from accessing this website.",
        ),
        (503, "<title>Too Many Requests</title><body>Slow down."),
        (200, "<title>Too Many Requests</title><body><h1>Too many requests</h1>"),
        (200, "<title>Zu viele Anfragen</title><body><h1>Zu viele Anfragen</h1>"),
    ];
    insta::assert_snapshot!(table(&cases), @r#"
    geo_blocked (certain): the page says “not available in your country”
    geo_blocked (if something is missing): the page says “in ihrem land nicht verfügbar” (German)
    geo_blocked (if something is missing): the page says “pas disponible dans votre pays” (French)
    geo_blocked (if something is missing): the page says “お住まいの国では” (Japanese)
    geo_blocked (certain): “has banned the country or region your ip address is in” (Cloudflare)
    rate_limited (certain): too many requests: the page's title says “too many requests”
    rate_limited (certain): too many requests: the page's title says “too many requests”
    rate_limited (certain): too many requests: the page's title says “zu viele anfragen” (German)
    "#);
}

#[test]
fn accounts_and_money() {
    let cases = [
        (200, "<title>Log in | Acme</title><body><h1>Log in</h1><form><input name=u><input type=password></form>"),
        (200, "<title>Acme</title><body>Please log in<input type=password>"),
        (200, "<title>Anmeldung</title><body><h1>Anmelden</h1><form><input type=password></form>"),
        (200, "<title>Acme</title><body><h1>Vous devez être connecté</h1><p>Connectez-vous pour voir les prix."),
        (200, "<title>会員ページ</title><body><p>このページを見るにはログインが必要です。"),
        (200, "<body>A teaser. Subscribe to continue reading."),
        (
            200,
            "<title>Auktion</title><body><p>Ein Anfang …<div class=paywall>Dieser Artikel ist exklusiv für Abonnenten.",
        ),
        (
            200,
            "<title>Enchères</title><body><p>Un début …<p>Article réservé aux abonnés<script src=https://assets.poool.fr/access.min.js></script>",
        ),
        (200, "<title>Subasta</title><body><p>Contenido exclusivo para suscriptores"),
        (200, "<title>Asta</title><body><p>Contenuto riservato agli abbonati"),
        (200, "<title>Aukcja</title><body><p>Ten artykuł jest tylko dla prenumeratorów"),
        (200, "<title>Auktion</title><body><p>Endast för prenumeranter"),
        (200, "<title>競売</title><body><p>この記事は有料会員限定です。残り文字数1200"),
    ];
    insta::assert_snapshot!(table(&cases), @r#"
    login_required (if something is missing): a form that asks for a password; the page's title says “log in”
    login_required (if something is missing): a form that asks for a password; the page says “please log in”
    login_required (if something is missing): a form that asks for a password; the page's title says “anmeldung” (German)
    login_required (if something is missing): the page's heading says “vous devez être connecté” (French)
    login_required (if something is missing): the page says “ログインが必要です” (Japanese)
    paywall (if something is missing): the page says “subscribe to continue”
    paywall (if something is missing): the page says “exklusiv für abonnenten” (German), and marks its text as not free
    paywall (if something is missing): the page says “réservé aux abonnés” (French), with Poool (address poool.fr)
    paywall (if something is missing): the page says “para suscriptores” (Spanish)
    paywall (if something is missing): the page says “riservato agli abbonati” (Italian)
    paywall (if something is missing): the page says “tylko dla prenumeratorów” (Polish)
    paywall (if something is missing): the page says “endast för prenumeranter” (Swedish)
    paywall (if something is missing): the page says “この記事は有料” (Japanese)
    "#);
}

#[test]
fn led_to_log_in() {
    let form = "<title>Members</title><body><p>Acme members<form><input name=u><input type=password></form>";
    let led = |url: &str, asked: &str| words(at(url, Some(asked), 200, &[], form));
    let told = [
        led("http://acme.example/login?next=/things/7", "http://acme.example/things/7"),
        led("http://acme.example/login", "http://acme.example/login"),
        led("http://acme.example/things/7", "http://acme.example/things/7"),
        led("http://acme.example/blog/author-login-tips", "http://acme.example/blog/author-login-tips"),
        led("https://login.microsoftonline.com/common/oauth2", "http://acme.example/things/7"),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    login_required (certain): a form that asks for a password at /login
    login_required (if something is missing): a form that asks for a password at /login
    nothing
    nothing
    login_required (certain): led to log in at host login.microsoftonline.com (Microsoft)
    "#);
}

#[test]
fn consent_before_anything_is_shown() {
    let banner = "<div id=onetrust-consent-sdk><h2>We value your privacy</h2><p>We and our partners store and access information \
        on a device. <button>Accept all</button><button>Reject all</button></div>";
    let full = format!("<title>Mill</title><body><h1>The mill</h1><p>{PROSE}{PROSE}{PROSE}</p>{banner}");
    let cases = [
        (200, format!("<title>Mill</title><body>{banner}")),
        (200, full),
        (200, "<title>Bevor Sie fortfahren</title><body><h1>Bevor Sie fortfahren</h1><p>Wir verwenden Cookies.<button>Alle akzeptieren".into()),
        (200, "<title>Le Journal</title><body><div class=consent><h2>Avant de continuer</h2><p>Nous et nos partenaires … <button>Tout accepter</div>".into()),
        (200, "<title>Het Blad</title><body><div id=cookie-wall>Wij gebruiken cookies <button>Alles accepteren</button></div>".into()),
        (200, "<title>Mill</title><body><h1>Mill</h1><p>Phone 555-0100</p><p>We use cookies.</p>".into()),
    ];
    let cases: Vec<(u16, &str)> = cases.iter().map(|(status, html)| (*status, html.as_str())).collect();
    insta::assert_snapshot!(table(&cases), @r#"
    consent_wall (if something is missing): nothing is shown before consent: the page's heading says “we value your privacy” (OneTrust: element onetrust-)
    nothing
    consent_wall (if something is missing): nothing is shown before consent: the page's title says “bevor sie fortfahren” (German)
    consent_wall (if something is missing): nothing is shown before consent: the page's heading says “avant de continuer” (French)
    consent_wall (if something is missing): nothing is shown before consent: the page says “wij gebruiken cookies” (Dutch)
    nothing
    "#);
    let yahoo = at("https://consent.yahoo.com/v2/collectConsent", None, 200, &[], "<body><h1>Before you continue</h1>");
    insta::assert_snapshot!(words(yahoo), @r#"consent_wall (certain): led to a page that asks for consent: host consent.yahoo.com"#);
}

#[test]
fn pages_that_are_gone_under_a_good_status() {
    let cases = [
        (
            200,
            "<title>Page not found | Halden Home</title><body><h1>Sorry, we can't find that page</h1><p>It may have been removed.",
        ),
        (200, "<title>404 Not Found</title><body><h1>404</h1><p>The requested URL was not found on this server."),
        (200, "<title>Acme</title><body><h1>Seite nicht gefunden</h1><p>Die angeforderte Seite existiert nicht."),
        (200, "<title>Page introuvable - Acme</title><body><h1>Oups</h1><p>La page que vous recherchez n'existe plus."),
        (200, "<title>Página no encontrada</title><body><h1>Error 404</h1><p>La página que buscas no existe."),
        (200, "<title>Pagina non trovata</title><body><p>La pagina che cerchi non c'è più."),
        (200, "<title>Pagina niet gevonden</title><body><p>De pagina die je zoekt bestaat niet."),
        (200, "<title>Página não encontrada</title><body><p>A página que você procura não existe."),
        (200, "<title>Nie znaleziono strony</title><body><p>Strona, której szukasz, nie istnieje."),
        (200, "<title>Sidan hittades inte</title><body><p>Sidan du söker finns inte."),
        (200, "<title>ページが見つかりません</title><body><p>お探しのページは見つかりませんでした。"),
        (200, "<title>Acme</title><body><h1>This product is no longer available</h1>"),
        (404, "<title>Page not found</title><body><h1>Sorry, we can't find that page</h1>"),
    ];
    insta::assert_snapshot!(table(&cases), @r#"
    soft_not_found (certain): the page says that it does not exist (“page not found”), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“not found”), under HTTP 200
    soft_not_found (if something is missing): the page says that it does not exist (“seite nicht gefunden”, German), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“page introuvable”, French), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“página no encontrada”, Spanish), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“pagina non trovata”, Italian), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“pagina niet gevonden”, Dutch), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“página não encontrada”, Portuguese), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“nie znaleziono strony”, Polish), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“sidan hittades inte”, Swedish), under HTTP 200
    soft_not_found (certain): the page says that it does not exist (“ページが見つかりません”, Japanese), under HTTP 200
    soft_not_found (if something is missing): the page says that it does not exist (“this product is no longer available”), under HTTP 200
    nothing
    "#);
}

#[test]
fn errors_and_empty_pages_under_a_good_status() {
    let cases = [
        (
            200,
            "<title>500 Internal Server Error</title><body><h1>Internal Server Error</h1><p>The server encountered an internal error.",
        ),
        (200, "<title>Acme</title><body><h1>Error establishing a database connection</h1>"),
        (200, "<body><b>Fatal error</b>: Uncaught PDOException in /srv/www/index.php:12"),
        (200, "<title>Fehler</title><body><p>Es ist ein Fehler aufgetreten. Bitte versuchen Sie es später erneut."),
        (200, "<title>Maintenance</title><body><h1>Under maintenance</h1><p>We'll be back."),
        (200, "<title>Acme</title><body><div id=root></div><script src=/app.js></script>"),
        (
            200,
            "<title>Acme</title><body><noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div><script src=/app.js></script>",
        ),
        (200, "<title>Acme</title><body><div id=app>Loading...</div><script src=/app.js></script>"),
        (200, "<title>Acme</title><frameset><frame src=/main.html></frameset>"),
        (200, ""),
    ];
    insta::assert_snapshot!(table(&cases), @r#"
    error_page (certain): the page shows an error (“internal server error”), under HTTP 200
    error_page (if something is missing): the page shows an error (“error establishing a database connection”), under HTTP 200
    error_page (if something is missing): the page shows an error (“fatal error: uncaught”), under HTTP 200
    error_page (certain): the page shows an error (“fehler”, German), under HTTP 200
    error_page (if something is missing): the page shows an error (“under maintenance”), under HTTP 200
    empty_shell (if something is missing): the page is an empty shell: no words, 1 script
    empty_shell (if something is missing): the page is an empty shell: no words, 1 script; the page says “enable javascript to”
    empty_shell (if something is missing): the page is an empty shell: 1 word, 1 script; the page says “loading”
    empty_shell (if something is missing): the page is an empty shell: no words, no scripts, 1 frame
    empty_shell (if something is missing): the page is an empty shell: no words, no scripts
    "#);
}

/// Pages that carry signs and are as they should be: never a failure where what is required was found, and most not even else.
#[test]
fn pages_that_only_look_so() {
    let prose = PROSE.repeat(3);
    let long = PROSE.repeat(20);
    let nothing = [
        "<title>Contact</title><body>Call us: 555-0100 <form><div class=g-recaptcha></div></form>".to_owned(),
        format!("<title>Contact</title><body><h1>Contact</h1><p>{prose}<form><label>I'm a human<input></label><div class=h-captcha></div></form>"),
        format!("<title>How captchas lost to robots</title><body><h1>“I'm not a robot”: how captchas lost</h1><p>{long}Are you a robot? asks every form.</p>"),
        format!("<title>The end of the 404</title><body><h1>The end of the 404 page</h1><p>{long}“Page not found” is what readers saw. The page you are looking for, they were told, is gone."),
        format!("<title>Why papers ask readers to pay</title><body><h1>Paywalls</h1><p>{long}“Subscribe to continue reading” is the phrase of the decade."),
        format!("<title>Lamp, brass | Shop</title><body><form id=box>Log in <input name=u><input type=password></form><h1>Lamp, brass</h1><p>€ 49.00</p><p>{prose}"),
        "<title>Lamp, brass | Shop</title><body><form id=box><input name=u><input type=password><button>Log in</button></form><h1>Lamp, brass</h1><p>€ 49.00</p>".to_owned(),
        format!("<title>Mill</title><body><h1>The mill</h1><p>{prose}</p><div class=cookie-banner>We use cookies. <button>Accept all</button><button>Reject all</button></div>"),
        format!("<title>News</title><body><h1>News</h1><article><h2>The mill turns again</h2><p>{PROSE}<a>Read more</a></article>"),
        format!("<title>404 Not Found - HTTP | Docs</title><body><h1>404 Not Found</h1><p>{long}The server answers so when the requested URL was not found."),
        format!("<title>Status 500 | Docs</title><body><h1>500 Internal Server Error</h1><p>{prose}The server encountered an internal error."),
        "<title>Search: lamp not found at home | Shop</title><body><h1>12 results for “not found”</h1><ul><li>Lost and not found, novel, € 12</li><li>Page-turner, € 9</li></ul>".to_owned(),
        "<title>Room 404 | Hotel Mill</title><body><h1>Room 404</h1><p>A double room with a view of the river, € 120 a night.".to_owned(),
        "<title>Peugeot 404 | Classics</title><body><h1>Peugeot 404</h1><p>€ 18,500. Built in 1967.".to_owned(),
        "<title>Mill</title><body><h1>Mill Museum</h1><p>River Lane 1, 555-0100, open daily 10-17.".to_owned(),
        format!("<title>Blog</title><body><h1>A walk</h1><p>{prose}<h3>Leave a reply</h3><p>You must be logged in to post a comment."),
        format!("<title>Security check of your car | Garage</title><body><h1>Car check</h1><p>{prose}"),
        format!("<title>Just a moment of peace | Spa</title><body><h1>Just a moment of peace</h1><p>{PROSE}"),
        format!("<title>Mill</title><body><div class=cmp-text><h1>The mill</h1><p>{prose}</p></div><p>We use cookies. Accept all</p>"),
        format!("<title>Mill</title><body><p>{prose}<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script><script src='/_Incapsula_Resource?SWJIYLWA=1'></script>"),
        "<title>Lamp</title><body><h1>Lamp</h1><p>€ 49.00<p hidden>Page not found<div style='display:none'><h1>Page not found</h1>The page you are looking for does not exist</div>".to_owned(),
        format!("<title>Rewards</title><body><h1>Rewards</h1><p>{}<div><h2>Log in</h2><form><input type=password></form></div>", PROSE.repeat(15)),
        "<title>Gallery</title><body><img src=1.jpg alt='The mill in spring'><script src=/app.js></script>".to_owned(),
    ];
    for html in &nothing {
        assert_eq!(found(200, html), None, "{html}");
    }
    // Short ones that say it of something else: of these only what is missing would be laid to a wall.
    let doubtful = [
        "<title>Lamp</title><body><h1>Lamp</h1><p>€ 49.00. Delivery is not available in your country.",
        "<title>404 Not Found</title><body><h1>404 Not Found</h1><p>A short novel, € 12.",
        "<title>Are you human?</title><body><h1>Are you human?</h1><p>A short novel, € 12.",
        "<title>Access Denied</title><body><h1>Access Denied</h1><p>A thriller by Ann Lee, € 12.",
        "<title>Too many requests</title><body><h1>Too many requests</h1><p>A comedy in three acts about an office where nobody ever says no to anything at all, by Ann Lee, with notes by the author and twelve drawings. Paperback, 212 pages, € 12, free delivery.",
        "<title>Members only</title><body><h1>Members only</h1><p>Wine of the month: € 12 a bottle.<form>Log in<input type=password></form>",
        "<title>Something went wrong</title><body><h1>Something went wrong</h1><p>A song, 3:12.",
    ];
    for html in doubtful {
        assert!(found(200, html).is_none_or(|found| !found.certain), "{html}");
    }
}

/// `shared/data` beside a checkout, wherever it is.
fn shared() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|above| above.join("shared/data")).find(|path| path.is_dir())
}

fn html_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { html_files(&path, into) } else { into.push(path) }
    }
}

/// Pages of 300 real sites, all of which came as they should.
#[test]
fn real_pages_are_no_certain_failures() {
    let Some(shared) = shared() else {
        eprintln!("skipped: there is no shared/data beside this checkout");
        return;
    };
    let mut files = Vec::new();
    html_files(&shared, &mut files);
    files.retain(|path| path.to_string_lossy().contains(".html"));
    let (mut certain, mut likely) = (Vec::new(), Vec::new());
    for path in &files {
        let unpacked = std::process::Command::new("gzip").arg("-dcf").arg(path).output().unwrap();
        let page = PageSnapshot::from_html("http://acme.example/things/7", &String::from_utf8_lossy(&unpacked.stdout));
        let Some(found) = detect_failure(&Answer { status: Some(200), ..Answer::default() }, &page) else { continue };
        let kept = if found.certain { &mut certain } else { &mut likely };
        kept.push(format!("{}: {} {}", path.display(), found.cause, found.sign));
    }
    eprintln!("{} pages: {} certain, {} likely\n{}", files.len(), certain.len(), likely.len(), likely.join("\n"));
    assert_eq!(certain, Vec::<String>::new());
    assert!(files.is_empty() || files.len() > 300);
}
