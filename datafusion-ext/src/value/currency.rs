//! Currencies by code, symbol and word.

/// ISO 4217 codes in use.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN \
BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD \
HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA \
MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF \
SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND \
VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL";

/// Words and symbols of one currency each, lower case, without dots.
const WORDS: [(&str, &str); 75] = [
    ("€", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("pound", "GBP"),
    ("pounds", "GBP"),
    ("us$", "USD"),
    ("$us", "USD"),
    ("u$s", "USD"),
    ("usd$", "USD"),
    ("a$", "AUD"),
    ("au$", "AUD"),
    ("ca$", "CAD"),
    ("c$", "CAD"),
    ("cad$", "CAD"),
    ("nz$", "NZD"),
    ("hk$", "HKD"),
    ("s$", "SGD"),
    ("nt$", "TWD"),
    ("mx$", "MXN"),
    ("mex$", "MXN"),
    ("r$", "BRL"),
    ("jp¥", "JPY"),
    ("円", "JPY"),
    ("yen", "JPY"),
    ("cn¥", "CNY"),
    ("元", "CNY"),
    ("人民币", "CNY"),
    ("rmb", "CNY"),
    ("yuan", "CNY"),
    ("zł", "PLN"),
    ("zl", "PLN"),
    ("złotych", "PLN"),
    ("fr", "CHF"),
    ("sfr", "CHF"),
    ("kč", "CZK"),
    ("kc", "CZK"),
    ("ft", "HUF"),
    ("lei", "RON"),
    ("лв", "BGN"),
    ("din", "RSD"),
    ("₽", "RUB"),
    ("руб", "RUB"),
    ("₺", "TRY"),
    ("tl", "TRY"),
    ("₴", "UAH"),
    ("грн", "UAH"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("원", "KRW"),
    ("₫", "VND"),
    ("đ", "VND"),
    ("฿", "THB"),
    ("บาท", "THB"),
    ("₪", "ILS"),
    ("₱", "PHP"),
    ("₦", "NGN"),
    ("₡", "CRC"),
    ("₲", "PYG"),
    ("₵", "GHS"),
    ("₸", "KZT"),
    ("₾", "GEL"),
    ("₼", "AZN"),
    ("֏", "AMD"),
    ("rp", "IDR"),
    ("rm", "MYR"),
    ("dh", "MAD"),
    ("dhs", "AED"),
    ("د.إ", "AED"),
    ("r", "ZAR"),
    ("s/", "PEN"),
    ("ksh", "KES"),
    ("dkr", "DKK"),
    ("nkr", "NOK"),
    ("skr", "SEK"),
];

const DOLLARS: [&str; 24] = [
    "USD", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "CLP", "COP", "ARS", "FJD", "GYD", "HKD", "JMD", "KYD",
    "LRD", "MXN", "NAD", "NZD", "SGD", "TTD", "TWD", "UYU",
];

/// Symbols that several currencies share: the symbol, those currencies, and which one it is when nobody says.
const SHARED: [(&str, &[&str], Option<&str>); 8] = [
    ("$", &DOLLARS, Some("USD")),
    ("dollar", &DOLLARS, Some("USD")),
    ("dollars", &DOLLARS, Some("USD")),
    ("kr", &["SEK", "NOK", "DKK", "ISK"], None),
    ("¥", &["JPY", "CNY"], Some("JPY")),
    ("rs", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"], Some("INR")),
    ("peso", &["MXN", "ARS", "CLP", "COP", "PHP", "UYU", "DOP", "CUP"], None),
    ("pesos", &["MXN", "ARS", "CLP", "COP", "PHP", "UYU", "DOP", "CUP"], None),
];

/// Currencies of countries that write thousands with a dot: there "1.250 €" is 1250.
const DOT_GROUPS: [&str; 18] = [
    "EUR", "ARS", "BRL", "CLP", "COP", "CRC", "DKK", "IDR", "ISK", "MKD", "PYG", "RON", "RSD", "TRY", "UYU", "VES",
    "VND", "BAM",
];

/// True where amounts of this currency have dots between thousands.
pub(super) fn groups_with_dot(code: &str) -> bool {
    DOT_GROUPS.contains(&code)
}

/// The code itself, in the spelling of ISO 4217.
pub(super) fn by_code(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    (code.len() == 3 && CODES.split(' ').any(|known| known == code)).then_some(code)
}

/// What a word or symbol of a price means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// This currency.
    Currency(&'a str),
    /// One of several currencies that share this symbol: nobody says which.
    Unclear(&'static str),
    /// No currency at all.
    None,
}

/// What `word` means where amounts are in `default` unless they say otherwise.
pub(super) fn meaning<'a>(word: &str, default: Option<&'a str>) -> Meaning<'a> {
    let folded = word.to_lowercase();
    let folded = folded.trim_end_matches('.');
    if let Some(code) = CODES.split(' ').find(|code| code.eq_ignore_ascii_case(folded)) {
        return Meaning::Currency(code);
    }
    if let Some((_, code)) = WORDS.iter().find(|(known, _)| *known == folded) {
        return Meaning::Currency(code);
    }
    match SHARED.iter().find(|(known, ..)| *known == folded) {
        Some((symbol, all, usual)) => {
            default.filter(|code| all.contains(code)).or(*usual).map_or(Meaning::Unclear(symbol), Meaning::Currency)
        }
        None => Meaning::None,
    }
}
