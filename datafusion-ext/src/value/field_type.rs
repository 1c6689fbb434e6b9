use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// What kind of value a field holds.
///
/// Written as `text`, `money`, `list<money>` or `list of money`; a bare `list` is a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Words, compared by their likeness.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// An amount with or without its currency.
    Money,
    /// Yes or no.
    Boolean,
    /// A day, a month or a year.
    Date,
    /// A day and a time of day, with or without a time zone.
    Datetime,
    /// A length of time.
    Duration,
    /// A web address.
    Url,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// One word out of a fixed set.
    Enum,
    /// An identifier: its leading zeros count.
    Id,
    /// Several values of one type, in any order.
    List(Box<FieldType>),
}

const SCALARS: [(&str, FieldType); 13] = [
    ("text", FieldType::Text),
    ("integer", FieldType::Integer),
    ("number", FieldType::Number),
    ("money", FieldType::Money),
    ("boolean", FieldType::Boolean),
    ("date", FieldType::Date),
    ("datetime", FieldType::Datetime),
    ("duration", FieldType::Duration),
    ("url", FieldType::Url),
    ("email", FieldType::Email),
    ("phone", FieldType::Phone),
    ("enum", FieldType::Enum),
    ("id", FieldType::Id),
];

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(item) => write!(f, "list<{item}>"),
            scalar => f.write_str(SCALARS.iter().find(|(_, known)| known == scalar).map_or("", |(name, _)| name)),
        }
    }
}

/// A name was not that of a [`FieldType`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownType {
    /// No type has this name.
    #[error("unknown type `{name}`{suggestion}; known types are {}", known())]
    Unknown {
        /// The name as given.
        name: String,
        /// The nearest known name as a clause of the message; empty when none is near.
        suggestion: String,
    },
    /// The items of a list cannot be lists.
    #[error("`{name}` is a list of lists; the items of a list are of one of the other types")]
    NestedList {
        /// The name as given.
        name: String,
    },
}

fn known() -> String {
    let names: Vec<&str> = SCALARS.iter().map(|(name, _)| *name).collect();
    format!("{} and list<…> of one of these", names.join(", "))
}

impl FromStr for FieldType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        let folded = name.trim().to_lowercase();
        match item_name(&folded) {
            None => scalar(&folded, name),
            Some(item) if item_name(item).is_some() => Err(UnknownType::NestedList { name: name.to_owned() }),
            Some(item) => scalar(item, name).map(|item| Self::List(Box::new(item))),
        }
    }
}

/// What a list is of; `None` for anything that is not written as a list.
fn item_name(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("list")?;
    if rest.is_empty() {
        return Some("text");
    }
    if let Some(item) = rest.trim_start().strip_prefix('<') {
        return item.strip_suffix('>').map(str::trim);
    }
    rest.strip_prefix(" of ").map(str::trim)
}

fn scalar(folded: &str, given: &str) -> Result<FieldType, UnknownType> {
    if let Some((_, known)) = SCALARS.iter().find(|(name, _)| *name == folded) {
        return Ok(known.clone());
    }
    let near = SCALARS
        .iter()
        .map(|(name, _)| (*name, strsim::damerau_levenshtein(name, folded)))
        .chain([("list", strsim::damerau_levenshtein("list", folded))])
        .min_by_key(|(_, distance)| *distance)
        .filter(|(name, distance)| *distance <= 2 && *distance < name.len());
    let suggestion = near.map(|(name, _)| format!(", did you mean `{name}`?")).unwrap_or_default();
    Err(UnknownType::Unknown { name: given.chars().take(60).collect(), suggestion })
}

impl Serialize for FieldType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for (name, field_type) in SCALARS {
            assert_eq!(name.parse::<FieldType>().unwrap(), field_type);
            let list = FieldType::List(Box::new(field_type));
            assert_eq!(list.to_string().parse::<FieldType>().unwrap(), list);
        }
    }

    #[test]
    fn lists_have_several_spellings() {
        let money = FieldType::List(Box::new(FieldType::Money));
        for name in ["list<money>", "list of money", " List< money > "] {
            assert_eq!(name.parse::<FieldType>().unwrap(), money);
        }
        assert_eq!("list".parse::<FieldType>().unwrap().to_string(), "list<text>");
        assert_eq!(serde_json::to_string(&money).unwrap(), "\"list<money>\"");
        assert_eq!(serde_json::from_str::<FieldType>("\"list<money>\"").unwrap(), money);
    }

    #[test]
    fn errors_help() {
        let message = |name: &str| name.parse::<FieldType>().unwrap_err().to_string();
        insta::assert_snapshot!(message("mony"), @"unknown type `mony`, did you mean `money`?; known types are text, integer, number, money, boolean, date, datetime, duration, url, email, phone, enum, id and list<…> of one of these");
        insta::assert_snapshot!(message("picture"), @"unknown type `picture`; known types are text, integer, number, money, boolean, date, datetime, duration, url, email, phone, enum, id and list<…> of one of these");
        insta::assert_snapshot!(message("list<list<text>>"), @"`list<list<text>>` is a list of lists; the items of a list are of one of the other types");
        insta::assert_snapshot!(message("list of list"), @"`list of list` is a list of lists; the items of a list are of one of the other types");
    }
}
