use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds};
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

fn cron<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Cron as Airflow and Dagster read it: no seconds.
    match CronParser::builder().seconds(Seconds::Disallowed).build().parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            Err(D::Error::custom(format!("`{text}` is no cron expression ({error}): use one as \"0 6 * * 1-5\"")))
        }
    }
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
            json!({"cron": "@daily", "timezone": "UTC"}),
        ] {
            let read: Schedule = serde_json::from_value(good.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), good);
        }
        for (wrong, says) in [
            (json!("0 5 * * *"), "expected struct Schedule"),
            (json!({"cron": "every day"}), "`every day` is no cron expression"),
            (json!({"cron": "0 0 6 * * 1"}), "is no cron expression"),
            (json!({"cron": "61 * * * *"}), "is no cron expression"),
            (json!({"cron": "0 6 * * *", "timezone": "Europe/Bonn"}), "`Europe/Bonn` is no time zone"),
            (json!({"cron": "0 6 * * *", "zone": "UTC"}), "unknown field `zone`"),
            (json!({"timezone": "UTC"}), "missing field `cron`"),
        ] {
            let said = serde_json::from_value::<Schedule>(wrong.clone()).unwrap_err().to_string();
            assert!(said.contains(says), "{wrong}: {said}");
        }
    }
}
