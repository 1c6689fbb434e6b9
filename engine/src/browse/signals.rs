use super::Answer;
use super::phrases::{PhraseBook, Said, Spot, Topic, fold, parts};
use super::vendors::{HEADERS, MARKS, Mark, Place, Sign};
use crate::page::{Node, PageSnapshot};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Pages with more text than this (characters) have content of their own beside any sign.
const SHORT: usize = 2_500;
/// So much of a text is looked at: nobody writes a sign after ten screens of it.
const LONGEST: usize = 40_000;
/// So many headings, so much (bytes) of each, and so much of a script within the page.
const HEADINGS: usize = 3;
const LONGEST_HEADING: usize = 400;
const LONGEST_SCRIPT: usize = 20_000;
/// Elements whose content no reader sees.
const UNSEEN: [&str; 7] = ["script", "style", "noscript", "template", "head", "svg", "iframe"];
/// Words in the class or id of what asks for consent.
const CONSENT_PARTS: [&str; 6] = ["consent", "cookie", "gdpr", "cmpbox", "privacy", "onetrust"];
/// Words in the path of places to log in.
const LOGIN_PATHS: [&str; 10] =
    ["login", "signin", "sign-in", "sign_in", "log-in", "logon", "anmelden", "anmeldung", "auth", "sso"];

/// What a page and its response tell, before anything is made of it.
#[derive(Debug)]
pub(super) struct Signals {
    pub(super) status: Option<u16>,
    pub(super) said: Vec<Said>,
    pub(super) marks: Vec<Seen>,
    /// Words of text that a reader sees; and, on a page that asks for consent, those that do not stand in its banner.
    pub(super) words: usize,
    pub(super) words_beside_consent: usize,
    pub(super) short: bool,
    /// A field for a password.
    pub(super) password: bool,
    /// The page came from a place to log in, where the visit did not mean to go.
    pub(super) led_to_login: bool,
    pub(super) login_path: Option<String>,
    /// The page says by its data, or its elements' names, that the text is not for everybody.
    pub(super) restricted: bool,
    /// Scripts that may fill it, frames, and pictures with words to them.
    pub(super) scripts: usize,
    pub(super) frames: usize,
    pub(super) pictures: usize,
}

/// A vendor's mark that a page or its response carries.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) vendor: &'static str,
    pub(super) sign: Sign,
    /// Where, in words.
    pub(super) evidence: String,
    /// In the response itself: a page cannot quote it.
    pub(super) by_header: bool,
}

impl Signals {
    pub(super) fn of(answer: &Answer<'_>, page: &PageSnapshot) -> Self {
        let address = Address::of(answer, page);
        let mut collector = Collector::default();
        for node in page.nodes() {
            collector.element(node);
        }
        let body = page.elements("body").next();
        let text = body.map(|body| fold(&text_of(body, |_| false))).unwrap_or_default();
        let title = fold(&page.title());
        let said = said(&title, &collector.headings, &text, &collector.no_script);
        let asks = said.iter().any(|said| said.topic == Topic::Consent);
        let beside = body.filter(|_| asks).map_or(0, words_beside_consent);
        let short = text.chars().nth(SHORT).is_none();
        collector.text_marks(&text, short);
        collector.host_marks(&address.host);
        collector.header_marks(answer);
        let Collector { marks, password, restricted, scripts, frames, pictures, .. } = collector;
        Self {
            status: answer.status,
            said,
            marks,
            words: words(&text),
            words_beside_consent: beside,
            short,
            password,
            led_to_login: address.led_to_login,
            login_path: address.login_path,
            restricted,
            scripts,
            frames,
            pictures,
        }
    }

    /// The site refused, by its status.
    pub(super) fn refused(&self) -> bool {
        self.status.is_some_and(|status| status >= 400)
    }

    /// What is said about something, most prominent first.
    pub(super) fn says(&self, topic: Topic) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(move |said| said.topic == topic)
    }

    pub(super) fn mark(&self, sign: Sign) -> Option<&Seen> {
        self.marks.iter().find(|mark| mark.sign == sign)
    }

    /// The service that watches the site, in brackets.
    pub(super) fn watched(&self) -> String {
        let guard = self.mark(Sign::Refusal).or_else(|| self.mark(Sign::Guard));
        guard.map(|guard| format!(" ({}: {})", guard.vendor, guard.evidence)).unwrap_or_default()
    }
}

