use super::progress::{Style, listener};
use super::run::stop_on_signals;
use super::{StoreArgs, apply, summary};
use crate::campaign::{self, CampaignError, RunRequest};
use crate::serve::{EXAMPLE_PORT, Examples};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serve example sites on loopback, run a campaign on them, show what came of it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mino demo\n  mino demo fitness-venues --serve\n\nWrites the example campaigns to \
                        ./mino-demo and the results to ./mino-demo/store; edit and run again."
)]
pub(super) struct Demo {
    /// Which example
    #[arg(default_value = "sheriff-contacts", value_parser = clap::builder::PossibleValuesParser::new(Examples::campaigns()))]
    campaign: String,
    /// Where the examples are written; files that are there stay as they are
    #[arg(long, default_value = "mino-demo", value_name = "FOLDER")]
    folder: PathBuf,
    /// Port of the example sites; 0 takes a free one
    #[arg(long, default_value_t = EXAMPLE_PORT, value_name = "PORT")]
    port: u16,
    /// Go on serving the sites after the run, until Ctrl-C
    #[arg(long)]
    serve: bool,
    /// Where results are kept [default: store in the folder]
    #[arg(long, env = "MINO_STORE", value_name = "URL")]
    store: Option<String>,
    /// Whose part of the store
    #[arg(long, env = "MINO_ORG", default_value = "default", value_name = "NAME")]
    org: String,
    /// A browser's path, or the ws:// or http:// address of a running one [default: the fastest one installed]
    #[arg(long, env = "MINO_BROWSER", value_name = "PATH|URL")]
    browser: Option<String>,
}

impl Demo {
    pub(super) async fn execute(self) -> Result<ExitCode, CampaignError> {
        let in_folder = || self.folder.join("store").display().to_string();
        let store = StoreArgs { store: self.store.clone().unwrap_or_else(in_folder), org: self.org };
        let catalog = store.connect().await?;
        let started = Examples::start(&self.folder, self.port).await;
        let examples = started.map_err(|error| CampaignError::Input(error.to_string()))?;
        let file = examples.campaign_file(&self.campaign);
        println!("{} pages of {} example sites on port {}", examples.pages, examples.sites.len(), examples.port());
        println!("$ mino apply -f {}", file.display());
        apply::print_applied(&campaign::apply(&catalog, &file, None).await?);
        println!("\n$ mino run {}", self.campaign);
        let stop = stop_on_signals();
        let request = RunRequest { stop: stop.clone(), browser: self.browser, ..RunRequest::new(self.campaign) };
        let report = campaign::run(&catalog, request, &mut [listener(Style::here(false))]).await?;
        summary::print(&report);
        summary::print_next(&report, &store.store);
        println!(
            "  mino demo {} --serve   # another of: {}",
            another(&report.campaign),
            Examples::campaigns().join(", ")
        );
        println!("\nfirst thing to edit: the fields and the prompt in {}", file.display());
        if self.serve && !stop.finish.is_cancelled() {
            println!("\nserving until Ctrl-C:");
            for (address, name) in &examples.sites {
                println!("  http://{address}:{}/  {name}", examples.port());
            }
            stop.finish.cancelled().await;
        }
        Ok(super::run::code(&report, None))
    }
}

fn another(campaign: &str) -> &'static str {
    if campaign == "attraction-prices" { "fitness-venues" } else { "attraction-prices" }
}
