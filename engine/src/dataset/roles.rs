use super::{DatasetError, RawTable};
use crate::model::{ColumnRole, DatasetSource, FieldSpec, nearest};
use mino_datafusion::value::normalise;
use std::collections::BTreeMap;

/// What each column is for.
pub(super) struct Roles {
    pub(super) url: String,
    pub(super) key: Option<String>,
    /// Column → field.
    truth: BTreeMap<String, String>,
}

impl Roles {
    pub(super) fn of(&self, column: &str) -> ColumnRole {
        if column == self.url {
            return ColumnRole::Url;
        }
        self.truth.get(column).map_or(ColumnRole::Input, |field| ColumnRole::GroundTruth(field.clone()))
    }
}

impl RawTable {
    /// Checks that a column is there; `key` is the key of the campaign file that names it.
    pub(super) fn require(&self, source_name: &str, column: &str, key: &str) -> Result<usize, DatasetError> {
        self.index(column).ok_or_else(|| DatasetError::UnknownColumn {
            source_name: source_name.to_owned(),
            column: column.to_owned(),
            key: key.to_owned(),
            hint: nearest(column, self.names().iter().map(String::as_str)).map_or_else(
                || format!(" (its columns: {})", self.names().join(", ")),
                |n| format!("; did you mean `{n}`?"),
            ),
        })
    }
}

pub(super) fn assign(table: &RawTable, source: &DatasetSource, fields: &[FieldSpec]) -> Result<Roles, DatasetError> {
    let name = &source.source;
    if let Some(key) = &source.key {
        table.require(name, key, "dataset.key")?;
    }
    if let Some(url) = &source.url {
        table.require(name, url, "dataset.url")?;
    }
    let truth = match &source.ground_truth {
        Some(given) => given_truth(table, name, given, fields)?,
        None => found_truth(table, source, fields),
    };
    let url = match &source.url {
        Some(url) => url.clone(),
        None => find_url(table, name, &truth)?,
    };
    Ok(Roles { url, key: source.key.clone(), truth })
}

fn given_truth(
    table: &RawTable,
    name: &str,
    given: &BTreeMap<String, String>,
    fields: &[FieldSpec],
) -> Result<BTreeMap<String, String>, DatasetError> {
    let mut truth = BTreeMap::new();
    for (field, column) in given {
        if !fields.iter().any(|known| known.name == *field) {
            let hint = nearest(field, fields.iter().map(|known| known.name.as_str()))
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(DatasetError::UnknownField { field: field.clone(), hint });
        }
        table.require(name, column, &format!("dataset.ground_truth.{field}"))?;
        truth.insert(column.clone(), field.clone());
    }
    Ok(truth)
}

const TRUTH_WORDS: [&str; 9] = ["known", "expected", "truth", "gt", "ground", "true", "actual", "correct", "golden"];

/// Columns that are named like a field (`phone`, `known_phone`, `phone_expected`) and hold values of its type.
fn found_truth(table: &RawTable, source: &DatasetSource, fields: &[FieldSpec]) -> BTreeMap<String, String> {
    let mut truth: BTreeMap<String, String> = BTreeMap::new();
    for field in fields {
        let wanted = words(&field.name);
        let candidates = table.names().iter().enumerate().filter(|(_, column)| {
            let all = words(column);
            let marked = all.iter().filter(|word| !TRUTH_WORDS.contains(&word.as_str()));
            marked.eq(wanted.iter()) && source.url.as_ref() != Some(column) && source.key.as_ref() != Some(column)
        });
        // `known_phone` says more than `phone`.
        let best = candidates.max_by_key(|(_, column)| words(column).len());
        if let Some((_, column)) = best.filter(|(index, _)| holds(table, *index, field)) {
            truth.insert(column.clone(), field.name.clone());
        }
    }
    truth
}

fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Nine cells in ten read as the field's type.
fn holds(table: &RawTable, column: usize, field: &FieldSpec) -> bool {
    let rule = field.value_rule();
    let (mut read, mut all) = (0_u32, 0_u32);
    for cell in table.cells(column).flatten().filter(|cell| *cell != rule.absent_marker) {
        all += 1;
        let accepted: Option<Vec<String>> = serde_json::from_str(cell).ok();
        let one = accepted.as_ref().and_then(|all| all.first()).map_or(cell, String::as_str);
        read += u32::from(normalise(&rule, one).is_ok());
    }
    f64::from(read) >= 0.9 * f64::from(all)
}

