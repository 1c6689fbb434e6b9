use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver, labels_of, words};
use regex::Regex;
use std::sync::LazyLock;

/// Opening hours: lines with days of the week and times of day, together.
#[derive(Debug)]
pub(super) struct Hours;

const MOST_LINES: usize = 9;

static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:\d{1,2}(?:[:.]\d{2})?\s*(?:a\.?m\b\.?|p\.?m\b\.?|uhr\b|h\b(?:\d{2})?)|\d{1,2}[:.]\d{2}\b|24\s*(?:/|hours)\s*(?:7|a day)?|noon|midnight)").ok()
});

/// "10–19", which is a time only beside a day.
static BARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:[01]?\d|2[0-4])\s?[-–—～~]\s?(?:[01]?\d|2[0-4])\b(?:\s*(?i:uhr|h|hrs|uur)\b)?").ok()
});

/// Days by their names in the languages of the lexicon, and what stands for several of them.
static DAY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut names: Vec<&str> =
        words("weekdays").all().chain(words("weekdays_short").all().filter(|name| name.chars().count() > 2)).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let names: Vec<String> = names.into_iter().map(regex::escape).collect();
    Regex::new(&format!(
        r"(?i)\b(?:{})s?\b|\b(?-i:M\s?[-–]\s?(?:F|Th|Sa|Su|S))\b|\b(?:\d|seven)\s*days\s*(?:a|per)\s*week|\b24\s*hours|\bweek\s?(?:days|ends)\b|\bdaily\b|\b365 days(?: a year)?",
        names.join("|")
    ))
    .ok()
});
static TIME_ZONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^[\s,]*\(?(?:(?:Eastern|Central|Mountain|Pacific|Local|Greenwich|GMT|UTC|EST|EDT|CST|CDT|MST|MDT|PST|PDT|CET|ET|CT|PT|MT|hrs\.?|Uhr)\b[ ]*)(?:(?:Daylight|Standard|Savings?|Mean|Time)\b[ ]*)*\)?").ok()
});

impl Resolver for Hours {
    fn name(&self) -> &'static str {
        "hours"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let wanted: Vec<usize> = (0..queries.len()).filter(|at| queries[*at].is_like("opening_hours")).collect();
        if wanted.is_empty() {
            return;
        }
        let reading = page.reading();
        let lines = reading.lines();
        let mut at = 0;
        let mut found = 0;
        while at < lines.len() && found < 6 {
            let says = Says::of(reading, &lines[at]);
            if !(says.time && (says.day || says.label)) && !(says.day && !says.time && next_has_time(reading, at)) {
                at += 1;
                continue;
            }
            let mut last = at;
            while last + 1 < lines.len() && last - at < MOST_LINES {
                let next = Says::of(reading, &lines[last + 1]);
                if !(next.time || (next.day && next.short)) || lines[last + 1].heading > 0 {
                    break;
                }
                last += 1;
            }
            let raw: Vec<&str> = (at..=last).map(|at| hours_of(reading.text(&lines[at]))).collect();
            let raw = raw.join(if last > at + 1 { ", " } else { " " });
            let headed = at > 0
                && labels_of("opening_hours").within(reading.folded(&lines[at - 1]))
                && reading.folded(&lines[at - 1]).len() < 60;
            let score = score(says, headed, lines[at].zone) * 0.97_f64.powi(found);
            if raw.chars().count() <= 400 && score > 0.0 {
                let text = reading.text(&lines[at]);
                let node = reading.element(&lines[at], 0, text.len());
                for field in &wanted {
                    out.push(Candidate {
                        field: *field,
                        raw: raw.clone(),
                        score,
                        resolver: self.name(),
                        evidence: Evidence::Node(node),
                    });
                }
                found += 1;
            }
            at = last + 1;
        }
    }
}

#[derive(Clone, Copy)]
struct Says {
    day: bool,
    time: bool,
    label: bool,
    short: bool,
    range: bool,
}

impl Says {
    fn of(reading: &Reading<'_>, line: &Line) -> Self {
        let (text, folded) = (reading.text(line), reading.folded(line));
        let short = text.chars().count() <= 320;
        // Days alone stand in short lines.
        let idle = text.len() > 60 && !text.bytes().any(|byte| byte.is_ascii_digit());
        if !short || idle || line.zone.is(Zone::NAVIGATION) || line.zone.is(Zone::OTHERS) {
            return Self { day: false, time: false, label: false, short: false, range: false };
        }
        let full = DAY.as_ref().is_some_and(|day| day.is_match(text));
        let times = TIME.as_ref().map_or(0, |time| time.find_iter(text).take(3).count());
        // A range of bare hours is two times.
        let has_day = || full || words("weekdays_short").within(folded);
        let bare = times < 2 && text.len() <= 60 && BARE.as_ref().is_some_and(|bare| bare.is_match(text)) && has_day();
        let times = if bare { 2 } else { times };
        let day = full || (times > 0 && words("weekdays_short").within(folded));
        let closed = full && words("closed").within(folded);
        let label = labels_of("opening_hours").within(folded);
        Self { day, time: times > 0 || closed, label, short: text.chars().count() <= 80, range: times > 1 }
    }
}

