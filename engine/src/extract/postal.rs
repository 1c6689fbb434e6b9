//! Postal addresses of a page: what ends one, and what stands before it.

use super::PageView;
use super::labels_of;
use super::phrases::fold_label;
use super::postal_endings::{Ending, country, find, is_county, is_state_name};
use super::reading::{Line, Reading};
use super::street::{is_place, is_street, is_unit, is_unnumbered_street, segments, street_and_city, street_of};
use super::zone::Zone;
use std::collections::HashMap;

/// A postal address as far as it was understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Postal {
    /// Street to country, parted by commas.
    pub(super) full: String,
    pub(super) street: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) postcode: Option<String>,
    pub(super) country: Option<String>,
    /// A word for an address stands before it.
    pub(super) labelled: bool,
    pub(super) zone: Zone,
    pub(super) hidden: bool,
    pub(super) node: usize,
    /// Number of the line in which it begins.
    pub(super) first_line: usize,
    pub(super) count: u32,
}

/// Addresses of one page that are looked at, and lines above one that may belong to it.
const MOST: usize = 40;
const MOST_ABOVE: usize = 4;
/// What looks like the end of an address: so many of one line, and of a page; and longest line above one, in bytes.
const MOST_OF_LINE: usize = 20;
const MOST_EXAMINED: usize = 400;
const LONGEST_ABOVE: usize = 300;

/// Every postal address of a page, in order; one that stands several times is one.
pub(super) fn addresses(page: &PageView<'_>) -> Vec<Postal> {
    let reading = page.reading();
    let mut all: Vec<Postal> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut examined = 0;
    for (at, line) in reading.lines().iter().enumerate() {
        let text = reading.text(line);
        if text.len() > 3000 || examined > MOST_EXAMINED {
            continue;
        }
        for found in find(page, text).into_iter().take(MOST_OF_LINE) {
            examined += 1;
            let postal = complete(page, reading, at, line, found);
            let Some(postal) = postal else { continue };
            let next = all.len();
            let at = *known.entry(fold_label(&postal.full)).or_insert(next);
            if let Some(known) = all.get_mut(at) {
                known.count += 1;
            } else if next < MOST {
                all.push(postal);
            }
        }
    }
    all
}

/// The whole address around its end; `None` when it is none after all.
fn complete(page: &PageView<'_>, reading: &Reading<'_>, at: usize, line: &Line, ending: Ending) -> Option<Postal> {
    let text = reading.text(line);
    let before = &text[..ending.from];
    let mut postal = Postal {
        state: ending.state,
        postcode: ending.code,
        city: ending.city,
        zone: line.zone,
        hidden: line.hidden,
        count: 1,
        ..Postal::default()
    };
    let mut parts: Vec<String> = segments(before);
    let own_line = !parts.is_empty();
    let mut lines = 0;
    let mut above = lines_above(page, reading, at).map(|(_, text)| text);
    let needs_city = postal.city.is_none() && postal.state.is_some() | postal.postcode.is_some();
    if needs_city && !is_japanese(postal.postcode.as_deref()) {
        lines = take_city(&mut postal, &mut parts, &mut above)?;
    }
    let mut street = street_of(&parts);
    while street.is_none() && lines < 3 {
        let Some(line) = above.next() else { break };
        // Only what is all of an address, or ends as one does, goes on it.
        if line.chars().count() > 90 && !own_line {
            break;
        }
        street = street_of(&segments(line));
        if street.is_none() && lines > 0 && !is_place(line) {
            break;
        }
        lines += 1;
    }
    if street.is_none() && postal.postcode.is_some() {
        // British houses and halls have no number.
        let own = segments(before).into_iter().map(|part| (at, part));
        let others = lines_above(page, reading, at)
            .flat_map(|(line, text)| segments(text).into_iter().map(move |part| (line, part)));
        if let Some((line, part)) = own.chain(others).find(|(_, part)| is_unnumbered_street(part)) {
            lines = lines.max(at - line);
            street = Some(part);
        }
    }
    postal.labelled = labelled(reading, at, lines, text, ending.from);
    // "Springfield, IL" names a place; "10000 Artikel" does not.
    if ending.doubtful && street.is_none() && !postal.labelled && postal.postcode.is_some() {
        return None;
    }
    // "Suite 4" goes with the street above it.
    if let Some(unit) = street.as_mut().filter(|street| is_unit(street))
        && let Some(before) = above.next().filter(|line| line.chars().count() <= 60 && is_street(line))
    {
        *unit = format!("{before}, {unit}");
        lines += 1;
    }
    postal.street = street;
    postal.first_line = at.saturating_sub(lines);
    postal.country = country_after(page, reading, at, &text[ending.to.min(text.len())..]);
    postal.node = reading.element(line, ending.from, ending.to);
    postal.full = full(&postal, &text[ending.from..ending.to]);
    Some(postal)
}

