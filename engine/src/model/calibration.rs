use super::Slug;
use mino_datafusion::stats::Calibrator;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How raw confidences become probabilities, fitted to the known answers of earlier runs: the body of a calibration's
/// document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRecord {
    /// Whose.
    pub campaign: Slug,
    /// Of which instructions.
    pub instructions_version: String,
    /// Values with a known answer.
    pub cells: u64,
    /// Different hosts that they are of.
    pub hosts: u64,
    /// Of all types together, each value judged by a fit that did not see its host.
    #[serde(flatten)]
    pub figures: ReliabilityFigures,
    /// By field type.
    pub types: BTreeMap<String, TypeCalibration>,
}

/// How well confidences fit what came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityFigures {
    /// Expected calibration error before.
    pub raw_ece: Option<f64>,
    /// Expected calibration error.
    pub ece: Option<f64>,
    /// Brier score.
    pub brier: Option<f64>,
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Values with a confidence of [`SURE`] and above.
    #[serde(default)]
    pub sure_cells: u64,
    /// Share of these that is right.
    #[serde(default)]
    pub sure_accuracy: Option<f64>,
}

/// Confidence from which a value is called sure.
pub const SURE: f64 = 0.9;

/// Calibration of one field type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeCalibration {
    /// Values with a known answer.
    pub cells: u64,
    /// Different hosts that they are of.
    pub hosts: u64,
    /// What it does; `None` where there are too few values.
    pub calibrator: Option<Calibrator>,
    /// Each value judged by a fit that did not see its host.
    #[serde(flatten)]
    pub figures: ReliabilityFigures,
}

/// The calibration that a run applies, frozen at its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppliedCalibration {
    /// Version of the calibration's document.
    pub version: u64,
    /// By field type.
    pub types: BTreeMap<String, Calibrator>,
}

impl AppliedCalibration {
    /// Of a document.
    #[must_use]
    pub fn new(version: u64, record: CalibrationRecord) -> Self {
        let fitted = record.types.into_iter().filter_map(|(name, kind)| Some((name, kind.calibrator?)));
        Self { version, types: fitted.collect() }
    }

    /// The probability for a raw confidence of a type, and how it came about.
    #[must_use]
    pub fn apply(applied: Option<&Self>, field_type: &str, raw: f64) -> (f64, String) {
        let calibrated = applied
            .and_then(|applied| Some((applied.types.get(field_type)?.apply(raw), format!("v{}", applied.version))));
        calibrated.unwrap_or_else(|| (raw, "heuristic".to_owned()))
    }
}
