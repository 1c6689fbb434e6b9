//! Currencies of amounts whose sign several countries share, or that have none.

use super::amounts::Amount;
use super::{Candidate, FieldQuery, PageView};
use mino_datafusion::value::{FieldType, TypedValue, ValueRule, normalise};

/// Signs and words that were found for a currency become its ISO 4217 code; what names none, or several, is no currency.
pub(super) fn refine(page: &PageView<'_>, queries: &[FieldQuery], candidates: &mut Vec<Candidate>) {
    candidates.retain_mut(|candidate| {
        if !queries[candidate.field].is("currency") || candidate.resolver == "rule" {
            return true;
        }
        let Some(code) = currency(page, candidate.raw.trim()) else { return false };
        candidate.raw = code;
        true
    });
}

/// ISO 4217 of a sign, by the page's country where several share it.
pub(super) fn currency(page: &PageView<'_>, sign: &str) -> Option<String> {
    if let Some(code) = shared_currency(page, sign) {
        return Some(code.to_owned());
    }
    normalise(&ValueRule::new(FieldType::Money), &format!("1 {sign}")).ok()?.currency
}

/// ISO 4217 of a sign that several countries share, by the page's country.
fn shared_currency(page: &PageView<'_>, sign: &str) -> Option<&'static str> {
    const SHARED: [(&str, &[(&str, &str)]); 3] = [
        (
            "$",
            &[
                ("US", "USD"),
                ("CA", "CAD"),
                ("AU", "AUD"),
                ("NZ", "NZD"),
                ("SG", "SGD"),
                ("MX", "MXN"),
                ("CL", "CLP"),
                ("CO", "COP"),
            ],
        ),
        ("kr", &[("SE", "SEK"), ("NO", "NOK"), ("DK", "DKK"), ("IS", "ISK")]),
        ("¥", &[("JP", "JPY"), ("CN", "CNY")]),
    ];
    let plain = sign.trim_end_matches('.').to_lowercase().replace('￥', "¥");
    let (_, codes) = SHARED.iter().find(|(known, _)| *known == plain)?;
    let by_country =
        page.locale().countries.iter().find_map(|country| codes.iter().find(|(known, _)| known == country));
    by_country.map(|(_, code)| *code)
}

/// "1 299,–" on a page that gives other amounts in kr is in kr.
pub(super) fn name_currencies(page: &PageView<'_>, all: &mut [Amount]) {
    let Some(code) =
        all.iter().filter(|amount| !amount.sign.is_empty()).find_map(|amount| currency(page, &amount.sign))
    else {
        return;
    };
    for amount in all.iter_mut().filter(|amount| amount.sign.is_empty()) {
        amount.raw = format!("{} {code}", amount.number);
        amount.sign.clone_from(&code);
    }
}

/// The value of an amount whose sign several currencies share, in that of the page's country: "$" is CAD in Canada.
pub(super) fn in_own_currency(page: &PageView<'_>, raw: &str, value: TypedValue) -> TypedValue {
    let sign = raw.trim_matches(|c: char| !c.is_alphabetic() && !is_currency_sign(c));
    let number = value.currency.as_deref().and_then(|known| value.text.strip_suffix(known));
    match (number, shared_currency(page, sign)) {
        (Some(number), Some(code)) => {
            TypedValue { text: format!("{number}{code}"), currency: Some(code.to_owned()), ..value }
        }
        _ => value,
    }
}

fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '¥' | '￥')
}
