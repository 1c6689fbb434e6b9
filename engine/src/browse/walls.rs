//! What keeps a visitor out: each rule reads the signals and gives the finding with its evidence.

use super::Finding;
use super::phrases::{Said, Spot, Topic};
use super::signals::Signals;
use super::vendors::Sign;
use crate::model::Cause;

/// A page with fewer words has room for a wall only.
const FEW_WORDS: usize = 150;
/// Beside a banner about consent, fewer words are no content.
const NO_CONTENT: usize = 40;
/// Of a page with fewer words nothing is missed.
const HARDLY_ANY: usize = 20;

/// What keeps us out, if anything does.
pub(super) fn wall(signals: &Signals) -> Option<Finding> {
    if let Some(found) = declared(signals) {
        return Some(found);
    }
    match signals.status {
        // Errors say enough by their number: their pages are not searched for walls.
        Some(status) if status >= 400 && !matches!(status, 403 | 405 | 503) => return None,
        _ => {}
    }
    captcha(signals)
        .or_else(|| rate_limit(signals))
        .or_else(|| geo(signals))
        .or_else(|| login(signals))
        .or_else(|| paywall(signals))
        .or_else(|| denied(signals))
        .or_else(|| consent(signals))
}

/// What status and headers say.
fn declared(signals: &Signals) -> Option<Finding> {
    let challenge = signals.marks.iter().find(|mark| mark.sign == Sign::Captcha && mark.by_header);
    if let Some(mark) = challenge {
        return Some(Finding::certain(Cause::Captcha, human_test(&format!("{} ({})", mark.evidence, mark.vendor))));
    }
    let (cause, sign) = match signals.status? {
        // Some services put their test for humans under this status.
        429 => match signals.mark(Sign::Captcha) {
            Some(mark) => {
                let evidence = format!("{} ({}), under HTTP 429", mark.evidence, mark.vendor);
                (Cause::Captcha, human_test(&evidence))
            }
            None => (Cause::RateLimited, format!("HTTP 429, too many requests{}", signals.watched())),
        },
        451 => (Cause::GeoBlocked, "HTTP 451, not available for legal reasons".into()),
        status @ (401 | 407 | 511) => (Cause::LoginRequired, format!("the site asks for an account (HTTP {status})")),
        402 => (Cause::Paywall, "HTTP 402, payment required".into()),
        _ => return None,
    };
    Some(Finding::certain(cause, sign))
}

fn human_test(evidence: &str) -> String {
    format!("a test for humans: {evidence}")
}

/// Words and a test are both needed: contact forms carry a captcha too, and articles write about robots.
fn captcha(signals: &Signals) -> Option<Finding> {
    let few = signals.words < FEW_WORDS;
    if let Some(mark) = signals.mark(Sign::Captcha) {
        let sign = human_test(&format!("{} ({})", mark.evidence, mark.vendor));
        return Some(Finding::certain_if(signals.refused() || few, Cause::Captcha, sign));
    }
    let widget = signals.mark(Sign::Widget);
    let said = signals.says(Topic::Captcha).next();
    let with = widget.map(|widget| format!(" beside {}", widget.vendor)).unwrap_or_default();
    match (said, widget) {
        (Some(said), _) if signals.refused() => {
            Some(Finding::certain(Cause::Captcha, human_test(&format!("{}{with}", said.sign()))))
        }
        (None, Some(widget)) if signals.status == Some(403) => {
            let sign = format!("HTTP 403 with {} ({})", widget.vendor, widget.evidence);
            Some(Finding::certain(Cause::Captcha, human_test(&sign)))
        }
        (Some(said), Some(_)) if signals.short => {
            let sign = human_test(&format!("{}{with}", said.sign()));
            Some(Finding::certain_if(said.is_whole() && few, Cause::Captcha, sign))
        }
        (Some(said), None) if said.is_whole() && few => Some(Finding::likely(Cause::Captcha, human_test(&said.sign()))),
        _ => None,
    }
}

fn rate_limit(signals: &Signals) -> Option<Finding> {
    if let Some(mark) = signals.mark(Sign::RateLimit) {
        let sign = format!("the site lets nobody in for now: {} ({})", mark.evidence, mark.vendor);
        return Some(Finding::certain_if(signals.words < FEW_WORDS, Cause::RateLimited, sign));
    }
    let said = signals.says(Topic::RateLimit).find(|said| signals.refused() || said.is_prominent())?;
    if !signals.refused() && !signals.short {
        return None;
    }
    let certain = signals.refused() || (said.is_whole() && signals.words < HARDLY_ANY);
    Some(Finding::certain_if(certain, Cause::RateLimited, format!("too many requests: {}", said.sign())))
}

