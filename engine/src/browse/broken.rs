//! Pages that are broken under a status that says all is well.

use super::Finding;
use super::phrases::{Said, Spot, Topic};
use super::signals::Signals;
use crate::model::Cause;

/// A page with fewer words has room for an excuse only.
const FEW_WORDS: usize = 150;
/// Pages of errors are shorter than those that explain them.
const FEWER_WORDS: usize = 60;
/// Fewer words are no content at all.
const NO_WORDS: usize = 8;

/// What is broken, if anything is.
pub(super) fn broken(signals: &Signals) -> Option<Finding> {
    if signals.refused() {
        return None;
    }
    soft_not_found(signals).or_else(|| error_page(signals)).or_else(|| empty_shell(signals))
}

/// Certain where title and sentence agree on a short page: a product called 404 has no such sentence, a page that explains
/// errors is not about itself, and a search without results has a title of its own.
fn soft_not_found(signals: &Signals) -> Option<Finding> {
    let said = prominent(signals, Topic::NotFound)?;
    if !signals.short {
        return None;
    }
    let sign = format!("the page says that it does not exist ({}), under HTTP {}", quote(said), status(signals));
    Some(Finding::certain_if(agreed(signals, Topic::NotFound, FEW_WORDS), Cause::SoftNotFound, sign))
}

fn error_page(signals: &Signals) -> Option<Finding> {
    if signals.words >= FEWER_WORDS {
        return None;
    }
    let said = prominent(signals, Topic::Error).or_else(|| signals.says(Topic::Error).next())?;
    let sign = format!("the page shows an error ({}), under HTTP {}", quote(said), status(signals));
    Some(Finding::certain_if(agreed(signals, Topic::Error, FEWER_WORDS), Cause::ErrorPage, sign))
}

/// Never certain: pages of pictures, and of data that only machines read, have no words either.
fn empty_shell(signals: &Signals) -> Option<Finding> {
    let says = signals.says(Topic::Script).next();
    let waits = says.is_some_and(|said| said.spot != Spot::NoScript) && signals.words < FEWER_WORDS;
    let few = signals.words == 0 || (signals.words < NO_WORDS && signals.scripts + signals.frames > 0);
    if !(few || waits) || signals.pictures > 0 {
        return None;
    }
    let mut around = vec![count(signals.words, "word"), count(signals.scripts, "script")];
    if signals.frames > 0 {
        around.push(count(signals.frames, "frame"));
    }
    let says = says.map(|said| format!("; {}", said.sign())).unwrap_or_default();
    Some(Finding::likely(Cause::EmptyShell, format!("the page is an empty shell: {}{says}", around.join(", "))))
}

/// What is said in title or heading: as a whole first.
fn prominent(signals: &Signals, topic: Topic) -> Option<&Said> {
    let whole = signals.says(topic).find(|said| said.is_whole());
    whole.or_else(|| signals.says(topic).find(|said| said.is_prominent()))
}

/// The title as a whole says so, heading or text explain it in other words, and there is room for little else.
fn agreed(signals: &Signals, topic: Topic, words: usize) -> bool {
    let Some(title) = signals.says(topic).find(|said| said.spot == Spot::WholeTitle) else { return false };
    let explains = |said: &Said| matches!(said.spot, Spot::Heading | Spot::Text) && said.phrase != title.phrase;
    signals.words < words && signals.says(topic).any(explains)
}

fn quote(said: &Said) -> String {
    let language = if said.language == "English" { String::new() } else { format!(", {}", said.language) };
    format!("“{}”{language}", said.phrase)
}

fn status(signals: &Signals) -> u16 {
    signals.status.unwrap_or(200)
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
