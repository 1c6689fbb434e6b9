use crate::page::PageSnapshot;
use std::collections::BTreeMap;
use url::Url;

/// What a page tells of where its site is at home.
#[derive(Debug, Clone, Default)]
pub(super) struct Locale {
    /// ISO 3166-1 codes, most likely first.
    pub(super) countries: Vec<&'static str>,
    /// The site's own host, as far as the page tells: not always that of its address.
    pub(super) host: Option<String>,
    /// Language, as `de`.
    pub(super) language: Option<String>,
}

/// Top-level domains of countries whose code differs from the domain.
const DOMAINS: [(&str, &str); 2] = [("uk", "GB"), ("eu", "DE")];
/// Countries (domains and codes of languages are written with them), as far as addresses and telephone numbers are read.
const COUNTRIES: [&str; 46] = [
    "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CL", "CN", "CO", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR",
    "HR", "HU", "IE", "IL", "IN", "IS", "IT", "JP", "KR", "LT", "LU", "LV", "MX", "NL", "NO", "NZ", "PL", "PT", "RO",
    "RU", "SE", "SG", "SI", "SK", "TR", "US", "ZA",
];
/// Where a language is mostly written, when nothing else is known.
const LANGUAGES: [(&str, &[&str]); 22] = [
    ("en", &["US", "GB", "CA", "AU"]),
    ("de", &["DE", "AT", "CH"]),
    ("fr", &["FR", "BE", "CH", "CA"]),
    ("es", &["ES", "MX", "CO", "CL"]),
    ("it", &["IT", "CH"]),
    ("nl", &["NL", "BE"]),
    ("pt", &["PT", "BR"]),
    ("pl", &["PL"]),
    ("sv", &["SE", "FI"]),
    ("ja", &["JP"]),
    ("da", &["DK"]),
    ("nb", &["NO"]),
    ("no", &["NO"]),
    ("fi", &["FI"]),
    ("cs", &["CZ"]),
    ("sk", &["SK"]),
    ("hu", &["HU"]),
    ("ro", &["RO"]),
    ("tr", &["TR"]),
    ("el", &["GR"]),
    ("ru", &["RU"]),
    ("ko", &["KR"]),
];

impl Locale {
    pub(super) fn of(page: &PageSnapshot) -> Self {
        let host = own_host(page);
        let declared = page.elements("html").next().and_then(|html| html.attr("lang")).unwrap_or_default();
        let open_graph = super::meta::find(page, "og:locale").map(|(locale, _)| locale).unwrap_or_default();
        let mut countries = Vec::new();
        let mut add = |country: Option<&'static str>| {
            if let Some(country) = country.filter(|country| !countries.contains(country)) {
                countries.push(country);
            }
        };
        add(host.as_deref().and_then(|host| by_domain(host.rsplit('.').next()?)));
        for locale in [declared, &open_graph] {
            add(locale.split(['-', '_']).nth(1).and_then(known));
        }
        let language = [declared, &open_graph].iter().find_map(|locale| {
            let language = locale.split(['-', '_']).next()?.trim().to_lowercase();
            (language.len() == 2).then_some(language)
        });
        let by_language = LANGUAGES.iter().find(|(known, _)| Some(*known) == language.as_deref());
        for country in by_language.map_or(&["US", "GB"][..], |(_, countries)| countries) {
            add(Some(country));
        }
        Self { countries, host, language }
    }
}

fn known(code: &str) -> Option<&'static str> {
    COUNTRIES.into_iter().find(|known| known.eq_ignore_ascii_case(code.trim()))
}

fn by_domain(domain: &str) -> Option<&'static str> {
    let named = DOMAINS.iter().find(|(known, _)| *known == domain);
    named.map(|(_, country)| *country).or_else(|| known(domain))
}

/// The host that the page calls its own: a canonical address, else its address, else where most of its absolute links and
/// its mail go (a copy of a page stands on a host that says nothing).
fn own_host(page: &PageSnapshot) -> Option<String> {
    let host =
        |address: &str| Url::parse(address).ok()?.domain().map(|domain| domain.trim_start_matches("www.").to_owned());
    let declared = ["link:canonical", "og:url"].iter().find_map(|name| host(&super::meta::find(page, name)?.0));
    if let Some(known) = declared.or_else(|| host(&page.url)) {
        return Some(known);
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for link in page.nodes().filter(|node| node.tag() == Some("a")).take(500) {
        let Some(href) = link.attr("href") else { continue };
        let mail = href.strip_prefix("mailto:").and_then(|mail| mail.split('?').next()?.split_once('@'));
        let is_mail = mail.is_some();
        let found = mail.map(|(_, host)| host.to_lowercase()).or_else(|| host(href));
        if let Some(found) = found.filter(|found| !is_shared(found)) {
            // One link to another host is a link; mail goes to one's own.
            *counts.entry(found).or_default() += if is_mail { 2 } else { 1 };
        }
    }
    counts.into_iter().filter(|(_, count)| *count > 1).max_by_key(|(_, count)| *count).map(|(host, _)| host)
}

/// Hosts that sites everywhere link to: they are nobody's own.
fn is_shared(host: &str) -> bool {
    const SHARED: [&str; 16] = [
        "facebook",
        "twitter",
        "x",
        "instagram",
        "youtube",
        "linkedin",
        "pinterest",
        "google",
        "goo",
        "yahoo",
        "gmail",
        "hotmail",
        "outlook",
        "apple",
        "wordpress",
        "adobe",
    ];
    let name = host.rsplit('.').nth(1).unwrap_or_default();
    SHARED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_of_pages() {
        let countries = |url: &str, html: &str| Locale::of(&PageSnapshot::from_html(url, html)).countries;
        assert_eq!(countries("https://shop.example.co.uk/", "<html lang=en>")[..2], ["GB", "US"]);
        assert_eq!(countries("https://example.com/", "<html lang=de-AT>")[..2], ["AT", "DE"]);
        assert_eq!(
            countries(
                "http://127.0.0.1/",
                "<a href=https://a.fr/>1</a><a href=https://a.fr/b>3</a><a href=https://twitter.com/a>2</a>"
            )[0],
            "FR"
        );
    }
}