/// Where a page came from.
struct Address {
    host: String,
    led_to_login: bool,
    login_path: Option<String>,
}

impl Address {
    fn of(answer: &Answer<'_>, page: &PageSnapshot) -> Self {
        let url = url::Url::parse(&page.url).ok();
        let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default().to_lowercase();
        let at_login = url.as_ref().and_then(login_path);
        let asked = answer.asked.and_then(|asked| url::Url::parse(asked).ok());
        let meant = asked.as_ref().and_then(login_path).is_some();
        Self { host, led_to_login: at_login.is_some() && !meant, login_path: at_login }
    }
}

/// The path, if a part of it is a word for logging in.
fn login_path(url: &url::Url) -> Option<String> {
    let path = url.path().to_lowercase();
    let is_login = |part: &str| {
        // "member-login" and "wp-login.php", but no "ten-tips-for-a-safe-login".
        let name = part.split('.').next().unwrap_or(part);
        let pieces: Vec<&str> = name.split(['-', '_']).collect();
        LOGIN_PATHS.iter().any(|word| name == *word || (pieces.len() == 2 && pieces.contains(word)))
    };
    path.split('/').any(is_login).then_some(path)
}

#[derive(Default)]
struct Collector {
    marks: Vec<Seen>,
    headings: Vec<String>,
    no_script: String,
    password: bool,
    restricted: bool,
    scripts: usize,
    frames: usize,
    pictures: usize,
}

impl Collector {
    fn element(&mut self, node: Node<'_>) {
        let Some(tag) = node.tag() else { return };
        for (name, value) in node.attributes() {
            match name {
                "class" | "id" | "name" => self.find(Place::Name, value),
                "src" | "href" | "action" if is_loaded(tag) => {
                    self.find(Place::Source, value);
                    if matches!(tag, "iframe" | "frame") {
                        self.find(Place::Frame, value);
                    }
                }
                _ => {}
            }
        }
        match tag {
            "script" => self.script(node),
            "noscript" if self.no_script.len() < SHORT => self.no_script.push_str(&node.text()),
            // The headings of a page are its first ones; those further down are of its parts.
            "h1" if node.is_rendered() && self.headings.len() < HEADINGS => self.heading(node),
            "h2" if node.is_rendered() && self.headings.is_empty() => self.heading(node),
            "input" if node.is_rendered() => {
                self.password |= node.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("password"));
            }
            "iframe" | "frame" => self.frames += usize::from(node.is_rendered()),
            "img" => self.pictures += usize::from(node.attr("alt").is_some_and(|alt| !alt.trim().is_empty())),
            _ => {}
        }
        let paywall = |name| node.attr(name).is_some_and(|value| value.to_ascii_lowercase().contains("paywall"));
        self.restricted |= node.is_rendered() && (paywall("class") || paywall("id"));
    }

    fn heading(&mut self, node: Node<'_>) {
        let text = node.short_text(LONGEST_HEADING).map(|text| fold(&text));
        self.headings.extend(text.filter(|text| !text.is_empty()));
    }

    fn script(&mut self, node: Node<'_>) {
        let kind = node.attr("type").unwrap_or_default();
        let content: String = node.children().filter_map(Node::content).collect();
        if kind.contains("ld+json") {
            let free = content.split("\"isAccessibleForFree\"").skip(1);
            let said = |rest: &str| rest.trim_start_matches([' ', ':', '"', '\n']).to_ascii_lowercase();
            self.restricted |= free.map(said).any(|rest| rest.starts_with("false"));
            return;
        }
        self.scripts += 1;
        let cut = content.char_indices().nth(LONGEST_SCRIPT).map_or(content.len(), |(end, _)| end);
        self.find(Place::Code, content.get(..cut).unwrap_or_default());
    }

    /// Marks that stand in a text of a place.
    fn find(&mut self, place: Place, text: &str) {
        let Some(within) = &*FINDER else { return };
        for found in within.find_overlapping_iter(text) {
            let Some(mark) = MARKS.get(found.pattern().as_usize()).filter(|mark| mark.place == place) else { continue };
            self.add(mark.vendor, mark.sign, || place.evidence(mark.text), false);
        }
    }

    fn add(&mut self, vendor: &'static str, sign: Sign, evidence: impl Fn() -> String, by_header: bool) {
        // One of a kind is enough of evidence, and pages repeat them.
        if !self.marks.iter().any(|seen| seen.sign == sign && seen.vendor == vendor) {
            self.marks.push(Seen { vendor, sign, evidence: evidence(), by_header });
        }
    }

    /// Long texts quote what services say.
    fn text_marks(&mut self, text: &str, short: bool) {
        if short {
            self.find(Place::Text, text);
        }
    }

    fn host_marks(&mut self, host: &str) {
        let of_host = |mark: &&Mark| {
            let name = mark.text.trim_start_matches('.');
            let below = host.strip_suffix(name);
            mark.place == Place::Host && below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        for mark in MARKS.iter().filter(of_host) {
            self.add(mark.vendor, mark.sign, || format!("host {host}"), false);
        }
    }

    fn header_marks(&mut self, answer: &Answer<'_>) {
        for (name, value) in answer.headers {
            for mark in HEADERS.iter().filter(|mark| mark.name == name && value.starts_with(mark.value)) {
                let evidence = || match name.as_str() {
                    "set-cookie" => format!("cookie {value}"),
                    _ => format!("header {name}: {value}"),
                };
                self.marks.retain(|seen| seen.sign != mark.sign || seen.vendor != mark.vendor);
                self.add(mark.vendor, mark.sign, evidence, true);
            }
        }
    }
}

