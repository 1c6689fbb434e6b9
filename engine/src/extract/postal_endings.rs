//! How countries write what ends a postal address: postal code, city, state, country.

use super::PageView;
use super::phrases::fold_label;
use regex::{Captures, Regex};
use std::sync::LazyLock;

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

/// The end of an address in a line.
pub(super) struct Ending {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Text before it that belongs to the city, when the pattern does not say where the city begins.
    pub(super) city: Option<String>,
    pub(super) state: Option<String>,
    pub(super) code: Option<String>,
    /// Only an address when a street stands before it.
    pub(super) doubtful: bool,
}

pub(super) fn find(page: &PageView<'_>, text: &str) -> Vec<Ending> {
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

/// The country that a text begins with.
pub(super) fn country(text: &str) -> Option<&str> {
    Some(PATTERNS.as_ref()?.country.captures(text)?.name("country")?.as_str())
}

pub(super) fn is_state_name(text: &str) -> bool {
    STATE_NAMES.split('|').any(|name| name.eq_ignore_ascii_case(text.trim()))
}

/// Counties and the like that British addresses name (ISO 3166-2:GB and the traditional ones still written).
pub(super) fn is_county(text: &str) -> bool {
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