const URL_NAMES: [&str; 15] = [
    "url",
    "website",
    "site",
    "site_url",
    "website_url",
    "web",
    "web_site",
    "home",
    "homepage",
    "home_page",
    "link",
    "page",
    "page_url",
    "web_address",
    "href",
];

/// A column that is named like an address and holds addresses; else the only one that holds them.
fn find_url(table: &RawTable, name: &str, truth: &BTreeMap<String, String>) -> Result<String, DatasetError> {
    let holding: Vec<&String> = table
        .names()
        .iter()
        .enumerate()
        .filter(|(index, column)| !truth.contains_key(*column) && holds_addresses(table, *index))
        .map(|(_, column)| column)
        .collect();
    let named: Vec<&String> =
        holding.iter().copied().filter(|column| URL_NAMES.contains(&words(column).join("_").as_str())).collect();
    let candidates = if named.is_empty() { holding } else { named };
    match candidates.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(DatasetError::NoUrlColumn { source_name: name.into(), columns: table.names().join(", ") }),
        several => {
            let columns: Vec<String> = several.iter().map(|column| format!("`{column}`")).collect();
            Err(DatasetError::AmbiguousUrlColumn { source_name: name.into(), columns: columns.join(", ") })
        }
    }
}

fn holds_addresses(table: &RawTable, column: usize) -> bool {
    let (mut addresses, mut all) = (0_u32, 0_u32);
    for cell in table.cells(column).flatten() {
        all += 1;
        addresses += u32::from(cell.starts_with("http://") || cell.starts_with("https://") || is_bare_host(cell));
    }
    all > 0 && f64::from(addresses) >= 0.9 * f64::from(all)
}

/// `www.example.com/page`: a host with a dot and a path, and nothing that an address cannot hold.
fn is_bare_host(cell: &str) -> bool {
    let host = cell.split('/').next().unwrap_or_default();
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let ends_in_letters =
        host.rsplit('.').next().is_some_and(|end| end.len() >= 2 && end.chars().all(char::is_alphabetic));
    host.contains('.') && ends_in_letters && host.split('.').all(label) && !cell.contains([' ', '@'])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::dataset::csv_file;
    use crate::model::FieldType;

    fn assign_csv(csv: &str) -> Result<Roles, DatasetError> {
        let table = csv_file::read("t.csv", csv.as_bytes(), None, None).unwrap();
        let source = DatasetSource { source: "t.csv".into(), ..DatasetSource::default() };
        let fields = [FieldSpec::new("phone", FieldType::Phone), FieldSpec::new("canonical_url", FieldType::Url)];
        assign(&table, &source, &fields)
    }

    #[test]
    fn ground_truth_is_found_by_name() {
        let roles = assign_csv("website,county,known_phone\nhttp://a/,X,+1 212 555 0100\n").unwrap();
        assert_eq!(roles.url, "website");
        assert_eq!(roles.of("known_phone"), ColumnRole::GroundTruth("phone".into()));
        assert_eq!(roles.of("county"), ColumnRole::Input);
    }

    #[test]
    fn addresses_that_are_answers_are_not_the_site() {
        let roles = assign_csv("url,canonical_url,original_url\nhttp://a/,http://b/,http://c/\n").unwrap();
        assert_eq!(roles.url, "url");
        assert_eq!(roles.of("canonical_url"), ColumnRole::GroundTruth("canonical_url".into()));
    }

    #[test]
    fn no_address_and_two_addresses_are_errors() {
        assert!(matches!(assign_csv("a,b\n1,2\n"), Err(DatasetError::NoUrlColumn { .. })));
        let error = assign_csv("url,website\nhttp://a/,http://b/\n").err().unwrap().to_string();
        assert!(error.contains("`url`, `website`"), "{error}");
    }

    #[test]
    fn bare_hosts_are_addresses() {
        assert!(is_bare_host("www.example.com/a") && is_bare_host("münchen.de"));
        assert!(!is_bare_host("1.5") && !is_bare_host("Mr. Smith") && !is_bare_host("a@b.com"));
    }
}