/// Looks for the texts of all marks at once; of upper and lower case alike.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(MARKS.iter().map(|mark| mark.text)).ok()
});

fn is_loaded(tag: &str) -> bool {
    matches!(tag, "script" | "iframe" | "frame" | "form" | "img" | "link")
}

fn said(title: &str, headings: &[String], text: &str, no_script: &str) -> Vec<Said> {
    let book = PhraseBook::get();
    let mut said: Vec<Said> = parts(title).filter_map(|part| book.whole(part, Spot::WholeTitle)).collect();
    let of_headings = |heading: &String| parts(heading).filter_map(|part| book.whole(part, Spot::WholeHeading)).next();
    said.extend(headings.iter().filter_map(of_headings));
    said.extend(book.within(title, Spot::Title));
    said.extend(headings.iter().flat_map(|heading| book.within(heading, Spot::Heading)));
    said.extend(book.within(text, Spot::Text));
    said.extend(book.within(&fold(no_script), Spot::NoScript));
    said
}

/// What stands beside a banner that asks for consent.
fn words_beside_consent(top: Node<'_>) -> usize {
    let asks = |node: Node<'_>| {
        !matches!(node.tag(), Some("body" | "main" | "html"))
            && ["id", "class"].iter().any(|name| {
                let value = node.attr(name).unwrap_or_default().to_ascii_lowercase();
                CONSENT_PARTS.iter().any(|part| value.contains(part))
            })
    };
    words(&text_of(top, asks))
}

/// The text that a reader sees, but for what is left out.
fn text_of(top: Node<'_>, left_out: impl Fn(Node<'_>) -> bool) -> String {
    let (mut out, mut ends) = (String::new(), Vec::new());
    let mut skipped = 0;
    for node in top.descendants() {
        if node.index() < skipped {
            continue;
        }
        while ends.last().is_some_and(|end| *end <= node.index()) {
            ends.pop();
            out.push(' ');
        }
        if let Some(content) = node.content().filter(|_| node.is_rendered()) {
            out.push_str(content);
        }
        let Some(tag) = node.tag() else { continue };
        if UNSEEN.contains(&tag) || left_out(node) {
            skipped = node.end();
        } else if !node.is_inline() {
            out.push(' ');
            ends.push(node.end());
        }
        if out.len() > LONGEST {
            break;
        }
    }
    out
}

/// Words, or for scripts without spaces what takes about as long to read.
fn words(text: &str) -> usize {
    let spaced = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    let unspaced = text.chars().filter(|c| (*c as u32) >= 0x3040 && c.is_alphanumeric()).count();
    spaced + unspaced / 2
}
