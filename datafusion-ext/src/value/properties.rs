//! What holds for every text.

use super::{FieldType, ValueRule, normalise, similarity};
use proptest::prelude::*;

const TYPES: [&str; 18] = [
    "text",
    "integer",
    "number",
    "money",
    "boolean",
    "date",
    "datetime",
    "duration",
    "url",
    "email",
    "phone",
    "enum",
    "id",
    "list<text>",
    "list<money>",
    "list<phone>",
    "list<date>",
    "list<url>",
];

/// Texts near to values, which random characters never hit.
const NEAR: &str = "[0-9]{1,4}([ ,.'/:-][0-9]{1,4}){0,4}( ?(€|\\$|kr|EUR|h|min|s|%|am|PM|Z|March|ext 5|½))?";

fn rules() -> impl Strategy<Value = ValueRule> {
    let countries = prop_oneof![Just(None), Just(Some("US")), Just(Some("DE")), Just(Some("IT")), Just(Some("XX"))];
    let currencies = prop_oneof![Just(None), Just(Some("EUR")), Just(Some("SEK"))];
    let units = prop_oneof![Just(None), Just(Some("minutes")), Just(Some("ms"))];
    (prop::sample::select(&TYPES[..]), countries, currencies, units).prop_map(|(name, country, currency, unit)| {
        let mut rule = ValueRule::new(name.parse().unwrap_or(FieldType::Text));
        rule.country = country.map(str::to_owned);
        rule.currency = currency.map(str::to_owned);
        rule.unit = unit.and_then(|unit| unit.parse().ok());
        rule
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![".{0,40}", "\\PC{0,20}", NEAR, "[+(]?[0-9 ()./-]{3,18}(;ext=[0-9]{1,4})?", "P?T?[0-9.HMSDW:]{1,10}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn canonical_texts_read_as_themselves(rule in rules(), raw in texts()) {
        if let Ok(value) = normalise(&rule, &raw) {
            let again = normalise(&rule, &value.text);
            prop_assert_eq!(again.as_ref().map(|again| again.text.as_str()), Ok(value.text.as_str()), "{}", raw);
            prop_assert_eq!(again.ok().and_then(|again| again.currency), value.currency);
        }
    }

    #[test]
    fn raw_and_canonical_compare_alike(rule in rules(), expected in texts(), raw in texts()) {
        if let Ok(value) = normalise(&rule, &raw) {
            prop_assert_eq!(similarity(&rule, &expected, &raw), similarity(&rule, &expected, &value.text));
            prop_assert_eq!(similarity(&rule, &raw, &value.text), Some(1.0));
        }
    }

    #[test]
    fn similarity_is_a_share_and_its_own_is_one(rule in rules(), one in texts(), other in texts()) {
        if let Some(share) = similarity(&rule, &one, &other) {
            prop_assert!((0.0..=1.0).contains(&share));
        }
        prop_assert_eq!(similarity(&rule, &one, &one), (!one.trim().is_empty()).then_some(1.0));
    }

    #[test]
    fn similarity_of_texts_has_no_direction(one in "[a-e ,.]{0,30}", other in "[a-e ,.]{0,30}") {
        for name in ["text", "list<text>", "id", "number", "phone", "url"] {
            let rule = ValueRule::new(name.parse().unwrap_or(FieldType::Text));
            prop_assert_eq!(similarity(&rule, &one, &other), similarity(&rule, &other, &one));
        }
    }
}
