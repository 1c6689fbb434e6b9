use crate::campaign::{CampaignError, ErrorKind};
use clap::error::ErrorKind as ErrorKindOfClap;
use std::io::Write;
use std::process::ExitCode;

/// A run or a verification did not come out well.
pub(super) const FAILED: u8 = 1;
/// The accuracy asked for was not reached.
pub(super) const GATE: u8 = 4;
/// A person stopped the run.
pub(super) const STOPPED: u8 = 5;

/// Prints an error as one line; its exit code.
pub(super) fn report(error: &CampaignError) -> ExitCode {
    // The exit code counts, even where nobody reads.
    let _ = writeln!(std::io::stderr(), "error: {}", one_line(&error.to_string()));
    ExitCode::from(match error.kind() {
        ErrorKind::Input => 2,
        ErrorKind::Unreachable => 3,
        ErrorKind::Busy | ErrorKind::Failed => FAILED,
    })
}

/// `mino list | head` ends when nobody reads on: not an error, and no reason for a stack trace.
pub(super) fn quietly_at_a_closed_pipe() {
    let otherwise = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str().is_some_and(|text| text.contains("Broken pipe")) {
            std::process::exit(0);
        }
        otherwise(panic);
    }));
}

/// What the command line itself found wrong, as one line; help and version as they are.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKindOfClap::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let text = error.render().to_string();
    let end = ["\n\nUsage:", "\n\nFor more information"].iter().filter_map(|mark| text.find(mark)).min();
    eprintln!("{}; try --help", one_line(&text[..end.unwrap_or(text.len())]));
    ExitCode::from(2)
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
