//! Lines that end a postal address: postal code, city, state, as each country writes them.

use super::PageView;
use super::phrases::fold_label;
use super::reading::{Line, Reading};
use super::zone::Zone;
use super::{labels_of, words};
use regex::{Captures, Regex};
use std::collections::HashMap;
use std::sync::LazyLock;

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

/// States, provinces and territories of countries that write them before the postal code.
const STATES: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR \
PA PR RI SC SD TN TX UT VT VA WA WV WI WY GU VI AB BC MB NB NL NS NT NU ON PE QC SK YT NSW QLD VIC TAS ACT";
const STATE_NAMES: &str = "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|District of Columbia|Florida|Georgia|\
Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|\
Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|\
Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming|\
Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland and Labrador|Newfoundland|Nova Scotia|Ontario|Prince Edward Island|\
Quebec|Québec|Saskatchewan|Yukon|New South Wales|Queensland|Victoria|Tasmania|South Australia|Western Australia";
const COUNTRY_NAMES: &str = "USA|U\\.S\\.A\\.|United States(?: of America)?|US|Canada|UK|U\\.K\\.|United Kingdom|England|Scotland|Wales|Northern Ireland|\
Ireland|Australia|New Zealand|Germany|Deutschland|Austria|Österreich|Switzerland|Schweiz|Suisse|France|Italy|Italia|Spain|España|Portugal|Brasil|Brazil|\
Netherlands|The Netherlands|Nederland|Belgium|België|Belgique|Poland|Polska|Sweden|Sverige|Norway|Norge|Denmark|Danmark|Finland|Suomi|Japan|日本";

struct Patterns {
    american: Regex,
    stateless: Regex,
    british: Regex,
    canadian: Regex,
    code_first: Regex,
    brazilian: Regex,
    japanese: Regex,
    country: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let states = STATES.split_whitespace().collect::<Vec<_>>().join("|");
    let dotted = r"D\.C\.|N\.Y\.|N\.J\.|N\.C\.|S\.C\.|N\.H\.|N\.M\.|N\.D\.|S\.D\.|R\.I\.|W\.V\.|Calif\.|Fla\.|Tex\.|Mass\.|Wash\.|Ill\.|Pa\.|Va\.|Mich\.|Minn\.|Conn\.|Colo\.|Ariz\.";
    let state = format!(r"(?P<state>(?:{states})\b|(?i:{STATE_NAMES})\b|{dotted})");
    let city = r"(?P<city>\p{Lu}[\p{L}.'’\-]*(?:[ ]\p{L}[\p{L}.'’\-]*){0,4})";
    Some(Patterns {
        american: Regex::new(&format!(
            r"{state}[\s.,–\-]{{0,3}}(?P<code>\d{{5}}(?:\s?[-–]\s?\d{{4}})?\b|[ABCEGHJ-NPRSTVXY]\d[A-Z][ \-]?\d[A-Z]\d\b|\d{{4}}\b)"
        )).ok()?,
        stateless: Regex::new(&format!(r"{city},\s*{state}(?P<code>)(?:$|[,.;|)\s])")).ok()?,
        british: Regex::new(r"\b(?P<code>(?:GIR ?0AA|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9][0-9ABEHMNPRV-Y]?|[0-9][A-HJKPS-UW]) ?[0-9][ABD-HJLNP-UW-Z]{2}))\b").ok()?,
        canadian: Regex::new(&format!(r"\b(?P<code>[ABCEGHJ-NPRSTVXY]\d[A-Z][ \-]?\d[A-Z]\d)\b(?:[\s,]+{state})?")).ok()?,
        code_first: Regex::new(
            r"(?:^|[\s,;(|•·–])(?P<code>(?:(?:DE?|AT?|CH|F|FR|NL|BE?|I|IT|E|ES|L|PL|SE?|DK|NO?|FIN?|PT?)[ \-])?(?:\d{4} ?[A-Z]{2}|\d{2}-\d{3}|\d{4}-\d{3}|\d{3} \d{2}|\d{4,5}))(?:[ ]+|[ ]*[–-][ ]*)(?P<city>\p{Lu}[\p{L}.'’/\-]+(?:[ ](?:\p{L}[\p{L}.'’/\-]*|\d{1,2}\b)){0,4})"
        ).ok()?,
        brazilian: Regex::new(r"(?P<city>\p{Lu}[\p{L} ]{2,30})\s*[-–/,]\s*(?P<state>[A-Z]{2})\b.{0,12}?(?P<code>\d{5}-\d{3})").ok()?,
        japanese: Regex::new(r"〒?\s*(?P<code>\d{3}[-‐－]\d{4})\s*(?P<rest>\p{Han}[^\s、,]{2,40}(?:[ 　]?[^\s、,]{1,30})?)").ok()?,
        country: Regex::new(&format!(r"^[\s,.–\-|]*(?P<country>{COUNTRY_NAMES})\b")).ok()?,
    })
});

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

