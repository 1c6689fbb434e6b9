//! Where everything in a store lies.
//!
//! Every path that Mino reads or writes is made here, out of [`Slug`]s, UUIDs and numbers, so that no input can name a
//! place outside its organization.

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Version of the layout, the documents and the tables, kept in [`format_marker`].
pub const FORMAT_VERSION: u32 = 1;

/// A name that is safe as one component of a path: lower-case letters, digits, `-`, `_`, `.`; 1 to 64 characters;
/// begins with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// A name was not a [`Slug`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a valid name: use 1 to 64 lower-case letters, digits, `-`, `_` or `.`, beginning with a letter or digit{hint}"
)]
pub struct InvalidSlug {
    name: String,
    hint: String,
}

impl Slug {
    /// Checks `name`.
    ///
    /// # Errors
    /// When `name` could not be one component of a path; the message offers the nearest name that could.
    pub fn parse(name: &str) -> Result<Self, InvalidSlug> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if starts_well && name.len() <= 64 && name.chars().all(allowed) {
            return Ok(Self(name.to_owned()));
        }
        let near = Self::nearest(name);
        let hint = if near.is_empty() { String::new() } else { format!(" (for example `{near}`)") };
        Err(InvalidSlug { name: name.chars().take(80).collect(), hint })
    }

    /// The nearest valid spelling of `name`; empty when nothing of it can be used.
    #[must_use]
    pub fn nearest(name: &str) -> String {
        let mut out = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' => out.push(c),
                '_' | '.' if !out.is_empty() => out.push(c),
                _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
                _ => {}
            }
        }
        out.truncate(64);
        out.trim_end_matches(['-', '.', '_']).to_owned()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Slug {
    type Err = InvalidSlug;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

/// A published table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// One row per try of a task.
    Attempts,
    /// One row per task × field, long.
    Fields,
    /// One row per task, wide, typed.
    Results,
    /// One row per task.
    Tasks,
}

impl Table {
    /// Every table, in the order in which reports list them.
    pub const ALL: [Self; 4] = [Self::Attempts, Self::Fields, Self::Results, Self::Tasks];

    /// Its name in paths and in SQL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Fields => "fields",
            Self::Results => "results",
            Self::Tasks => "tasks",
        }
    }
}

/// A kind of document in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Campaigns, by slug.
    Campaigns,
    /// Instructions, by `<campaign>@<version>`.
    Instructions,
    /// Datasets, by slug; the document's version is the dataset's version.
    Datasets,
    /// Runs, by UUID.
    Runs,
    /// Results of finished runs, by the run's UUID.
    Results,
    /// Calibrations of confidence, by `<campaign>@<version>` of the instructions.
    Calibrations,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Campaigns, Self::Instructions, Self::Datasets, Self::Runs, Self::Results, Self::Calibrations];

    /// Its name in paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Campaigns => "campaigns",
            Self::Instructions => "instructions",
            Self::Datasets => "datasets",
            Self::Runs => "runs",
            Self::Calibrations => "calibrations",
            Self::Results => "results",
        }
    }
}

/// `mino.json`: the marker that a root is a store, and of which format.
#[must_use]
pub fn format_marker() -> Path {
    Path::from("mino.json")
}

/// All documents of one kind.
#[must_use]
pub fn documents(org: &Slug, kind: Kind) -> Path {
    Path::from_iter(["catalog", org.as_str(), kind.name()])
}

/// All versions of one document.
#[must_use]
pub fn document_versions(org: &Slug, kind: Kind, id: &str) -> Path {
    documents(org, kind).join(id)
}

/// One version of one document; versions count from 1.
#[must_use]
pub fn document(org: &Slug, kind: Kind, id: &str, version: u64) -> Path {
    document_versions(org, kind, id).join(format!("{version:010}.json"))
}

/// `(id, version)` of a document's path; `None` for anything else.
#[must_use]
pub fn parse_document(path: &Path) -> Option<(String, u64)> {
    let mut parts = path.parts().skip(3);
    let id = parts.next()?.as_ref().to_owned();
    let version = parts.next()?.as_ref().strip_suffix(".json")?.parse().ok()?;
    parts.next().is_none().then_some((id, version))
}

/// Frozen rows of one dataset version.
#[must_use]
pub fn dataset_rows(org: &Slug, dataset: &Slug, version: u64) -> Path {
    Path::from_iter(["data", org.as_str(), "datasets", dataset.as_str()]).join(format!("v{version}.parquet"))
}

fn run(org: &Slug, run_id: &str) -> Path {
    Path::from_iter(["runs", org.as_str(), run_id])
}

/// Frozen task list of a run.
#[must_use]
pub fn plan(org: &Slug, run_id: &str) -> Path {
    run(org, run_id).join("plan.parquet")
}

/// All journal files of a run.
#[must_use]
pub fn journal(org: &Slug, run_id: &str) -> Path {
    run(org, run_id).join("journal")
}

/// All journal files of one shard of a run.
#[must_use]
pub fn journal_of(org: &Slug, run_id: &str, shard: u32) -> Path {
    journal(org, run_id).join(shard.to_string())
}

/// One journal file: attempts of one shard, written under one lease epoch.
#[must_use]
pub fn journal_file(org: &Slug, run_id: &str, shard: u32, epoch: u64, seq: u64) -> Path {
    journal_of(org, run_id, shard).join(format!("{epoch:06}-{seq:010}.parquet"))
}

