use crate::campaign::RunReport;
use crate::model::RunStatus;
use crate::run::{RunSummary, Share};
use comfy_table::{CellAlignment, Table, presets};

/// What came of a run: tasks, failures, accuracy by field.
pub(super) fn print(report: &RunReport) {
    match &report.summary {
        Some(summary) => {
            println!("\nrun {} of {}: {}", report.run_id, report.campaign, report.status);
            print_summary(summary);
        }
        None if report.status == RunStatus::Stopped => {
            println!("\nshard {} of run {} is given back: others can go on with it", report.shard, report.run_id);
        }
        None => println!("\nshard {} of run {} is done; other shards are not yet", report.shard, report.run_id),
    }
}

pub(super) fn print_summary(summary: &RunSummary) {
    let counts = summary.counts;
    let skipped = if counts.skipped > 0 { format!(", {} skipped", counts.skipped) } else { String::new() };
    println!(
        "{} tasks: {} completed, {} failed{skipped}; {} attempts",
        counts.tasks, counts.completed, counts.failed, counts.attempts
    );
    if !summary.failures.is_empty() {
        let failures: Vec<String> = summary.failures.iter().map(|(why, n)| format!("{why} {n}")).collect();
        println!("failed because of: {}", failures.join(", "));
    }
    println!();
    println!("{}", fields(summary).trim_fmt());
    if let Some(accuracy) = summary.accuracy {
        println!("\nall fields: accuracy {} (failed tasks count as missing)", share(Some(accuracy)));
    } else {
        println!("\nno ground truth: name columns with known answers to measure accuracy");
    }
}

fn fields(summary: &RunSummary) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let known = summary.accuracy.is_some();
    let mut header = vec!["field", "found", "confidence"];
    if known {
        header.extend(["accuracy (95 % interval)", "n", "", "of completed"]);
    }
    table.set_header(header);
    for field in &summary.fields {
        let mut row = vec![
            field.field.clone(),
            format!("{}/{}", field.found, field.of),
            field.confidence.map_or_else(|| "-".into(), |confidence| format!("{confidence:.2}")),
        ];
        if known {
            row.push(share(field.accuracy));
            row.push(field.accuracy.map_or_else(|| "0".into(), |accuracy| accuracy.n.to_string()));
            row.push(field.accuracy.map_or_else(String::new, |accuracy| bar(accuracy.value)));
            row.push(field.accuracy_completed.map_or_else(|| "-".into(), |accuracy| format!("{:.3}", accuracy.value)));
        }
        table.add_row(row);
    }
    for column in [1, 2, 4, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn share(share: Option<Share>) -> String {
    share.map_or_else(|| "-".into(), |share| format!("{:.3} ({:.3} … {:.3})", share.value, share.lower, share.upper))
}

fn bar(value: f64) -> String {
    const WIDTH: usize = 16;
    let filled = ((value * WIDTH as f64).round().max(0.0) as usize).min(WIDTH);
    format!("{}{}", "█".repeat(filled), "░".repeat(WIDTH - filled))
}

/// What a person would type next.
pub(super) fn print_next(report: &RunReport, store: &str) {
    let store = if store == "mino-store" { String::new() } else { format!(" --store {store}") };
    let (id, campaign) = (&report.run_id, &report.campaign);
    println!("\nnext:");
    let Some(summary) = &report.summary else {
        println!("  mino watch{store} {id}");
        return;
    };
    println!("  mino sql{store} \"select * from results.\\\"{campaign}\\\"\"");
    println!(
        "  mino sql{store} \"select site_url, field, raw, expected, match from fields where run_id = '{id}' and match in ('wrong', 'missing')\""
    );
    if summary.counts.failed > 0 {
        println!(
            "  mino sql{store} \"select site_url, failure_category, failure_reason from tasks where run_id = '{id}' and status = 'failed'\""
        );
    }
    println!("  mino verify{store} {id}");
    if report.status == RunStatus::Stopped {
        println!("  mino run{store} --resume {id}");
    }
}