/// The end of an address in a line.
struct Ending {
    from: usize,
    to: usize,
    /// Text before it that belongs to the city, when the pattern does not say where the city begins.
    city: Option<String>,
    state: Option<String>,
    code: Option<String>,
    /// Only an address when a street stands before it.
    doubtful: bool,
}

fn find(page: &PageView<'_>, text: &str) -> Vec<Ending> {
    let Some(patterns) = &*PATTERNS else { return Vec::new() };
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let mut found: Vec<Ending> = Vec::new();
    let group = |captures: &Captures<'_>, name: &str| {
        captures.name(name).map(|found| found.as_str().trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut add = |captures: &Captures<'_>, doubtful: bool, city_before: bool| {
        let Some(whole) = captures.get(0) else { return };
        let from = captures
            .name("city")
            .or(captures.name("state"))
            .or(captures.name("code"))
            .map_or(whole.start(), |first| first.start());
        let from =
            captures.name("code").map_or(from, |code| if code.is_empty() { from } else { from.min(code.start()) });
        if found.iter().any(|known| known.from < whole.end() && from < known.to) {
            return;
        }
        let city = if city_before { None } else { group(captures, "city") };
        found.push(Ending {
            from,
            to: whole.end(),
            city,
            state: group(captures, "state"),
            code: group(captures, "code"),
            doubtful,
        });
    };
    if has_digit {
        for captures in patterns.american.captures_iter(text) {
            let four = captures.name("code").is_some_and(|code| code.len() == 4);
            let australian = captures.name("state").is_some_and(|state| {
                matches!(state.as_str(), "NSW" | "QLD" | "VIC" | "TAS" | "ACT" | "NT" | "SA" | "WA")
            });
            if !four || australian {
                add(&captures, false, true);
            }
        }
        for captures in patterns.british.captures_iter(text).chain(patterns.canadian.captures_iter(text)) {
            add(&captures, false, true);
        }
        for captures in patterns.brazilian.captures_iter(text) {
            add(&captures, false, false);
        }
        for captures in patterns.japanese.captures_iter(text) {
            add(&captures, false, false);
        }
        let english = page.locale().language.as_deref() == Some("en")
            && page.locale().countries.first().is_none_or(|first| matches!(*first, "US" | "GB" | "CA" | "AU"));
        if !english {
            for captures in patterns.code_first.captures_iter(text) {
                add(&captures, true, false);
            }
        }
    }
    for captures in patterns.stateless.captures_iter(text) {
        add(&captures, true, false);
    }
    found
}

