//! Days, months and years as people write them.

use super::month::{is_weekday, month};
use chrono::NaiveDate;
use std::fmt;

/// A day, or a month or year where no more is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calendar {
    year: i32,
    month: Option<u32>,
    day: Option<u32>,
}

/// Which part comes first where "03/04/2024" leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// Words between the parts of a date.
const FILLERS: [&str; 27] = [
    "the", "of", "de", "del", "di", "den", "der", "dem", "le", "la", "el", "il", "am", "on", "el", "dnia", "r", "roku",
    "st", "nd", "rd", "th", "er", "o", "a", "do", "van",
];

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl Calendar {
    /// Reads text that went through `text::plain_words`.
    pub(super) fn parse(plain: &str, order: Order) -> Option<Self> {
        let plain = plain.trim_matches([' ', ',', '.', ';']);
        if let Some(date) = Self::ideographic(plain) {
            return Some(date);
        }
        let unnamed = without_weekday(plain);
        Self::numeric(unnamed, order).or_else(|| Self::worded(plain))
    }

    /// True when a day is said, not only a month or year.
    pub(super) fn is_day(self) -> bool {
        self.day.is_some()
    }

    fn new(year: i32, month: Option<u32>, day: Option<u32>) -> Option<Self> {
        let exists =
            (1..=9999).contains(&year) && NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1)).is_some();
        exists.then_some(Self { year, month, day })
    }

    /// "2024年3月4日", "2024년 3월 4일" and their beginnings.
    fn ideographic(plain: &str) -> Option<Self> {
        let (year, rest) = plain.split_once(['年', '년'])?;
        let year = number(year.trim(), 4)?;
        if rest.trim().is_empty() {
            return Self::new(i32::try_from(year).ok()?, None, None);
        }
        let (month, rest) = rest.split_once(['月', '월'])?;
        let month = number(month.trim(), 2)?;
        let day = match rest.trim().trim_end_matches(['日', '일', '号']) {
            "" => None,
            day => Some(number(day.trim(), 2)?),
        };
        Self::new(i32::try_from(year).ok()?, Some(month), day)
    }

    /// "2024-03-04", "20240304", "4.3.2024", "03/2024", "2024".
    fn numeric(text: &str, order: Order) -> Option<Self> {
        let mark = text.chars().find(|c| !c.is_ascii_digit());
        let Some(mark) = mark else { return Self::digits(text) };
        if !['-', '/', '.'].contains(&mark) {
            return None;
        }
        let parts: Vec<&str> = text.split(mark).map(str::trim).collect();
        match parts[..] {
            [year, month] if year.len() == 4 => Self::new(whole_year(year)?, Some(number(month, 2)?), None),
            [month, year] if year.len() == 4 => Self::new(whole_year(year)?, Some(number(month, 2)?), None),
            [year, month, day] if year.len() == 4 => {
                Self::new(whole_year(year)?, Some(number(month, 2)?), Some(number(day, 2)?))
            }
            [first, second, year] => {
                let (first, second, year) = (number(first, 2)?, number(second, 2)?, whole_year(year)?);
                // A dot never stands in dates that begin with the month.
                let month_first = second > 12 || (order == Order::MonthFirst && mark != '.' && first <= 12);
                let (day, month) = if month_first { (second, first) } else { (first, second) };
                Self::new(year, Some(month), Some(day))
            }
            _ => None,
        }
    }

    fn digits(text: &str) -> Option<Self> {
        match text.len() {
            4 => Self::new(whole_year(text)?, None, None),
            8 => {
                let year = whole_year(&text[..4]).filter(|year| (1900..2100).contains(year))?;
                Self::new(year, Some(number(&text[4..6], 2)?), Some(number(&text[6..], 2)?))
            }
            _ => None,
        }
    }

    /// "March 3rd, 2024", "3. marz 2024", "mon, 4 mar 2024", "marzo 2024".
    fn worded(plain: &str) -> Option<Self> {
        let mut found: Option<u32> = None;
        let mut weekday = false;
        let mut numbers: Vec<&str> = Vec::new();
        for (index, word) in words(plain).enumerate() {
            if word.starts_with(|c: char| c.is_ascii_digit()) {
                numbers.push(word);
            } else if let Some(month) = month(word) {
                // "mar. 5 mai" is a Tuesday ("mardi") in May.
                if found.is_some_and(|known| known != month) && !weekday {
                    return None;
                }
                weekday = index == 0 && is_weekday(word);
                found = Some(month);
            } else if !FILLERS.contains(&word) && !is_weekday(word) {
                return None;
            }
        }
        let month = found?;
        match numbers[..] {
            [year] if year.len() == 4 => Self::new(whole_year(year)?, Some(month), None),
            [year, day] if year.len() == 4 => Self::new(whole_year(year)?, Some(month), Some(number(day, 2)?)),
            [day, year] => Self::new(whole_year(year)?, Some(month), Some(number(day, 2)?)),
            _ => None,
        }
    }
}

/// Runs of letters and runs of digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .flat_map(|run| {
            let cut = run.find(|c: char| c.is_ascii_digit() != run.starts_with(|c: char| c.is_ascii_digit()));
            let (head, tail) = run.split_at(cut.unwrap_or(run.len()));
            [head, tail]
        })
        .filter(|word| !word.is_empty())
}

fn without_weekday(text: &str) -> &str {
    let Some((first, rest)) = text.split_once([' ', ',']) else { return text };
    if is_weekday(first.trim_end_matches('.')) { rest.trim_start_matches([' ', ',']) } else { text }
}

fn number(digits: &str, longest: usize) -> Option<u32> {
    let short = (1..=longest).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if short { digits.parse().ok() } else { None }
}

/// Four digits, or two that stand for 1970 to 2069.
fn whole_year(digits: &str) -> Option<i32> {
    let year = i32::try_from(number(digits, 4)?).ok()?;
    match digits.len() {
        4 => Some(year),
        2 => Some(if year < 70 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}
