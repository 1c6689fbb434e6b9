//! Times of day and time zones.

use std::fmt;

/// A time of day, with its zone where one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    /// Digits of the fraction of a second, as given.
    fraction: String,
    /// `Z`, or an offset such as `+02:00`.
    zone: Option<String>,
}

const ZONES: [(&str, &str); 24] = [
    ("z", "Z"),
    ("utc", "Z"),
    ("gmt", "Z"),
    ("ut", "Z"),
    ("est", "-05:00"),
    ("edt", "-04:00"),
    ("cst", "-06:00"),
    ("cdt", "-05:00"),
    ("mst", "-07:00"),
    ("mdt", "-06:00"),
    ("pst", "-08:00"),
    ("pdt", "-07:00"),
    ("wet", "+00:00"),
    ("west", "+01:00"),
    ("cet", "+01:00"),
    ("cest", "+02:00"),
    ("mez", "+01:00"),
    ("mesz", "+02:00"),
    ("eet", "+02:00"),
    ("eest", "+03:00"),
    ("msk", "+03:00"),
    ("jst", "+09:00"),
    ("kst", "+09:00"),
    ("aest", "+10:00"),
];

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        f.write_str(self.zone.as_deref().unwrap_or(""))
    }
}

impl Clock {
    /// Reads a time that is the whole of a lower-case text: "10:00", "10:00:30.5+02:00", "10:30 pm est", "10h30".
    pub(super) fn parse(plain: &str) -> Option<Self> {
        let text = plain.trim();
        let end = text.find(|c: char| !(c.is_ascii_digit() || [':', '.', ',', 'h'].contains(&c))).unwrap_or(text.len());
        let (time, rest) = text.split_at(end);
        let (hour, minute, second, fraction) = parts(time.trim_end_matches([',', '.']))?;
        let rest = rest.trim_start();
        let (noon, rest) = match meridiem(rest) {
            Some((noon, rest)) => (Some(noon), rest.trim_start()),
            None => (None, rest.strip_prefix("uhr").unwrap_or(rest).trim_start()),
        };
        let hour = match noon {
            None => hour,
            Some(_) if !(1..=12).contains(&hour) => return None,
            Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        };
        let zone = if rest.is_empty() { None } else { Some(zone(rest)?) };
        // A leap second is a valid time.
        (hour < 24 && minute < 60 && second <= 60).then_some(Self { hour, minute, second, fraction, zone })
    }
}

fn parts(time: &str) -> Option<(u32, u32, u32, String)> {
    let two = |digits: &str| {
        let short = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if short { digits.parse::<u32>().ok() } else { None }
    };
    let mut fields = time.splitn(3, [':', 'h']);
    let (hour, minute) = (two(fields.next()?)?, fields.next()?);
    // "10:3" is no time.
    let minute = Some(minute).filter(|digits| digits.len() == 2).and_then(two)?;
    let Some(seconds) = fields.next() else { return Some((hour, minute, 0, String::new())) };
    let (second, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Nanoseconds are the finest that readers of RFC 3339 hold.
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    Some((hour, minute, two(second)?, fraction.to_owned()))
}

fn meridiem(text: &str) -> Option<(bool, &str)> {
    [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)]
        .into_iter()
        .find_map(|(word, afternoon)| Some((afternoon, text.strip_prefix(word)?)))
        .filter(|(_, rest)| !rest.starts_with(char::is_alphabetic))
}

fn zone(text: &str) -> Option<String> {
    // "GMT+2" is an offset; "+02:00 (CEST)" and "+0200 [Europe/Berlin]" repeat themselves.
    let text = text.split(['(', '[']).next()?.trim();
    if let Some((_, zone)) = ZONES.iter().find(|(name, _)| *name == text) {
        return Some((*zone).to_owned());
    }
    let offset = text.strip_prefix("utc").or_else(|| text.strip_prefix("gmt")).unwrap_or(text).trim_start();
    let sign = offset.chars().next().filter(|c| ['+', '-'].contains(c))?;
    let digits = &offset[1..];
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then(|| format!("{sign}{hours:02}:{minutes:02}"))
}
