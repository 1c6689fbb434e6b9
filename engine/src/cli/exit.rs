use crate::campaign::{CampaignError, ErrorKind};
use std::process::ExitCode;

/// A run or a verification did not come out well.
pub(super) const FAILED: u8 = 1;
/// The accuracy asked for was not reached.
pub(super) const GATE: u8 = 4;
/// A person stopped the run.
pub(super) const STOPPED: u8 = 5;

/// Prints an error as one line; its exit code.
pub(super) fn report(error: &CampaignError) -> ExitCode {
    eprintln!("error: {}", one_line(&error.to_string()));
    ExitCode::from(match error.kind() {
        ErrorKind::Input => 2,
        ErrorKind::Unreachable => 3,
        ErrorKind::Failed => FAILED,
    })
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