/// The whole address around its end; `None` when it is none after all.
fn complete(page: &PageView<'_>, reading: &Reading<'_>, at: usize, line: &Line, ending: Ending) -> Option<Postal> {
    let text = reading.text(line);
    let mut postal = Postal {
        state: ending.state,
        postcode: ending.code,
        city: ending.city,
        zone: line.zone,
        hidden: line.hidden,
        count: 1,
        ..Postal::default()
    };
    let mut parts: Vec<String> = segments(&text[..ending.from]);
    let own_line = !parts.is_empty();
    let mut used_above = 0;
    let is_short = |before: &usize| reading.lines()[*before].len() <= LONGEST_ABOVE;
    let mut above = (at.saturating_sub(MOST_ABOVE)..at)
        .rev()
        .filter(|before| is_short(before) && near(page, reading, *before, at))
        .map(|before| reading.text(&reading.lines()[before]));
    if postal.city.is_none()
        && postal.state.is_some() | postal.postcode.is_some()
        && !is_japanese(postal.postcode.as_deref())
    {
        if parts.is_empty() {
            parts = segments(above.next()?);
            used_above += 1;
        }
        let mut city = parts.pop()?;
        // A county may stand between a British city and its code.
        if postal.state.is_none() && is_county(&city) {
            if parts.is_empty() {
                parts = segments(above.next()?);
                used_above += 1;
            }
            postal.state = Some(std::mem::replace(&mut city, parts.pop()?));
        }
        // "Blue Rocks / Nova Scotia / B0J 2C9"
        if postal.state.is_none() && is_state_name(&city) {
            if parts.is_empty() {
                parts = segments(above.next()?);
                used_above += 1;
            }
            postal.state = Some(std::mem::replace(&mut city, parts.pop()?));
        }
        let (street, city) = street_and_city(&city);
        parts.extend(street);
        postal.city = Some(city).filter(|city| is_place(city));
        postal.city.as_ref()?;
    }
    let mut street = street_of(&parts);
    let mut lines = used_above;
    while street.is_none() && lines < 3 {
        let Some(line) = above.next() else { break };
        let segments = segments(line);
        // Only what is all of an address, or ends as one does, goes on it.
        if line.chars().count() > 90 && !own_line {
            break;
        }
        street = street_of(&segments);
        if street.is_none() && lines > 0 && !is_place(line) {
            break;
        }
        lines += 1;
    }
    if street.is_none() {
        // British houses and halls have no number.
        let unnumbered = (at.saturating_sub(MOST_ABOVE)..at)
            .rev()
            .filter(|before| is_short(before) && near(page, reading, *before, at));
        let own = segments(&text[..ending.from]).into_iter().map(|part| (at, part));
        let above = unnumbered.flat_map(|before| {
            segments(reading.text(&reading.lines()[before])).into_iter().map(move |part| (before, part))
        });
        let named = own.chain(above).find(|(_, part)| is_unnumbered_street(part));
        if let Some((line, part)) = named.filter(|_| postal.postcode.is_some()) {
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
    let after = &text[ending.to.min(text.len())..];
    let country = PATTERNS
        .as_ref()
        .and_then(|patterns| patterns.country.captures(after))
        .and_then(|found| Some(found.name("country")?.as_str().to_owned()));
    let country = country.or_else(|| {
        let next =
            reading.lines().get(at + 1).filter(|_| after.trim().is_empty() && near(page, reading, at, at + 1))?;
        let text = reading.text(next);
        let found = PATTERNS.as_ref()?.country.captures(text)?.name("country")?.as_str().to_owned();
        (found.len() == text.trim().len()).then_some(found)
    });
    postal.street = street;
    postal.first_line = at.saturating_sub(lines);
    postal.country = country;
    postal.node = reading.element(line, ending.from, ending.to);
    postal.full = full(&postal, &text[ending.from..ending.to]);
    Some(postal)
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

fn segments(text: &str) -> Vec<String> {
    let parts = text
        .split([',', ';', '|', '•', '·', '\u{2028}'])
        .flat_map(|part| part.split(" - "))
        .flat_map(|part| part.split(" – "));
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    let mut all: Vec<String> = Vec::new();
    for part in parts {
        match all.last_mut() {
            // "Via Roma, 14/B" and "2, place du Marché": the number goes with the street.
            Some(last)
                if is_house_number(part) && has_street_word(last) && !last.contains(|c: char| c.is_ascii_digit()) =>
            {
                *last = format!("{last}, {part}");
            }
            Some(last) if is_house_number(last) && has_street_word(part) => *last = format!("{last}, {part}"),
            _ => all.push(part.to_owned()),
        }
    }
    all
}

/// "14/B", "nº 8", "12-14", "5 bis".
fn is_house_number(part: &str) -> bool {
    let folded = fold_label(part);
    let mut tokens =
        folded.split(' ').filter(|token| !matches!(*token, "n" | "no" | "nº" | "nr" | "num" | "número" | "s"));
    let first = tokens.next().unwrap_or_default();
    let digits = first.chars().take_while(char::is_ascii_digit).count();
    let short =
        |token: &str| token.len() <= 2 || token.chars().all(|c| c.is_ascii_digit()) || matches!(token, "bis" | "ter");
    (1..=5).contains(&digits) && first.len() - digits <= 1 && part.chars().count() <= 12 && tokens.all(short)
}

fn has_street_word(part: &str) -> bool {
    let folded = fold_label(part);
    folded.split(' ').any(|token| words("street").is_or_ends(token)) || words("street").within(&folded)
}

/// True for two lines that stand in one small part of the page.
fn near(page: &PageView<'_>, reading: &Reading<'_>, before: usize, at: usize) -> bool {
    let (Some(a), Some(b)) = (reading.lines().get(before), reading.lines().get(at)) else { return false };
    let (a, b) = (reading.first_node(a), reading.first_node(b));
    let Some(node) = page.page.node(a) else { return false };
    let around = node.ancestors().enumerate().find(|(_, node)| node.index() < b && b < node.end());
    around.is_some_and(|(steps, _)| steps <= 4)
}

/// "123 Main Street Springfield": the street, and what follows its last word.
fn street_and_city(text: &str) -> (Option<String>, String) {
    let words_of: Vec<&str> = text.split(' ').collect();
    let has_number = text.chars().any(|c| c.is_ascii_digit());
    if !has_number {
        return (None, text.to_owned());
    }
    let is_end = |word: &str| {
        let folded = fold_label(word);
        words("street").is_or_ends(&folded)
            || word.starts_with('#')
            || (!folded.is_empty() && folded.chars().all(|c| c.is_ascii_digit()))
    };
    let last = words_of.iter().rposition(|word| is_end(word));
    match last {
        Some(last) if last + 1 < words_of.len() => (Some(words_of[..=last].join(" ")), words_of[last + 1..].join(" ")),
        _ => (Some(text.to_owned()), String::new()),
    }
}

fn is_place(text: &str) -> bool {
    let first = text.chars().next();
    (2..=40).contains(&text.chars().count())
        && first.is_some_and(|c| c.is_uppercase() || !c.is_ascii())
        && text.chars().all(|c| c.is_alphabetic() || " .'’-()/".contains(c))
        && text.split(' ').count() <= 5
}

/// The last parts of a text that make a street: a number and a name, or a word for a street.
fn street_of(parts: &[String]) -> Option<String> {
    let at = parts.iter().rposition(|part| is_street(part))?;
    // Only what names a floor, a city or a district may stand behind it.
    let tail = &parts[at + 1..];
    if tail.len() > 2 || tail.iter().any(|part| part.chars().count() > 30) {
        return None;
    }
    let mut from = at;
    // A second part of the street before this one: "123 Main St, Suite 4".
    while from > 0 && at - from < 2 && is_street(&parts[from - 1]) {
        from -= 1;
    }
    let street = parts[from..=at].join(", ");
    Some(after_label(&street).to_owned())
}

/// "Visit us at 77 Massachusetts Ave" without what is said before the number.
fn after_label(street: &str) -> &str {
    let street = street.rsplit(": ").next().unwrap_or(street);
    let Some(digit) = street.find(|c: char| c.is_ascii_digit()) else { return street };
    let before = fold_label(&street[..digit]);
    let said = !before.is_empty()
        && !words("street").within(&before)
        && before.split(' ').count() >= 2
        && street[digit..].contains(' ');
    let number = street[digit..].split(' ').next().unwrap_or_default();
    let follows = street[digit + number.len()..].trim();
    if said && follows.chars().next().is_some_and(char::is_uppercase) { &street[digit..] } else { street }
}

fn is_street(part: &str) -> bool {
    let count = part.chars().count();
    if !(4..=90).contains(&count) || part.contains(['@', '$', '€', '£', '©', '?', '!', '%', '=']) {
        return false;
    }
    let folded = fold_label(part);
    let tokens: Vec<&str> = folded.split(' ').collect();
    let has_number = tokens.iter().any(|token| token.starts_with(|c: char| c.is_ascii_digit()) && token.len() <= 6);
    let has_word = has_street_word(part);
    let letters = part.chars().filter(|c| c.is_alphabetic()).count();
    let digits = part.chars().filter(char::is_ascii_digit).count();
    if digits > 12 || letters < 2 || tokens.len() > 12 {
        return false;
    }
    if has_word && has_number {
        return true;
    }
    // "Damrak 1", "12 Foo": a name and a number alone.
    let first = part.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
    let starts = tokens.first().is_some_and(|token| token.chars().all(|c| c.is_ascii_digit()) && token.len() <= 5);
    let ends = tokens.last().is_some_and(|token| token.starts_with(|c: char| c.is_ascii_digit()) && token.len() <= 4);
    let year = tokens.iter().any(|token| token.len() == 4 && (token.starts_with("19") || token.starts_with("20")));
    first && has_number && !year && tokens.len() >= 2 && tokens.len() <= 5 && (starts || ends) && letters > digits
}

/// "Larch Avenue": a short name that ends in a word for a street.
fn is_unnumbered_street(part: &str) -> bool {
    let tokens: Vec<&str> = part.split(' ').collect();
    let ends = tokens.last().is_some_and(|last| words("street").is_or_ends(&fold_label(last)));
    (2..=4).contains(&tokens.len())
        && ends
        && tokens.iter().all(|token| token.chars().next().is_some_and(char::is_uppercase))
}

fn is_state_name(text: &str) -> bool {
    STATE_NAMES.split('|').any(|name| name.eq_ignore_ascii_case(text.trim()))
}

/// A part of a building, which is no street by itself.
fn is_unit(street: &str) -> bool {
    const UNITS: [&str; 18] = [
        "suite",
        "ste",
        "unit",
        "floor",
        "apt",
        "apartment",
        "room",
        "po",
        "p",
        "building",
        "bldg",
        "level",
        "bp",
        "cs",
        "zi",
        "za",
        "postfach",
        "apartado",
    ];
    let folded = fold_label(street);
    let first = folded.split(' ').next().unwrap_or_default();
    street.starts_with('#') || UNITS.contains(&first)
}

/// Counties and the like that British addresses name (ISO 3166-2:GB and the traditional ones still written).
fn is_county(text: &str) -> bool {
    const COUNTIES: &str = "avon bedfordshire berkshire buckinghamshire cambridgeshire cheshire cleveland cornwall cumbria derbyshire devon dorset \
durham essex gloucestershire hampshire herefordshire hertfordshire kent lancashire leicestershire lincolnshire merseyside middlesex norfolk \
northamptonshire northumberland nottinghamshire oxfordshire rutland shropshire somerset staffordshire suffolk surrey sussex warwickshire wiltshire \
worcestershire yorkshire aberdeenshire angus argyll ayrshire fife lanarkshire midlothian perthshire clwyd dyfed gwent gwynedd powys antrim armagh down fermanagh tyrone";
    let folded = fold_label(text);
    let name = folded
        .trim_start_matches("north ")
        .trim_start_matches("south ")
        .trim_start_matches("west ")
        .trim_start_matches("east ");
    name == "midlands"
        || name.trim_start_matches("county ").trim_start_matches("co ") == "durham"
        || COUNTIES.split_whitespace().any(|known| known == name)
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