fn next_has_time(reading: &Reading<'_>, at: usize) -> bool {
    let Some(next) = reading.lines().get(at + 1) else { return false };
    reading.text(&reading.lines()[at]).chars().count() <= 40 && Says::of(reading, next).range
}

fn score(says: Says, headed: bool, zone: Zone) -> f64 {
    let base: f64 = match (says.day, says.range) {
        (true, true) => 0.62,
        (true, false) => 0.46,
        (false, true) => 0.45,
        (false, false) => 0.25,
    };
    let labelled = if says.label || headed { 0.2 } else { 0.0 };
    let place = if zone.is(Zone::OVERLAY) { 0.7 } else { 1.0 };
    (base + labelled) * place
}

/// The part of a line that tells the hours: from the first day or time to the last, and the time zone behind it.
fn hours_of(text: &str) -> &str {
    let (Some(time), Some(day), Some(zone)) = (&*TIME, &*DAY, &*TIME_ZONE) else { return text };
    let bare = BARE.as_ref();
    let bare = || bare.into_iter().flat_map(|bare| bare.find_iter(text));
    let firsts = [time.find(text), day.find(text), bare().next()];
    let first = firsts.into_iter().flatten().map(|found| found.start()).min();
    let lasts = [time.find_iter(text).last(), day.find_iter(text).last(), bare().last()];
    let last = lasts.into_iter().flatten().map(|found| found.end()).max();
    let (Some(first), Some(last)) = (first, last) else { return text };
    let first = first_day(text, first);
    // "Sunday closed".
    let rest = text[last..].trim_start_matches([' ', ':', '-', '–']);
    let closes = |rest: &str| words("closed").is(&fold_label(rest)) || words("weekdays").within(&fold_label(rest));
    let in_parentheses = rest.starts_with(['(', '（']) && rest.ends_with([')', '）']);
    if rest.len() <= 40 && (words("closed").is(&fold_label(rest)) || (in_parentheses && closes(rest))) {
        return &text[first..];
    }
    let last = zone.find(&text[last..]).map_or(last, |zone| last + zone.end());
    text[first..last].trim_matches([' ', ',', ';'])
}

/// Farthest that a day stands before the next day or the time, in bytes.
const APART: usize = 16;

/// Where the first of the short days before a time begins: "Mo–Do 9:00".
fn first_day(text: &str, time: usize) -> usize {
    let mut first = time;
    for (at, word) in text[..time]
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        if first - at > APART + word.len() {
            break;
        }
        if words("weekdays_short").is(&fold_label(word)) || words("weekdays").is(&fold_label(word)) {
            first = at;
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn hours_of_many_shops() {
        let hours = |html: &str| found("opening_hours", html);
        assert_eq!(hours("<p>Hours: Mon-Fri 9am - 5pm"), "Mon-Fri 9am - 5pm");
        assert_eq!(
            hours("<h3>Öffnungszeiten</h3><p>Montag bis Freitag<br>9:00 - 18:00 Uhr"),
            "Montag bis Freitag 9:00 - 18:00 Uhr"
        );
        assert_eq!(
            hours("<ul><li>Monday 9am-5pm<li>Tuesday 9am-5pm<li>Sunday closed</ul>"),
            "Monday 9am-5pm, Tuesday 9am-5pm, Sunday closed"
        );
        assert_eq!(hours("<html lang=de><p>Mo–Do 9–16 Uhr, Fr 9–13 Uhr"), "Mo–Do 9–16 Uhr, Fr 9–13 Uhr");
        assert_eq!(
            hours("<html lang=nl><p>Open: ma t/m vr 08.00–12.00 en 13.00–17.00"),
            "ma t/m vr 08.00–12.00 en 13.00–17.00"
        );
        assert_eq!(hours("<html lang=ja><p>営業時間 10:00～18:00（水曜日定休）"), "10:00～18:00（水曜日定休）");
        assert_eq!(
            hours("<html lang=nb><h3>Åpningstider</h3><ul><li>Man–tor: 10–19<li>Fre: 10–16<li>Søn: stengt</ul>"),
            "Man–tor: 10–19, Fre: 10–16, Søn: stengt"
        );
        assert_eq!(hours("<p>It was published on a Monday."), "");
    }
}