/// `(shard, epoch, sequence)` of a journal file's path; `None` for anything else.
#[must_use]
pub fn parse_journal_file(path: &Path) -> Option<(u32, u64, u64)> {
    let mut parts = path.parts().skip(4);
    let shard = parts.next()?.as_ref().parse().ok()?;
    let name = parts.next()?;
    let (epoch, seq) = name.as_ref().strip_suffix(".parquet")?.split_once('-')?;
    Some((shard, epoch.parse().ok()?, seq.parse().ok()?))
}

/// Into how many shards a run is divided: the first worker says.
#[must_use]
pub fn shards(org: &Slug, run_id: &str) -> Path {
    run(org, run_id).join("shards.json")
}

/// Who works, or worked, on which shard of a run.
#[must_use]
pub fn leases(org: &Slug, run_id: &str) -> Path {
    run(org, run_id).join("lease")
}

/// Who has one shard of a run under an epoch, from 1.
#[must_use]
pub fn lease(org: &Slug, run_id: &str, shard: u32, epoch: u64) -> Path {
    leases(org, run_id).join(shard.to_string()).join(format!("{epoch:06}.json"))
}

/// How the work under an epoch ended.
#[must_use]
pub fn lease_end(org: &Slug, run_id: &str, shard: u32, epoch: u64) -> Path {
    leases(org, run_id).join(shard.to_string()).join(format!("{epoch:06}-end.json"))
}

/// `(shard, epoch, is it the end)` of a lease's path; `None` for anything else.
#[must_use]
pub fn parse_lease(path: &Path) -> Option<(u32, u64, bool)> {
    let mut parts = path.parts().skip(4);
    let shard = parts.next()?.as_ref().parse().ok()?;
    let name = parts.next()?;
    let name = name.as_ref().strip_suffix(".json")?;
    let epoch = name.strip_suffix("-end");
    Some((shard, epoch.unwrap_or(name).parse().ok()?, epoch.is_some()))
}

/// What people ordered of a live run, from 1.
#[must_use]
pub fn control(org: &Slug, run_id: &str, seq: u64) -> Path {
    controls(org, run_id).join(format!("{seq:010}.json"))
}

/// Everything that people ordered of a live run.
#[must_use]
pub fn controls(org: &Slug, run_id: &str) -> Path {
    run(org, run_id).join("control")
}

/// Live figures of all shards.
#[must_use]
pub fn progress_files(org: &Slug, run_id: &str) -> Path {
    run(org, run_id).join("progress")
}

/// Live figures of one shard.
#[must_use]
pub fn progress(org: &Slug, run_id: &str, shard: u32) -> Path {
    progress_files(org, run_id).join(format!("{shard}.json"))
}

/// All published files of one table for one organization.
#[must_use]
pub fn table(table: Table, org: &Slug) -> Path {
    Path::from_iter(["tables", table.name()]).join(format!("org={org}"))
}

/// All published files of one table for one campaign.
#[must_use]
pub fn campaign_table(table_: Table, org: &Slug, campaign: &Slug) -> Path {
    table(table_, org).join(format!("campaign={campaign}"))
}

/// The one file of one table for one run; `date` is `YYYY-MM-DD`.
#[must_use]
pub fn table_file(table: Table, org: &Slug, campaign: &Slug, date: &str, run_id: &str) -> Path {
    campaign_table(table, org, campaign).join(format!("date={date}")).join(format!("{run_id}.parquet"))
}

/// A screenshot or another file that one attempt leaves.
#[must_use]
pub fn artifact(org: &Slug, run_id: &str, task_id: &str, attempt_id: &str, name: &str) -> Path {
    Path::from_iter(["artifacts", org.as_str(), run_id, task_id, attempt_id, name])
}

/// Everything that the attempts of a run left behind beside their rows.
#[must_use]
pub fn artifacts(org: &Slug, run_id: &str) -> Path {
    all_artifacts(org).join(run_id)
}

/// Those of all runs.
#[must_use]
pub fn all_artifacts(org: &Slug) -> Path {
    Path::from_iter(["artifacts", org.as_str()])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_round_trip() {
        let org = Slug::parse("acme").unwrap();
        let path = document(&org, Kind::Instructions, "prices@1.0", 12);
        assert_eq!(path.as_ref(), "catalog/acme/instructions/prices@1.0/0000000012.json");
        assert_eq!(parse_document(&path), Some(("prices@1.0".into(), 12)));
    }

    #[test]
    fn files_of_a_run_round_trip() {
        let org = Slug::parse("acme").unwrap();
        assert_eq!(parse_journal_file(&journal_file(&org, "r", 3, 7, 12)), Some((3, 7, 12)));
        assert_eq!(parse_lease(&lease(&org, "r", 3, 7)), Some((3, 7, false)));
        assert_eq!(parse_lease(&lease_end(&org, "r", 3, 7)), Some((3, 7, true)));
        assert_eq!(parse_lease(&progress(&org, "r", 3)), None);
    }

    #[test]
    fn a_bad_name_offers_a_good_one() {
        let error = Slug::parse("Sheriff Contacts!").unwrap_err().to_string();
        assert!(error.contains("`sheriff-contacts`"), "{error}");
    }

    proptest! {
        #[test]
        fn no_slug_leaves_its_folder(name in "\\PC*") {
            if let Ok(slug) = Slug::parse(&name) {
                prop_assert_eq!(Path::from_iter(["a", slug.as_str(), "b"]).parts().count(), 3);
                prop_assert!(!slug.as_str().starts_with('.') && !slug.as_str().contains('/'));
            }
        }

        #[test]
        fn the_nearest_name_is_valid(name in "\\PC*") {
            let near = Slug::nearest(&name);
            prop_assert!(near.is_empty() || Slug::parse(&near).is_ok());
        }
    }
}
