//! The command line: one file a command. Parse, call, print; no logic.

mod apply;
mod calibrate;
mod demo;
mod exit;
mod finalize;
mod list;
mod order;
mod progress;
mod quality;
mod replay;
mod run;
mod show;
mod sql;
mod status;
mod summary;
mod verify;
mod watch;

use crate::campaign::{CampaignError, connect};
use crate::catalog::Catalog;
use clap::{Args, Parser, Subcommand};
use std::process::ExitCode;
use std::time::Duration;

/// Named fields from thousands of web sites, with known accuracy, as Parquet and SQL.
#[derive(Debug, Parser)]
#[command(name = "mino", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Start with:\n  mino demo\n\nExit codes: 0 done, 1 run failed, 2 wrong usage or input, 3 store or \
                        browser not reachable,\n4 quality gate missed, 5 stopped"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Apply(apply::Apply),
    Run(run::Run),
    Finalize(finalize::Finalize),
    Pause(order::Pause),
    Resume(order::Resume),
    Stop(order::Stop),
    Set(order::Set),
    Skip(order::Skip),
    Retry(order::Retry),
    Review(order::Review),
    Watch(watch::Watch),
    Status(status::Status),
    Replay(replay::Replay),
    Calibrate(calibrate::Calibrate),
    List(list::List),
    Show(show::Show),
    Sql(sql::Sql),
    Verify(verify::Verify),
    Quality(quality::Quality),
}

/// Which store, and whose part of it.
#[derive(Debug, Args)]
struct StoreArgs {
    /// Where everything is kept: a folder, or file://, s3://, gs://, az:// …; credentials come from the environment
    #[arg(long, env = "MINO_STORE", default_value = "mino-store", value_name = "URL")]
    store: String,
    /// Whose part of the store
    #[arg(long, env = "MINO_ORG", default_value = "default", value_name = "NAME")]
    org: String,
}

impl StoreArgs {
    async fn connect(&self) -> Result<Catalog, CampaignError> {
        connect(&self.store, &self.org).await
    }
}

/// Reads the command line, does what it says, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    exit::quietly_at_a_closed_pipe();
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("MINO_LOG").unwrap_or_else(|_| "error,chromiumoxide=off".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Demo(command) => command.execute().await,
            Command::Apply(command) => command.execute().await,
            Command::Run(command) => command.execute().await,
            Command::Finalize(command) => command.execute().await,
            Command::Pause(command) => command.execute().await,
            Command::Resume(command) => command.execute().await,
            Command::Stop(command) => command.execute().await,
            Command::Set(command) => command.execute().await,
            Command::Skip(command) => command.execute().await,
            Command::Retry(command) => command.execute().await,
            Command::Review(command) => command.execute().await,
            Command::Watch(command) => command.execute().await,
            Command::Status(command) => command.execute().await,
            Command::Replay(command) => command.execute().await,
            Command::Calibrate(command) => command.execute().await,
            Command::List(command) => command.execute().await,
            Command::Show(command) => command.execute().await,
            Command::Sql(command) => command.execute().await,
            Command::Verify(command) => command.execute().await,
            Command::Quality(command) => command.execute().await,
        }
    });
    // What a hostile page keeps busy must not keep the command from ending.
    runtime.shutdown_timeout(Duration::from_secs(2));
    done.unwrap_or_else(|error| exit::report(&error))
}