fn geo(signals: &Signals) -> Option<Finding> {
    if let Some(mark) = signals.mark(Sign::Geo) {
        let sign = format!("{} ({})", mark.evidence, mark.vendor);
        return Some(Finding::certain_if(signals.refused(), Cause::GeoBlocked, sign));
    }
    let said = signals.says(Topic::Geo).find(|said| signals.short || said.is_prominent())?;
    Some(Finding::certain_if(signals.refused(), Cause::GeoBlocked, said.sign()))
}

/// A password field alone is a box in a corner: the page must be for logging in, or say so.
fn login(signals: &Signals) -> Option<Finding> {
    if let Some(mark) = signals.mark(Sign::Login).filter(|_| signals.short) {
        return Some(Finding::certain(
            Cause::LoginRequired,
            format!("led to log in at {} ({})", mark.evidence, mark.vendor),
        ));
    }
    // A title says that a page is for logging in; a sentence that this one cannot be had without.
    let said = signals.says(Topic::Login).find(|said| said.is_whole() || said.is_prominent() || signals.short);
    let form = signals.password.then(|| match &signals.login_path {
        Some(path) => format!("a form that asks for a password at {path}"),
        None => "a form that asks for a password".to_owned(),
    });
    let sign = match (&form, said) {
        (Some(form), Some(said)) => format!("{form}; {}", said.sign()),
        (Some(form), None) => form.clone(),
        (None, Some(said)) => said.sign(),
        (None, None) => return None,
    };
    if form.is_some() && signals.refused() {
        return Some(Finding::certain(Cause::LoginRequired, sign));
    }
    if signals.led_to_login && signals.short {
        return Some(Finding::certain_if(form.is_some(), Cause::LoginRequired, sign));
    }
    let asks = match said {
        Some(said) if form.is_some() => signals.short || said.spot == Spot::WholeTitle,
        Some(said) => sentence(said) && (said.is_prominent() || signals.words < FEW_WORDS) && signals.short,
        None => signals.login_path.is_some() && signals.short,
    };
    asks.then(|| Finding::likely(Cause::LoginRequired, sign))
}

/// More than the name of a page.
fn sentence(said: &Said) -> bool {
    !said.is_whole() || said.phrase.split(' ').count() > 2
}

/// Never certain: what stands before a paywall may be all that is wanted.
fn paywall(signals: &Signals) -> Option<Finding> {
    let said = signals.says(Topic::Paywall).next()?;
    let vendor = signals.mark(Sign::Paywall);
    if !signals.short && !signals.restricted && vendor.is_none() {
        return None;
    }
    let with = match vendor {
        Some(vendor) => format!(", with {} ({})", vendor.vendor, vendor.evidence),
        None if signals.restricted => ", and marks its text as not free".to_owned(),
        None => String::new(),
    };
    Some(Finding::likely(Cause::Paywall, format!("{}{with}", said.sign())))
}

fn denied(signals: &Signals) -> Option<Finding> {
    let said = signals.says(Topic::Denied).next();
    if signals.status == Some(403) {
        let says = said.map(|said| format!("; {}", said.sign())).unwrap_or_default();
        let sign = format!("the site refused access (HTTP 403){}{says}", signals.watched());
        return Some(Finding::certain(Cause::AccessDenied, sign));
    }
    if signals.words >= FEW_WORDS {
        return None;
    }
    let refusal = signals.mark(Sign::Refusal);
    let said = said.filter(|said| said.is_whole() || refusal.is_some() || signals.refused())?;
    let certain = refusal.is_some() && (said.is_whole() || signals.refused());
    Some(Finding::certain_if(certain, Cause::AccessDenied, format!("{}{}", said.sign(), signals.watched())))
}

/// A banner over a page is no wall: it is one where there is nothing beside it.
fn consent(signals: &Signals) -> Option<Finding> {
    let vendor = signals.mark(Sign::Consent);
    if let Some(mark) = vendor.filter(|mark| mark.evidence.starts_with("host ")) {
        return Some(Finding::certain(
            Cause::ConsentWall,
            format!("led to a page that asks for consent: {}", mark.evidence),
        ));
    }
    let mut said = signals.says(Topic::Consent);
    let first = said.next()?;
    let twice = said.any(|other| other.phrase != first.phrase);
    let whole = signals.words < FEW_WORDS && first.is_prominent();
    let bare = signals.words_beside_consent < NO_CONTENT || whole;
    if !bare || !(twice || vendor.is_some()) {
        return None;
    }
    let with = vendor.map(|vendor| format!(" ({}: {})", vendor.vendor, vendor.evidence)).unwrap_or_default();
    let sign = format!("nothing is shown before consent: {}{with}", first.sign());
    Some(Finding::likely(Cause::ConsentWall, sign))
}
