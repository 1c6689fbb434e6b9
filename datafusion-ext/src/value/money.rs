use super::currency::{self, Meaning};
use super::decimal::{self, Decimal, Dot};
use super::{TypedValue, ValueError, ValueRule};

/// Words that stand beside a price without changing it.
const NOISE: [&str; 54] = [
    "from",
    "only",
    "now",
    "price",
    "total",
    "each",
    "per",
    "about",
    "approx",
    "ca",
    "ab",
    "nur",
    "jetzt",
    "preis",
    "gesamt",
    "je",
    "pro",
    "inkl",
    "incl",
    "including",
    "excl",
    "exkl",
    "zzgl",
    "plus",
    "vat",
    "tax",
    "taxes",
    "mwst",
    "ust",
    "ttc",
    "ht",
    "tva",
    "iva",
    "btw",
    "moms",
    "inc",
    "ex",
    "prix",
    "precio",
    "prezzo",
    "prijs",
    "cena",
    "preço",
    "pris",
    "desde",
    "partir",
    "dès",
    "da",
    "vanaf",
    "od",
    "från",
    "à",
    "de",
    "税込",
];

/// An amount with two decimals or more, and its currency where it is known: "1099.00 EUR".
pub(super) fn normalise(rule: &ValueRule, raw: &str) -> Result<TypedValue, ValueError> {
    let default = rule.currency.as_deref().and_then(currency::by_code);
    read(&decimal::fold_numerals(raw), default.as_deref())
        .ok_or_else(|| ValueError::new("an amount of money, such as 1,099.00 EUR", raw))
}

fn read(text: &str, default: Option<&str>) -> Option<TypedValue> {
    let (prefix, numeral, suffix) = split(text)?;
    let found = match (beside(prefix, default)?, beside(suffix, default)?) {
        (Meaning::Currency(one), Meaning::Currency(other)) if one != other => return None,
        (Meaning::None, meaning) | (meaning, Meaning::None) => meaning,
        (Meaning::Unclear(_), meaning) | (meaning, _) => meaning,
    };
    let (code, dot) = match found {
        Meaning::Currency(code) if currency::groups_with_dot(code) => (Some(code), Dot::Grouping),
        Meaning::Currency(code) => (Some(code), Dot::Point),
        Meaning::Unclear(_) => (None, Dot::Point),
        Meaning::None => (default, Dot::Point),
    };
    // Without its symbol, an amount in some other currency would read as one in the default.
    let shown = match found {
        Meaning::Unclear(symbol) => default.map(|_| symbol),
        _ => code,
    };
    let mut amount = decimal::parse(&numeral, dot)?;
    if is_negative(text, prefix) && amount.value != 0.0 {
        amount = Decimal { text: format!("-{}", amount.text), value: -amount.value };
    }
    let mut text = with_cents(&amount.text);
    if let Some(shown) = shown {
        text.push(' ');
        text.push_str(shown);
    }
    Some(TypedValue { currency: code.map(str::to_owned), ..TypedValue::number(text, amount.value) })
}

/// What stands before the amount, the amount, and what stands behind it; there is exactly one amount.
fn split(text: &str) -> Option<(&str, String, &str)> {
    let (start, end) = numeral(text, 0)?;
    let (prefix, rest) = (&text[..start], &text[end..]);
    if !rest.contains(|c: char| c.is_ascii_digit()) {
        return Some((prefix, text[start..end].to_owned(), rest));
    }
    // "12€99"
    let (cents_start, cents_end) = numeral(text, end)?;
    let (euros, symbol, cents) = (&text[start..end], &text[end..cents_start], &text[cents_start..cents_end]);
    let whole = euros.bytes().all(|b| b.is_ascii_digit());
    let split_by_symbol = symbol.chars().count() == 1 && currency::meaning(symbol, None) != Meaning::None;
    let pair = whole && split_by_symbol && cents.len() == 2 && cents.bytes().all(|b| b.is_ascii_digit());
    let last = !text[cents_end..].contains(|c: char| c.is_ascii_digit());
    (pair && last && prefix.trim().is_empty() && text[cents_end..].trim().is_empty())
        .then(|| (prefix, format!("{euros}.{cents}"), symbol))
}

/// The first run of digits and separators from `from` on: where it begins and ends.
fn numeral(text: &str, from: usize) -> Option<(usize, usize)> {
    let digit = from + text[from..].find(|c: char| c.is_ascii_digit())?;
    // ".99" begins with its dot; "Rs.99" does not.
    let before = text[from..digit].strip_suffix('.').filter(|rest| !rest.ends_with(char::is_alphabetic));
    let start = if before.is_some() { digit - 1 } else { digit };
    let run = text[digit..].find(|c: char| !(c.is_ascii_digit() || [',', '.', '\'', ' '].contains(&c)));
    let end = run.map_or(text.len(), |length| digit + length);
    let end = start + text[start..end].trim_end_matches([',', '.', '\'', ' ']).len();
    Some((start, end))
}

