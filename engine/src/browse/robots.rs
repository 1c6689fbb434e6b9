use super::http::failure;
use super::retry_after::retry_after;
use super::robots_rules::{Answer, Decision, rules_for_us};
use super::{HttpTier, PageFailure};
use crate::model::Cause;
use chrono::Utc;
use reqwest::header::{ACCEPT, RETRY_AFTER};
use robotxt::{BYTE_LIMIT, robots_url};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout, timeout_at};
use url::{Position, Url};

/// A robots.txt that is not there by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// RFC 9309, 2.4: rules are not used for longer.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// That a host gave no rules holds for those who ask together, and no longer: the next try asks again.
const KEPT_FAILURE: Duration = Duration::from_secs(1);
/// Rules of all hosts together, in bytes; beyond this the oldest go, and are fetched anew when asked for.
const MOST_KEPT: usize = 32 << 20;

/// The robots.txt of the hosts of a run, each fetched once (RFC 9309).
#[derive(Debug, Default)]
pub struct Robots {
    hosts: Mutex<Hosts>,
}

#[derive(Debug)]
struct Known {
    answer: Answer,
    until: Instant,
}

type Cell = Arc<OnceCell<Known>>;

/// By scheme, host and port, within bounds.
#[derive(Debug, Default)]
struct Hosts {
    cells: HashMap<Arc<str>, (Cell, usize)>,
    oldest_first: VecDeque<Arc<str>>,
    weight: usize,
}

impl Robots {
    /// Knows no host yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an address may be opened. Asks the host once, however many ask at the same time.
    pub async fn allows(&self, http: &HttpTier, url: &str, deadline: Instant) -> Decision {
        let parsed = Url::parse(url).ok();
        let Some((url, file)) = parsed.and_then(|url| robots_url(&url).ok().map(|file| (url, file))) else {
            return Decision::allowed("this is no address that a robots.txt is about".into());
        };
        let origin = url.origin().ascii_serialization();
        let cell = self.hosts().cell(&origin, Instant::now());
        let fetch = || async {
            let answer = fetch(http, file).await;
            let kept = if matches!(answer, Answer::Rules(..) | Answer::None(_)) { KEPT } else { KEPT_FAILURE };
            let known = Known { answer, until: Instant::now() + kept };
            self.hosts().weigh(&origin, known.answer.weight());
            known
        };
        match timeout_at(deadline, cell.get_or_init(fetch)).await {
            Ok(known) => known.answer.decide(&url[Position::BeforePath..Position::AfterQuery]),
            Err(_) => {
                let failure = PageFailure::timeout("robots.txt");
                Decision { refusal: Some(failure.clone()), ..Decision::allowed(failure.reason) }
            }
        }
    }

    fn hosts(&self) -> std::sync::MutexGuard<'_, Hosts> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hosts {
    fn cell(&mut self, origin: &str, now: Instant) -> Cell {
        if let Some((cell, _)) = self.cells.get_mut(origin) {
            if cell.get().is_some_and(|known| known.until <= now) {
                *cell = Cell::default();
            }
            return cell.clone();
        }
        let (origin, cell): (Arc<str>, _) = (origin.into(), Cell::default());
        self.cells.insert(origin.clone(), (cell.clone(), 0));
        self.oldest_first.push_back(origin);
        cell
    }

    fn weigh(&mut self, origin: &str, weight: usize) {
        let Some((_, known)) = self.cells.get_mut(origin) else { return };
        self.weight = self.weight - *known + weight;
        *known = weight;
        while self.weight > MOST_KEPT {
            let Some((_, freed)) = self.oldest_first.pop_front().and_then(|oldest| self.cells.remove(&oldest)) else {
                return;
            };
            self.weight -= freed;
        }
    }
}

