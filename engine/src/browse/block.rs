use crate::model::BlockedReason;
use crate::page::PageSnapshot;

/// A sign that a site keeps us out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What does; `None`: the site did not say.
    pub reason: Option<BlockedReason>,
    /// The sign, in words.
    pub sign: String,
    /// The page is nothing but the block; otherwise it counts only when something required is missing.
    pub certain: bool,
}

/// Pages longer than this (characters of text) have content of their own beside any sign.
const SHORT: usize = 2_500;

const CAPTCHA: [&str; 12] = [
    "are you a robot",
    "you are human",
    "you're human",
    "not a robot",
    "verify you are",
    "checking your browser",
    "unusual traffic",
    "security check",
    "attention required",
    "just a moment",
    "complete the captcha",
    "enable javascript and cookies to continue",
];
const CAPTCHA_PARTS: [&str; 7] =
    ["g-recaptcha", "h-captcha", "cf-turnstile", "cf-challenge", "challenge-form", "px-captcha", "captcha"];
const GEO: [&str; 10] = [
    "not available in your country",
    "not available in your region",
    "unavailable in your country",
    "unavailable in your region",
    "not available in your location",
    "unavailable in your location",
    "from your country",
    "from your region",
    "in ihrem land nicht verfügbar",
    "pas disponible dans votre pays",
];
const PAYWALL: [&str; 10] = [
    "subscribe to continue",
    "subscribe to read",
    "subscribers only",
    "subscriber-only",
    "for subscribers",
    "continue reading with a subscription",
    "to keep reading",
    "subscription required",
    "nur für abonnenten",
    "réservé aux abonnés",
];
const LOGIN: [&str; 9] = [
    "log in to",
    "login to",
    "sign in to",
    "please log in",
    "please sign in",
    "log in or",
    "members only",
    "you must be logged in",
    "authentication required",
];

/// What keeps us out, after a page's HTTP status and content.
#[must_use]
pub fn detect_block(status: Option<u16>, page: &PageSnapshot) -> Option<Block> {
    let found = |reason, sign: &str, certain| Some(Block { reason, sign: sign.to_owned(), certain });
    match status {
        Some(429) => return found(Some(BlockedReason::RateLimited), "HTTP 429, too many requests", true),
        Some(451) => return found(Some(BlockedReason::GeoBlocked), "HTTP 451, not available for legal reasons", true),
        Some(401 | 407) => {
            return found(Some(BlockedReason::LoginRequired), "the site asks for an account (HTTP 401)", true);
        }
        Some(402) => return found(Some(BlockedReason::Paywall), "HTTP 402, payment required", true),
        Some(status) if status >= 400 && status != 403 && status != 503 => return None,
        _ => {}
    }
    let refused = status.is_some_and(|status| status >= 400);
    let signs = Signs::of(page);
    // A refusal is believed whatever its length; a page that came is a block only when there is little else on it.
    let certain = refused || signs.short;
    if let Some(sign) = signs.captcha().filter(|_| refused || signs.short || signs.titled(&CAPTCHA)) {
        return found(Some(BlockedReason::Captcha), &format!("a test for humans: {sign}"), certain);
    }
    if let Some(sign) = signs.says(&GEO) {
        return found(Some(BlockedReason::GeoBlocked), &format!("the page says “{sign}”"), refused);
    }
    if let Some(sign) = signs.says(&PAYWALL) {
        return found(Some(BlockedReason::Paywall), &format!("the page says “{sign}”"), false);
    }
    if signs.password && (signs.short || signs.login_address || signs.says(&LOGIN).is_some()) {
        let certain = signs.login_address && signs.short;
        return found(Some(BlockedReason::LoginRequired), "a form that asks for a password", certain);
    }
    if status == Some(403) {
        return found(None, "the site refused access (HTTP 403)", true);
    }
    None
}

struct Signs {
    title: String,
    text: String,
    short: bool,
    password: bool,
    login_address: bool,
    captcha_part: Option<&'static str>,
}

impl Signs {
    fn of(page: &PageSnapshot) -> Self {
        let body = page.elements("body").next();
        let mut text = body.map(|body| body.text().to_lowercase()).unwrap_or_default();
        let short = text.chars().count() < SHORT;
        // Signs of a paywall stand after the teaser; nobody writes one after ten screens of text.
        if let Some((end, _)) = text.char_indices().nth(20_000) {
            text.truncate(end);
        }
        let password = page.elements("input").any(|input| {
            input.is_rendered() && input.attr("type").is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
        });
        let path = url::Url::parse(&page.url).map(|url| url.path().to_lowercase()).unwrap_or_default();
        let login_address =
            ["login", "signin", "sign-in", "log-in", "anmelden", "/auth"].iter().any(|word| path.contains(word));
        let captcha_part = CAPTCHA_PARTS.into_iter().find(|part| {
            page.nodes().any(|node| {
                ["class", "id", "src", "name"]
                    .iter()
                    .any(|name| node.attr(name).is_some_and(|value| value.contains(part)))
            })
        });
        Self { title: page.title().to_lowercase(), text, short, password, login_address, captcha_part }
    }

    fn says(&self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.text.contains(word) || self.title.contains(word))
    }

    fn titled(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.title.contains(word))
    }

    /// Both words and parts are needed: contact forms carry a captcha too, and articles write about robots.
    fn captcha(&self) -> Option<&'static str> {
        match (self.says(&CAPTCHA), self.captcha_part) {
            (Some(words), Some(_)) => Some(words),
            (Some(words), None) if self.titled(&CAPTCHA) => Some(words),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PageSnapshot;

    fn reason(status: u16, html: &str) -> Option<BlockedReason> {
        let page = PageSnapshot::from_html("http://x/", html);
        detect_block(Some(status), &page).and_then(|block| block.reason)
    }

    #[test]
    fn blocks_are_told_apart() {
        let captcha =
            "<title>Attention Required!</title><body>Please complete the security check<div class=g-recaptcha>";
        assert_eq!(reason(403, captcha), Some(BlockedReason::Captcha));
        assert_eq!(reason(200, captcha), Some(BlockedReason::Captcha));
        assert_eq!(reason(429, ""), Some(BlockedReason::RateLimited));
        assert_eq!(
            reason(403, "<body>This service is not available in your country."),
            Some(BlockedReason::GeoBlocked)
        );
        assert_eq!(reason(200, "<body>Please log in<input type=password>"), Some(BlockedReason::LoginRequired));
        assert_eq!(reason(200, "<body>A teaser. Subscribe to continue reading."), Some(BlockedReason::Paywall));
    }

    #[test]
    fn a_contact_form_with_a_captcha_is_no_block() {
        let page = "<title>Contact</title><body>Call us: 555-0100 <form><div class=g-recaptcha></div></form>";
        assert_eq!(detect_block(Some(200), &PageSnapshot::from_html("http://x/", page)), None);
        assert_eq!(detect_block(Some(404), &PageSnapshot::from_html("http://x/", page)), None);
    }
}
