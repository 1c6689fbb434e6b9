use super::{FieldSpec, Follow, Instructions, LexiconEntry, QualityRule, RunSettings, Slug};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A campaign as the store keeps it: the body of its document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignRecord {
    /// Its name.
    pub campaign: Slug,
    /// What it is for.
    pub purpose: Option<String>,
    /// `active`.
    pub status: String,
    /// Which instructions it runs with.
    pub instructions_version: String,
    /// Over which dataset.
    pub dataset: Slug,
    /// Which version of it.
    pub dataset_version: u64,
    /// How it runs unless the command says otherwise.
    pub run: RunSettings,
    /// What a run has to keep.
    #[serde(default)]
    pub quality: Vec<QualityRule>,
    /// Kept for the orchestrator.
    pub schedule: Option<Value>,
    /// Kept; not acted on yet.
    pub alerts: Vec<Value>,
    /// Kept; not acted on yet.
    pub budget: Option<Value>,
}

/// One version of a campaign's instructions: the body of its document, which never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstructionsRecord {
    /// Whose.
    pub campaign: Slug,
    /// `major.minor`.
    pub instructions_version: String,
    /// `active`.
    pub status: String,
    /// In plain words.
    pub prompt: String,
    /// What to extract.
    pub fields: Vec<FieldSpec>,
    /// Links to try when required fields are missing.
    pub follow: Option<Follow>,
    /// What pages call things, beside what Mino knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lexicon: BTreeMap<String, LexiconEntry>,
}

impl InstructionsRecord {
    /// The instructions of a campaign, in force.
    #[must_use]
    pub fn new(campaign: Slug, instructions: Instructions) -> Self {
        Self {
            campaign,
            instructions_version: instructions.version,
            status: "active".into(),
            prompt: instructions.prompt,
            fields: instructions.fields,
            follow: instructions.follow,
            lexicon: instructions.lexicon,
        }
    }

    /// Id of the document of a version.
    #[must_use]
    pub fn id(campaign: &Slug, version: &str) -> String {
        format!("{campaign}@{version}")
    }

    /// As a campaign file has them.
    #[must_use]
    pub fn into_instructions(self) -> Instructions {
        Instructions {
            version: self.instructions_version,
            prompt: self.prompt,
            fields: self.fields,
            follow: self.follow,
            lexicon: self.lexicon,
        }
    }
}