async fn fetch(http: &HttpTier, file: Url) -> Answer {
    if let Err(refused) = http.guard.check(&file) {
        return Answer::Unreached(PageFailure::from(&refused));
    }
    let work = async {
        let ask = |client: &reqwest::Client| client.get(file.clone()).header(ACCEPT, "text/plain,*/*;q=0.8").send();
        let answered = match ask(&http.client).await {
            // A browser completes a chain of certificates that misses one, and would get to the pages. What the host asks
            // for is no secret, and taking it from who is not proven to be the host harms nobody.
            Err(error) if failure(&error).cause == Cause::BadCertificate => ask(&http.unproven).await,
            answered => answered,
        };
        let mut response = match answered {
            Ok(response) => response,
            // RFC 9309 wants five redirects followed; after more than the client follows there is no file.
            Err(error) if error.is_redirect() => return Answer::None(None),
            Err(error) if error.is_connect() => return Answer::Unreached(failure(&error)),
            Err(error) => return Answer::Broken(failure(&error)),
        };
        let status = response.status().as_u16();
        match status {
            200..=299 => {}
            // The RFC counts a 429 among the statuses of a file that is not there; but who wants fewer requests has not
            // allowed all of them.
            429 | 500.. => {
                let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                return Answer::Failing(status, header.and_then(|header| retry_after(header, Utc::now())));
            }
            _ => return Answer::None(Some(status)),
        }
        let mut bytes = Vec::new();
        while bytes.len() <= BYTE_LIMIT {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Answer::Broken(failure(&error)),
            }
        }
        Answer::Rules(status, rules_for_us(&bytes))
    };
    timeout(PATIENCE, work).await.unwrap_or_else(|_| Answer::Broken(PageFailure::timeout("robots.txt")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says by failing what it expected")]
mod tests {
    use super::super::AddressGuard;
    use super::super::user_agent::user_agent;
    use super::*;
    use axum::Router;
    use axum::extract::State;
    use axum::http::{StatusCode, Uri, header};
    use axum::response::{IntoResponse, Response};

    fn loopback() -> Arc<AddressGuard> {
        Arc::new(AddressGuard::new(&["127.0.0.0/8".parse().unwrap()]))
    }

    type Asked = Arc<Mutex<Vec<String>>>;

    /// Answers by path and by how many requests came before.
    struct Server {
        origin: String,
        asked: Asked,
        _task: tokio::task::JoinHandle<()>,
    }

    impl Server {
        async fn start(answer: fn(&str, usize) -> Response) -> Self {
            let asked = Asked::default();
            let handler = move |State(asked): State<Asked>, uri: Uri| async move {
                let mut asked = asked.lock().unwrap();
                asked.push(uri.path().to_owned());
                answer(uri.path(), asked.len())
            };
            let router = Router::new().fallback(handler).with_state(asked.clone());
            let listener = tokio::net::TcpListener::bind("127.33.1.1:0").await.unwrap();
            let origin = format!("http://{}", listener.local_addr().unwrap());
            let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            Self { origin, asked, _task: task }
        }

        async fn decide(&self, robots: &Robots, path: &str) -> Decision {
            let http = HttpTier::new(loopback(), &user_agent(None, None)).unwrap();
            robots.allows(&http, &format!("{}{path}", self.origin), far()).await
        }

        fn asked(&self) -> Vec<String> {
            self.asked.lock().unwrap().clone()
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self._task.abort();
        }
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    fn text(text: &str) -> Response {
        text.to_owned().into_response()
    }

    #[tokio::test]
    async fn a_host_is_asked_once_however_many_ask() {
        let server = Server::start(|_, _| text("user-agent: *\ndisallow: /private\ncrawl-delay: 2")).await;
        let robots = Robots::new();
        let paths: Vec<String> = (0..20).map(|page| format!("/{page}")).collect();
        let asked = paths.iter().map(|path| server.decide(&robots, path));
        let decisions = futures::future::join_all(asked).await;
        assert!(decisions.iter().all(|decision| decision.refusal.is_none()));
        assert_eq!(decisions[0].crawl_delay, Some(Duration::from_secs(2)));
        let private = server.decide(&robots, "/private/x?y").await;
        assert!(private.is_forbidden());
        assert_eq!(server.asked(), ["/robots.txt"]);
    }

    #[tokio::test]
    async fn a_host_without_rules_allows_and_one_that_cannot_answer_does_not() {
        for (status, allowed) in [(404, true), (403, true), (304, true), (429, false), (500, false), (503, false)] {
            // A server may get the port that one before it had, and the rules of a host are remembered.
            let robots = Robots::new();
            let server = match status {
                404 => Server::start(|_, _| StatusCode::NOT_FOUND.into_response()).await,
                403 => Server::start(|_, _| StatusCode::FORBIDDEN.into_response()).await,
                304 => Server::start(|_, _| StatusCode::NOT_MODIFIED.into_response()).await,
                429 => {
                    Server::start(|_, _| (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]).into_response())
                        .await
                }
                500 => Server::start(|_, _| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await,
                _ => Server::start(|_, _| StatusCode::SERVICE_UNAVAILABLE.into_response()).await,
            };
            let decision = server.decide(&robots, "/").await;
            assert_eq!((decision.refusal.is_none(), decision.status), (allowed, Some(status)), "{decision:?}");
            assert!(!decision.is_forbidden());
            assert_eq!(decision.retry_after, (status == 429).then_some(7));
        }
    }

    #[tokio::test]
    async fn redirects_are_followed_within_reason() {
        fn hop(path: &str, most: usize) -> Response {
            let number: usize = path.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
            if number == most {
                return text("user-agent: mino\ndisallow: /");
            }
            (StatusCode::FOUND, [(header::LOCATION, format!("/hop{}", number + 1))]).into_response()
        }
        let robots = Robots::new();
        let five = Server::start(|path, _| hop(path, 5)).await;
        assert!(five.decide(&robots, "/").await.refusal.is_some());
        let endless = Server::start(|path, _| hop(path, usize::MAX)).await;
        assert!(endless.decide(&robots, "/").await.refusal.is_none());
    }

    #[tokio::test]
    async fn not_more_than_the_limit_is_read() {
        // 500 KiB and a line more: what is beyond does not count, and a file without end comes to an end.
        fn filled(first: &str) -> String {
            let line = "# 0123456789\n";
            let room = BYTE_LIMIT - first.len();
            format!("{first}{}{}", line.repeat(room / line.len()), "#".repeat(room % line.len() - 1) + "\n")
        }
        let server = Server::start(|_, _| text(&(filled("user-agent: *\ndisallow: /a\n") + "disallow: /b\n"))).await;
        let robots = Robots::new();
        assert!(server.decide(&robots, "/a").await.refusal.is_some());
        assert!(server.decide(&robots, "/b").await.refusal.is_none());
        let endless = Server::start(|_, _| {
            let line = || Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"user-agent: *\ndisallow: /\n"));
            axum::body::Body::from_stream(futures::stream::repeat_with(line)).into_response()
        })
        .await;
        assert!(endless.decide(&robots, "/a").await.refusal.is_some());
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_is_left_to_the_page_and_one_that_breaks_off_is_not() {
        let robots = Robots::new();
        let http = HttpTier::new(loopback(), "mino").unwrap();
        let nobody = robots.allows(&http, "http://127.33.1.2:9/x", far()).await;
        assert_eq!(nobody.refusal, None);
        assert_eq!(nobody.why, "robots.txt was not reached: the host refuses connections");
        let listener = tokio::net::TcpListener::bind("127.33.1.3:0").await.unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let closes = tokio::spawn(async move {
            loop {
                drop(listener.accept().await);
            }
        });
        let broken = robots.allows(&http, &url, far()).await;
        assert!(broken.refusal.is_some() && !broken.is_forbidden(), "{}", broken.why);
        closes.abort();
    }

    #[tokio::test]
    async fn who_has_no_time_left_does_not_wait() {
        let listener = tokio::net::TcpListener::bind("127.33.1.4:0").await.unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap());
        let http = HttpTier::new(loopback(), "mino").unwrap();
        let decision = Robots::new().allows(&http, &url, Instant::now()).await;
        assert_eq!(decision.refusal, Some(PageFailure::timeout("robots.txt")));
    }

    #[test]
    fn what_is_kept_has_bounds_and_an_end() {
        let now = Instant::now();
        let mut hosts = Hosts::default();
        let known = |until| Known { answer: Answer::None(Some(404)), until };
        hosts.cell("a", now).set(known(now + KEPT)).unwrap();
        assert!(hosts.cell("a", now).get().is_some());
        assert!(hosts.cell("a", now + KEPT).get().is_none());
        for host in ["a", "b", "c"] {
            hosts.cell(host, now);
            hosts.weigh(host, MOST_KEPT / 2);
        }
        assert_eq!(hosts.weight, MOST_KEPT / 2 * 2);
        assert!(!hosts.cells.contains_key("a") && hosts.cells.contains_key("b"));
    }
}
