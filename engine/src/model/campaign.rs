use super::attempt::words;
use super::{FieldSpec, Networks, QualityRule, Schedule, Validation};
use bytesize::ByteSize;
use ipnet::IpNet;
use mino_datafusion::layout::Slug;
use mino_datafusion::value::FieldType;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A campaign as a person writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignFile {
    /// Its name.
    pub campaign: Slug,
    /// What it is for.
    #[serde(default)]
    pub purpose: Option<String>,
    /// What to extract.
    pub instructions: Instructions,
    /// From which sites.
    pub dataset: DatasetSource,
    /// How.
    #[serde(default)]
    pub run: RunSettings,
    /// What a run has to keep.
    #[serde(default)]
    pub quality: Vec<QualityRule>,
    /// When. Kept for the orchestrator.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// Kept; not acted on yet.
    #[serde(default)]
    pub alerts: Vec<Value>,
    /// Kept; not acted on yet.
    #[serde(default)]
    pub budget: Option<Value>,
}

/// A versioned prompt with the fields to extract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instructions {
    /// `major.minor`.
    #[serde(default = "first_version")]
    pub version: String,
    /// In plain words, with `{{ row.<column> }}` filled in for each row.
    pub prompt: String,
    /// What to extract.
    pub fields: Vec<FieldSpec>,
    /// Links to try when required fields are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<Follow>,
    /// What pages call things, by kind of field (`price`), beside what Mino knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lexicon: BTreeMap<String, LexiconEntry>,
}

fn first_version() -> String {
    "1.0".into()
}

/// What a kind of field is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LexiconEntry {
    /// Names that fields of this kind have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Labels beside the value on pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Words of links that lead to pages with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// schema.org paths, as `offers.price`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// Names of `<meta>`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub meta: Vec<String>,
}

/// Links to try when required fields are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// How many hops away.
    pub depth: u32,
    /// Words in links that lead there.
    #[serde(default)]
    pub links: Vec<String>,
}

/// Where the rows come from, and what their columns are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSource {
    /// A path (relative to the campaign file) or a store URL of CSV, JSON lines or Parquet.
    pub source: String,
    /// Name of the dataset; the campaign's unless set.
    #[serde(default)]
    pub name: Option<Slug>,
    /// Column with the address of the page; found by name and content unless set.
    #[serde(default)]
    pub url: Option<String>,
    /// Column that identifies a row; its number unless set.
    #[serde(default)]
    pub key: Option<String>,
    /// Field → column with its known answer; found by name unless set. An empty map turns ground truth off.
    #[serde(default)]
    pub ground_truth: Option<BTreeMap<String, String>>,
    /// Ground truth that means "known to be absent".
    #[serde(default = "absent_marker")]
    pub absent: String,
    /// `csv`, `jsonl` or `parquet`; from the name and content unless set.
    #[serde(default)]
    pub format: Option<String>,
    /// Delimiter of a CSV; found unless set.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// Encoding of a CSV, as `windows-1252`; found unless set.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Column → type, where the inferred one is not right.
    #[serde(default)]
    pub types: BTreeMap<String, FieldType>,
    /// Column → rules that its cells keep.
    #[serde(default)]
    pub validate: BTreeMap<String, Validation>,
}

fn absent_marker() -> String {
    "-".into()
}

words! {
    /// When a picture of the page is kept.
    Screenshots {
        /// When an attempt does not succeed.
        OnFailure = "on_failure",
        /// For every attempt.
        Always = "always",
        /// Not at all.
        Never = "never",
    }
}

words! {
    /// How pages are fetched.
    Fetch {
        /// By plain HTTP where that is enough, else by the browser.
        Auto = "auto",
        /// By plain HTTP alone: fast, and without what scripts draw.
        Http = "http",
        /// By the browser alone.
        Browser = "browser",
    }
}

/// How a campaign runs unless the command says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSettings {
    /// Pages open at once, 1..=256.
    pub concurrency: u32,
    /// Tries after the first.
    pub max_retries: u32,
    /// Time for one attempt, as `45s`.
    #[serde(with = "human_duration")]
    pub timeout: Duration,
    /// When a picture of the page is kept.
    pub screenshots: Screenshots,
    /// How pages are fetched.
    pub fetch: Fetch,
    /// Keep the pages for replay.
    pub archive: bool,
    /// How sites are treated.
    pub politeness: Politeness,
    /// Addresses that are not public and may be reached all the same, as `10.1.0.0/16`.
    #[serde(deserialize_with = "networks")]
    pub allow_addresses: Vec<IpNet>,
    /// Memory that the browsers may take together, as `2GB`; half of the machine's or the container's unless set.
    pub memory: Option<ByteSize>,
    /// Pages after which a browser process is replaced.
    pub recycle_after: u32,
    /// How long a worker that gives no sign keeps its shard, as `20s`.
    #[serde(with = "human_duration")]
    pub lease: Duration,
}

/// How sites are treated, each host for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Politeness {
    /// Pages of one host open at once, from 1.
    pub per_host: u32,
    /// Time between the starts of two visits of one host, as `500ms`; a longer `Crawl-delay` goes before.
    #[serde(with = "human_duration")]
    pub delay: Duration,
    /// Why robots.txt is not asked; it is honoured unless a reason is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_robots: Option<String>,
    /// Whom a site can ask about the visits: an address or a mailbox, told in the user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl Default for Politeness {
    fn default() -> Self {
        Self { per_host: 2, delay: Duration::from_millis(500), ignore_robots: None, contact: None }
    }
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            concurrency: 5,
            max_retries: 3,
            timeout: Duration::from_secs(45),
            screenshots: Screenshots::OnFailure,
            fetch: Fetch::Browser,
            archive: false,
            politeness: Politeness::default(),
            allow_addresses: Vec::new(),
            memory: None,
            recycle_after: 500,
            lease: Duration::from_secs(20),
        }
    }
}

fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.join(",").parse::<Networks>().map(|networks| networks.0).map_err(serde::de::Error::custom)
}

mod human_duration {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map_err(|error| {
            serde::de::Error::custom(format!("`{text}` is not a duration ({error}); write it as `45s` or `2m`"))
        })
    }
}