/// The lines above one that may belong to its address, the nearest first, with their numbers.
fn lines_above<'r>(page: &PageView<'_>, reading: &'r Reading<'_>, at: usize) -> impl Iterator<Item = (usize, &'r str)> {
    (at.saturating_sub(MOST_ABOVE)..at)
        .rev()
        .filter(move |before| reading.lines()[*before].len() <= LONGEST_ABOVE && near(page, reading, *before, at))
        .map(|before| (before, reading.text(&reading.lines()[before])))
}

/// Takes the city, and the county or the state that stands alone behind it, from the end of the parts, or of the lines above
/// where they run out; how many of these were used. `None` where there is no city.
fn take_city<'r>(
    postal: &mut Postal,
    parts: &mut Vec<String>,
    above: &mut impl Iterator<Item = &'r str>,
) -> Option<usize> {
    let mut used = 0;
    let mut last = |parts: &mut Vec<String>| {
        if parts.is_empty() {
            *parts = segments(above.next()?);
            used += 1;
        }
        parts.pop()
    };
    let mut city = last(parts)?;
    // A county may stand between a British city and its code.
    if postal.state.is_none() && is_county(&city) {
        postal.state = Some(std::mem::replace(&mut city, last(parts)?));
    }
    // "Blue Rocks / Nova Scotia / B0J 2C9"
    if postal.state.is_none() && is_state_name(&city) {
        postal.state = Some(std::mem::replace(&mut city, last(parts)?));
    }
    let (street, city) = street_and_city(&city);
    parts.extend(street);
    postal.city = Some(city).filter(|city| is_place(city));
    postal.city.as_ref()?;
    Some(used)
}

/// The country behind an address, or alone in the next line.
fn country_after(page: &PageView<'_>, reading: &Reading<'_>, at: usize, after: &str) -> Option<String> {
    if let Some(found) = country(after) {
        return Some(found.to_owned());
    }
    let next = reading.lines().get(at + 1).filter(|_| after.trim().is_empty() && near(page, reading, at, at + 1))?;
    let text = reading.text(next);
    country(text).filter(|found| found.len() == text.trim().len()).map(str::to_owned)
}

fn is_japanese(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.split(['-', '‐', '－']).map(str::len).eq([3, 4]))
}

fn full(postal: &Postal, ending: &str) -> String {
    let ending = ending.trim_matches([' ', ',', '.', ';', '|', '(']);
    let city = postal.city.as_deref().filter(|city| !ending.contains(city));
    let parts = [postal.street.as_deref(), city, Some(ending)];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// True for two lines that stand in one small part of the page.
fn near(page: &PageView<'_>, reading: &Reading<'_>, before: usize, at: usize) -> bool {
    let (Some(a), Some(b)) = (reading.lines().get(before), reading.lines().get(at)) else { return false };
    let (a, b) = (reading.first_node(a), reading.first_node(b));
    let Some(node) = page.page.node(a) else { return false };
    let around = node.ancestors().enumerate().find(|(_, node)| node.index() < b && b < node.end());
    around.is_some_and(|(steps, _)| steps <= 4)
}

/// A word for an address before it: in its line, or alone in the one above.
fn labelled(reading: &Reading<'_>, at: usize, lines: usize, text: &str, from: usize) -> bool {
    let labels = labels_of("address");
    let before = fold_label(text[..from].split(':').next().unwrap_or_default());
    if labels.is(&before) {
        return true;
    }
    let above = at.checked_sub(lines + 1).and_then(|above| reading.lines().get(above));
    above.is_some_and(|above| reading.folded(above).len() < 60 && labels.prefix(reading.folded(above)).is_some())
}
