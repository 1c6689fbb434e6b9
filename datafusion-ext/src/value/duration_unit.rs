use super::duration_words;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The unit in which a duration field counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DurationUnit {
    /// A thousandth of a second.
    Milliseconds,
    /// The second, the unit of a field that sets none.
    Seconds,
    /// 60 seconds.
    Minutes,
    /// 3,600 seconds.
    Hours,
    /// 86,400 seconds.
    Days,
}

const ALL: [DurationUnit; 5] =
    [DurationUnit::Milliseconds, DurationUnit::Seconds, DurationUnit::Minutes, DurationUnit::Hours, DurationUnit::Days];

impl DurationUnit {
    /// The length of one unit, in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        match self {
            Self::Milliseconds => 0.001,
            Self::Seconds => 1.0,
            Self::Minutes => 60.0,
            Self::Hours => 3_600.0,
            Self::Days => 86_400.0,
        }
    }
}

impl fmt::Display for DurationUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Milliseconds => "milliseconds",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        })
    }
}

/// A name was not that of a [`DurationUnit`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown unit of time `{name}`; known units are milliseconds, seconds, minutes, hours and days")]
pub struct UnknownUnit {
    name: String,
}

impl FromStr for DurationUnit {
    type Err = UnknownUnit;

    fn from_str(name: &str) -> Result<Self, UnknownUnit> {
        duration_words::seconds_of(&name.trim().to_lowercase())
            .and_then(|seconds| ALL.into_iter().find(|unit| unit.seconds() == seconds))
            .ok_or_else(|| UnknownUnit { name: name.chars().take(60).collect() })
    }
}

impl Serialize for DurationUnit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DurationUnit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgiving() {
        for name in ["minutes", "minute", "min", " Mins ", "Minuten"] {
            assert_eq!(name.parse::<DurationUnit>().unwrap(), DurationUnit::Minutes);
        }
        for unit in ALL {
            assert_eq!(unit.to_string().parse::<DurationUnit>().unwrap(), unit);
            let json = serde_json::to_string(&unit).unwrap();
            assert_eq!(serde_json::from_str::<DurationUnit>(&json).unwrap(), unit);
        }
    }

    #[test]
    fn a_week_is_no_unit_of_a_field() {
        let message = "weeks".parse::<DurationUnit>().unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown unit of time `weeks`; known units are milliseconds, seconds, minutes, hours and days"
        );
    }
}
