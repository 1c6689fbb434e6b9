use super::{CampaignError, query};
use crate::catalog::{Catalog, Who};
use crate::dataset::host_of;
use crate::model::{CalibrationRecord, CampaignRecord, InstructionsRecord, ReliabilityFigures, SURE, TypeCalibration};
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use mino_datafusion::layout::Kind;
use mino_datafusion::stats::{Calibrator, PLATT_FROM, auroc, brier, ece};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Parts into which hosts are divided: each is judged by a fit to the others.
const FOLDS: u64 = 10;

/// A fitted calibration, as stored.
#[derive(Debug, Clone, Serialize)]
pub struct Calibrated {
    /// Version of its document.
    pub version: u64,
    /// What it is.
    #[serde(flatten)]
    pub record: CalibrationRecord,
}

struct Cell {
    field_type: String,
    host: String,
    raw: f64,
    right: bool,
}

/// Fits the confidences of a campaign's instructions to the known answers of its runs, by field type, and stores that for
/// the next run. The figures are of fits that did not see the hosts they judge.
///
/// # Errors
/// When there is no such campaign, too few of its values have a known answer, or the store does not answer.
pub async fn calibrate(catalog: &Catalog, campaign: &str, version: Option<&str>) -> Result<Calibrated, CampaignError> {
    let campaign = catalog.expect::<CampaignRecord>(Kind::Campaigns, campaign).await?.body;
    let version = version.unwrap_or(&campaign.instructions_version).to_owned();
    let id = InstructionsRecord::id(&campaign.campaign, &version);
    catalog.expect::<InstructionsRecord>(Kind::Instructions, &id).await?;
    let cells = cells(catalog, campaign.campaign.as_str(), &version).await?;
    let mut by_type: BTreeMap<String, Vec<&Cell>> = BTreeMap::new();
    for cell in &cells {
        by_type.entry(cell.field_type.clone()).or_default().push(cell);
    }
    if by_type.values().all(|cells| cells.len() < PLATT_FROM) {
        return Err(CampaignError::Input(format!(
            "campaign {} has {} values with a known answer under instructions {version}, and no field type has {PLATT_FROM}: run it on more rows with ground truth first",
            campaign.campaign,
            cells.len()
        )));
    }
    let mut all: Vec<(f64, f64, bool)> = Vec::new();
    let mut types = BTreeMap::new();
    for (name, cells) in by_type {
        let judged = cross_fitted(&cells);
        let labelled: Vec<(f64, bool)> = cells.iter().map(|cell| (cell.raw, cell.right)).collect();
        let calibration = TypeCalibration {
            cells: cells.len() as u64,
            hosts: hosts(cells.iter().copied()),
            calibrator: Calibrator::fit(&labelled),
            figures: figures(&judged),
        };
        all.extend(judged);
        types.insert(name, calibration);
    }
    let record = CalibrationRecord {
        campaign: campaign.campaign,
        instructions_version: version,
        cells: cells.len() as u64,
        hosts: hosts(cells.iter()),
        figures: figures(&all),
        types,
    };
    let known = catalog.latest::<CalibrationRecord>(Kind::Calibrations, &id).await?;
    if let Some(known) = known.as_ref().filter(|known| known.body == record) {
        return Ok(Calibrated { version: known.version, record });
    }
    let before = known.map_or(0, |known| known.version);
    let stored = catalog.write(Kind::Calibrations, &id, before, Who::here("calibrate"), record.clone()).await?;
    Ok(Calibrated { version: stored.version, record })
}

fn hosts<'a>(cells: impl Iterator<Item = &'a Cell>) -> u64 {
    cells.map(|cell| cell.host.as_str()).collect::<BTreeSet<_>>().len() as u64
}

/// `(raw, calibrated, right)` of each value, by a fit to the values of other hosts.
fn cross_fitted(cells: &[&Cell]) -> Vec<(f64, f64, bool)> {
    let mut judged = Vec::with_capacity(cells.len());
    for fold in 0..FOLDS {
        let (held, others): (Vec<&Cell>, Vec<&Cell>) = cells.iter().partition(|cell| fold_of(&cell.host) == fold);
        let labelled: Vec<(f64, bool)> = others.iter().map(|cell| (cell.raw, cell.right)).collect();
        // The fit that the whole would get, on fewer values.
        let calibrator = Calibrator::fit_as(&labelled, cells.len());
        let apply = |cell: &Cell| calibrator.as_ref().map_or(cell.raw, |calibrator| calibrator.apply(cell.raw));
        judged.extend(held.iter().map(|cell| (cell.raw, apply(cell), cell.right)));
    }
    judged
}

/// The same host falls in the same part, always.
fn fold_of(host: &str) -> u64 {
    Sha256::digest(host).iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte)) % FOLDS
}

fn figures(judged: &[(f64, f64, bool)]) -> ReliabilityFigures {
    let raw: Vec<(f64, bool)> = judged.iter().map(|(raw, _, right)| (*raw, *right)).collect();
    let calibrated: Vec<(f64, bool)> = judged.iter().map(|(_, calibrated, right)| (*calibrated, *right)).collect();
    let sure: Vec<bool> = calibrated.iter().filter(|(p, _)| *p >= SURE).map(|(_, right)| *right).collect();
    let right = sure.iter().filter(|right| **right).count();
    ReliabilityFigures {
        sure_cells: sure.len() as u64,
        sure_accuracy: (!sure.is_empty()).then(|| right as f64 / sure.len() as f64),
        raw_ece: ece(&raw),
        ece: ece(&calibrated),
        brier: brier(&calibrated),
        auroc: auroc(&calibrated),
    }
}

/// Values with a known answer, each row and field once, from its latest run.
async fn cells(catalog: &Catalog, campaign: &str, version: &str) -> Result<Vec<Cell>, CampaignError> {
    let text = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let sql = format!(
        "select type, site_url, raw_confidence, match in ('exact', 'equivalent') is_right from (
           select *, row_number() over (partition by dataset, row_id, field order by run_id desc) nth from fields
           where campaign = {} and instructions_version = {} and match is not null and value is not null and raw_confidence is not null)
         where nth = 1 order by type, row_id, field",
        text(campaign),
        text(version)
    );
    let (_, batches) = query(catalog, &sql).await?;
    let mut cells = Vec::new();
    for batch in batches {
        let column = |at: usize, kind: DataType| {
            cast(batch.column(at), &kind).map_err(|error| CampaignError::Input(error.to_string()))
        };
        let (types, urls) = (column(0, DataType::Utf8)?, column(1, DataType::Utf8)?);
        let (raw, right) = (column(2, DataType::Float64)?, column(3, DataType::Boolean)?);
        for row in 0..batch.num_rows() {
            cells.push(Cell {
                field_type: types.as_string::<i32>().value(row).to_owned(),
                host: host_of(urls.as_string::<i32>().value(row)),
                raw: raw.as_primitive::<Float64Type>().value(row),
                right: right.as_boolean().is_valid(row) && right.as_boolean().value(row),
            });
        }
    }
    Ok(cells)
}
