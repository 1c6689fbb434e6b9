use chrono_tz::Tz;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

/// When a campaign is run. Orchestrators act on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Minute, hour, day, month and weekday, or a word as `@daily`.
    #[serde(deserialize_with = "cron")]
    pub cron: String,
    /// A name of the IANA's; UTC unless set.
    #[serde(default, deserialize_with = "timezone", skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

const WORDS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const MONTHS: &str = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC";
const WEEKDAYS: &str = "SUN MON TUE WED THU FRI SAT";

fn cron<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_cron(&text) {
        return Ok(text);
    }
    Err(D::Error::custom(format!(
        "`{text}` is no cron expression of minute, hour, day, month and weekday: use one as \"0 6 * * 1-5\", or a word as @daily"
    )))
}

/// Whether Airflow and Dagster would read it (both by croniter): ranges may wrap around, as `FRI-MON`, and there are no
/// seconds. Libraries for Rust read other dialects.
fn is_cron(text: &str) -> bool {
    let upper = text.trim().to_ascii_uppercase();
    if upper.starts_with('@') {
        return WORDS.iter().any(|word| word.eq_ignore_ascii_case(&upper));
    }
    let limits = [(0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, MONTHS), (0, 7, WEEKDAYS)];
    let fields: Vec<&str> = upper.split_whitespace().collect();
    fields.len() == limits.len()
        && fields.iter().enumerate().all(|(at, field)| field.split(',').all(|item| is_item(item, at, limits[at])))
}

fn is_item(item: &str, at: usize, (least, most, names): (u32, u32, &str)) -> bool {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let value = |text: &str| {
        number(text).is_some_and(|number: u32| (least..=most).contains(&number))
            || names.split(' ').any(|name| !name.is_empty() && name == text)
    };
    // The last day of a month; the last, or the nth, of a weekday in it.
    let special = match at {
        2 => item == "L",
        4 => {
            item.strip_prefix('L').is_some_and(value)
                || item.split_once('#').is_some_and(|(day, nth)| {
                    value(day) && (nth == "L" || number(nth).is_some_and(|nth: u32| (1..=5).contains(&nth)))
                })
        }
        _ => false,
    };
    if special {
        return true;
    }
    let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
    let is_range = range == "*" || range.split_once('-').map_or(value(range), |(from, to)| value(from) && value(to));
    is_range && step.is_none_or(|step| number(step).is_some_and(|step: u32| step > 0))
}

fn timezone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match name.parse::<Tz>() {
        Ok(_) => Ok(Some(name)),
        Err(_) => Err(D::Error::custom(format!("`{name}` is no time zone: use a name as Europe/Berlin"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schedule_is_one_that_orchestrators_can_keep() {
        for good in [
            json!({"cron": "0 6 * * 1-5", "timezone": "America/Chicago"}),
            json!({"cron": "*/15 0,12 1 JAN-JUN *"}),
            json!({"cron": "@midnight", "timezone": "UTC"}),
            json!({"cron": "5/15 22-2 L * FRI-MON,L5,sat#1"}),
        ] {
            let read: Schedule = serde_json::from_value(good.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), good);
        }
        for (wrong, says) in [
            (json!("0 5 * * *"), "expected struct Schedule"),
            (json!({"cron": "every day"}), "`every day` is no cron expression"),
            (json!({"cron": "0 0 6 * * 1"}), "is no cron expression"),
            (json!({"cron": "61 * * * *"}), "is no cron expression"),
            (json!({"cron": "0 6 15W * *"}), "is no cron expression"),
            (json!({"cron": "*/0 6 * * *"}), "is no cron expression"),
            (json!({"cron": ", 6 * * *"}), "is no cron expression"),
            (json!({"cron": "@reboot"}), "is no cron expression"),
            (json!({"cron": "0 6 * * *", "timezone": "Europe/Bonn"}), "`Europe/Bonn` is no time zone"),
            (json!({"cron": "0 6 * * *", "zone": "UTC"}), "unknown field `zone`"),
            (json!({"timezone": "UTC"}), "missing field `cron`"),
        ] {
            let said = serde_json::from_value::<Schedule>(wrong.clone()).unwrap_err().to_string();
            assert!(said.contains(says), "{wrong}: {said}");
        }
    }
}
