//! The words of the domain as plain types. No I/O.

mod attempt;
mod calibration;
mod campaign;
mod cause;
mod confidence;
mod contact;
mod control;
mod dataset;
mod field;
mod ids;
mod nearest;
mod network;
mod quality;
mod records;
mod run;
mod schedule;
mod shard;

pub use attempt::{AttemptStatus, BlockedReason, FailureCategory, TaskStatus, Trigger};
pub use calibration::{AppliedCalibration, CalibrationRecord, ReliabilityFigures, SURE, TypeCalibration};
pub use campaign::{
    CampaignFile, DatasetSource, Fetch, Follow, Instructions, LexiconEntry, Politeness, RunSettings, Screenshots,
};
pub use cause::Cause;
pub use confidence::Confidence;
pub use contact::contact_address;
pub use control::{ControlRecord, Order};
pub use dataset::{Column, ColumnRole, DatasetVersion};
pub use field::{FieldSpec, Rule, RuleKind, Validation};
pub use ids::{AttemptId, RunId, TaskId};
pub use nearest::nearest;
pub use network::Networks;
pub use quality::{Bound, QualityCheck, QualityRule, Severity};
pub use records::{CampaignRecord, InstructionsRecord};
pub use run::{RunCounts, RunRecord, RunStatus, RunType, Sample, SampleError};
pub use schedule::Schedule;
pub use shard::{Shard, ShardError};

pub use bytesize::ByteSize;
pub use ipnet::IpNet;
pub use mino_datafusion::layout::{InvalidSlug, Slug};
pub use mino_datafusion::value::FieldType;