/// What the words on one side of the amount say about the currency; `None` when they are no part of a price.
fn beside<'a>(words: &str, default: Option<&'a str>) -> Option<Meaning<'a>> {
    let words = words.trim();
    let whole = currency::meaning(words.trim_matches([' ', '-', ',', '*', ':']), default);
    if whole != Meaning::None {
        return Some(whole);
    }
    // "/ month" and "(VAT included)" say what is paid for, not how much.
    let said = words.split(['/', '(', '[']).next().unwrap_or("");
    let mut found = Meaning::None;
    for word in said.split([' ', ':', '*', ',', '-', '~', '+', ')', ']', '"', '\'', ';', '=', '|', '≈']) {
        match currency::meaning(word, default) {
            Meaning::None if word.trim_matches('.').is_empty() => {}
            Meaning::None if NOISE.contains(&word.to_lowercase().trim_end_matches('.')) => {}
            Meaning::None => return None,
            Meaning::Currency(code) if matches!(found, Meaning::Currency(other) if other != code) => return None,
            Meaning::Unclear(_) if matches!(found, Meaning::Currency(_)) => {}
            meaning => found = meaning,
        }
    }
    Some(found)
}

/// A minus before everything, or right before the digits.
fn is_negative(text: &str, prefix: &str) -> bool {
    text.starts_with('-') || prefix.ends_with('-')
}

/// Two decimals at least. Three become four: "1.659" could be read as one thousand.
fn with_cents(plain: &str) -> String {
    let decimals = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    match decimals {
        0 => format!("{plain}.00"),
        1 | 3 => format!("{plain}0"),
        _ => plain.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::value::FieldType;

    fn read_in(currency: Option<&str>, raw: &str) -> Result<String, ValueError> {
        let rule = ValueRule { currency: currency.map(str::to_owned), ..ValueRule::new(FieldType::Money) };
        normalise(&rule, raw).map(|value| value.text)
    }

    #[test]
    fn prices_of_many_countries() {
        let same = [
            ("1.099,00 €", "1099.00 EUR"),
            ("€1,099", "1099.00 EUR"),
            ("1.250 €", "1250.00 EUR"),
            ("EUR 12,5", "12.50 EUR"),
            ("12€99", "12.99 EUR"),
            ("$1,250.50", "1250.50 USD"),
            ("US$ 10", "10.00 USD"),
            ("CA$10", "10.00 CAD"),
            ("£.99", "0.99 GBP"),
            ("¥1,980", "1980.00 JPY"),
            ("1980円（税込）", "1980.00 JPY"),
            ("1 234,50 zł", "1234.50 PLN"),
            ("Fr. 12.–", "12.00 CHF"),
            ("CHF 1’250.00", "1250.00 CHF"),
            ("R$ 1.250,00", "1250.00 BRL"),
            ("Rp15.000", "15000.00 IDR"),
            ("Rs. 99", "99.00 INR"),
            ("Rs.99", "99.00 INR"),
            ("199 kr", "199.00"),
            ("199,- kr.", "199.00"),
            ("1099.00", "1099.00"),
            ("1,659 $", "1659.00 USD"),
            ("$1.659", "1.6590 USD"),
            ("ab 12,99 €*", "12.99 EUR"),
            ("12,99 € / Monat", "12.99 EUR"),
            ("Price: $5 (incl. tax)", "5.00 USD"),
            ("-€5", "-5.00 EUR"),
            ("€ -5", "-5.00 EUR"),
            ("0.00 EUR", "0.00 EUR"),
        ];
        for (raw, expected) in same {
            assert_eq!(read_in(None, raw).unwrap(), expected, "{raw}");
        }
    }

    #[test]
    fn the_default_currency_helps_and_never_contradicts() {
        assert_eq!(read_in(Some("EUR"), "12,50").unwrap(), "12.50 EUR");
        assert_eq!(read_in(Some("eur"), "12,50").unwrap(), "12.50 EUR");
        assert_eq!(read_in(Some("CAD"), "$12").unwrap(), "12.00 CAD");
        assert_eq!(read_in(Some("EUR"), "$12").unwrap(), "12.00 USD");
        assert_eq!(read_in(Some("SEK"), "199 kr").unwrap(), "199.00 SEK");
        assert_eq!(read_in(Some("EUR"), "199 kr").unwrap(), "199.00 kr");
        assert_eq!(read_in(Some("CNY"), "¥12").unwrap(), "12.00 CNY");
    }

    #[test]
    fn what_is_no_single_price_is_refused() {
        for raw in ["", "free", "€", "€12 – €15", "was $20 now $15", "12 apples", "$5 €", "12,99 € inkl. 19 % MwSt"]
        {
            assert!(read_in(None, raw).is_err(), "{raw}");
        }
    }
}
