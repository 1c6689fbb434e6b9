use super::headline::letters;
use super::postal::Postal;
use super::zone::Zone;
use super::{Candidate, Evidence, FieldQuery, PageView, Resolver};

/// Postal addresses, whole and in parts: a line with a postal code and a city, and the street before it.
#[derive(Debug)]
pub(super) struct Addresses;

const PARTS: [&str; 6] = ["address", "street", "city", "state", "postcode", "country"];

impl Resolver for Addresses {
    fn name(&self) -> &'static str {
        "address"
    }

    fn propose(&self, page: &PageView<'_>, queries: &[FieldQuery], out: &mut Vec<Candidate>) {
        let part_of = |query: &FieldQuery| PARTS.into_iter().find(|part| query.is_like(part));
        let wanted: Vec<(usize, &str)> =
            queries.iter().enumerate().filter_map(|(field, query)| Some((field, part_of(query)?))).collect();
        if wanted.is_empty() {
            return;
        }
        for (rank, postal) in page.postal().iter().enumerate() {
            let trust = trust(postal) * 0.985_f64.powi(rank.min(20) as i32);
            for (field, part) in &wanted {
                let raw = match *part {
                    "address" => Some(postal.full.clone()),
                    "street" => postal.street.clone(),
                    "city" => postal.city.clone(),
                    "state" => postal.state.clone(),
                    "postcode" => postal.postcode.clone(),
                    _ => postal.country.clone(),
                };
                let Some(raw) = raw.filter(|raw| !raw.is_empty()) else { continue };
                // An address without a street is none, but its city is one.
                let whole = *part != "address" || postal.street.is_some();
                let score = if whole { trust } else { trust * 0.5 };
                out.push(Candidate {
                    field: *field,
                    raw,
                    score,
                    resolver: self.name(),
                    evidence: Evidence::Node(postal.node),
                });
            }
        }
    }
}

/// Where an address that the page's data give stands on the page too, it is written as a reader sees it.
pub(super) fn prefer_visible(page: &PageView<'_>, queries: &[FieldQuery], candidates: &mut [Candidate]) {
    const DATA: [&str; 5] = ["json_ld", "microdata", "rdfa", "microformats", "state"];
    let wanted = |candidate: &&mut Candidate| {
        queries[candidate.field].is("address") && DATA.contains(&candidate.resolver) && candidate.raw.len() <= 300
    };
    for candidate in candidates.iter_mut().filter(wanted) {
        let given = letters(&candidate.raw);
        let same = |postal: &&Postal| {
            let has = |part: &Option<String>| part.as_deref().is_some_and(|part| given.contains(&letters(part)));
            has(&postal.street) && (has(&postal.postcode) || has(&postal.city))
        };
        if let Some(postal) = page.postal().iter().find(same) {
            candidate.raw.clone_from(&postal.full);
        }
    }
}

fn trust(postal: &Postal) -> f64 {
    let base: f64 = match (postal.street.is_some(), postal.postcode.is_some()) {
        (true, true) => 0.84,
        (true, false) => 0.66,
        (false, true) => 0.56,
        (false, false) => 0.3,
    };
    let labelled = if postal.labelled { 0.06 } else { 0.0 };
    let place = if postal.zone.is(Zone::OTHERS) || postal.zone.is(Zone::OVERLAY) { 0.8 } else { 1.0 };
    let repeated = 0.03 * f64::from(postal.count.min(3) - 1);
    let seen = if postal.hidden { 0.85 } else { 1.0 };
    ((base + labelled + repeated) * place * seen).min(0.95)
}

#[cfg(test)]
mod tests {
    use super::super::testing::extracted;

    fn parts(html: &str) -> Vec<String> {
        let fields = ["address", "street", "city", "state", "postcode:id"];
        let found = extracted(&fields, html).fields;
        found.into_iter().map(|found| found.map(|found| found.raw).unwrap_or_default()).collect()
    }

    #[test]
    fn addresses_of_many_countries() {
        assert_eq!(
            parts("<html lang=en-US><p>Acme Inc.<br>123 N. Main Street, Suite 4<br>Springfield, IL 62701<br>Phone"),
            [
                "123 N. Main Street, Suite 4, Springfield, IL 62701",
                "123 N. Main Street, Suite 4",
                "Springfield",
                "IL",
                "62701"
            ]
        );
        assert_eq!(
            parts("<html lang=en-US><p>Visit us at 77 Massachusetts Ave, Cambridge, MA 02139 today"),
            ["77 Massachusetts Ave, Cambridge, MA 02139", "77 Massachusetts Ave", "Cambridge", "MA", "02139"]
        );
        assert_eq!(
            parts("<html lang=en-GB><p>10 Downing Street<br>London<br>SW1A 2AA"),
            ["10 Downing Street, London, SW1A 2AA", "10 Downing Street", "London", "", "SW1A 2AA"]
        );
        assert_eq!(
            parts("<html lang=de><p>Muster GmbH<br>Hauptstraße 5<br>10115 Berlin"),
            ["Hauptstraße 5, 10115 Berlin", "Hauptstraße 5", "Berlin", "", "10115"]
        );
        assert_eq!(
            parts("<html lang=fr><p>12 rue de la Paix, 75002 Paris"),
            ["12 rue de la Paix, 75002 Paris", "12 rue de la Paix", "Paris", "", "75002"]
        );
        assert_eq!(
            parts("<html lang=it><p>Via dell'Artigianato, 14/B<br>26845 Codogno (LO)")[..3],
            ["Via dell'Artigianato, 14/B, 26845 Codogno", "Via dell'Artigianato, 14/B", "Codogno"]
        );
        assert_eq!(
            parts("<html lang=fr><p>2, place de l’Abbé-Grosjean<br>25440 Saint-Aubrac-sur-Loue")[1..3],
            ["2, place de l’Abbé-Grosjean", "Saint-Aubrac-sur-Loue"]
        );
        assert_eq!(parts("<html lang=en-GB><p>Larch Avenue<br>King's Lynn<br>Norfolk<br>PE38 9ZQ")[1], "Larch Avenue");
        assert_eq!(parts("<html lang=en-CA><p>41 Wharf Road<br>Blue Rocks<br>Nova Scotia<br>B0J 2C9")[2], "Blue Rocks");
        assert_eq!(parts("<html lang=nl><p>Damrak 1<br>1012 LG Amsterdam")[2..], ["Amsterdam", "", "1012 LG"]);
        assert_eq!(parts("<html lang=pl><p>ul. Nowy Świat 15, 00-029 Warszawa")[2..], ["Warszawa", "", "00-029"]);
        assert_eq!(parts("<html lang=sv><p>Drottninggatan 5<br>111 51 Stockholm")[2..], ["Stockholm", "", "111 51"]);
    }

    #[test]
    fn numbers_are_no_addresses() {
        assert_eq!(parts("<html lang=en-US><p>Over 10000 items in 2024. Order 12345 shipped."), [""; 5]);
        assert_eq!(parts("<html lang=de><p>Mehr als 10000 Artikel"), [""; 5]);
    }
}
