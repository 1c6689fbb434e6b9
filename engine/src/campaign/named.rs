use super::CampaignError;
use crate::catalog::Catalog;
use crate::model::{RunRecord, nearest};
use crate::run::ResultRecord;
use mino_datafusion::layout::Kind;

/// The id that `given` begins, or `latest`.
pub(super) async fn resolve(catalog: &Catalog, kind: Kind, given: &str) -> Result<String, CampaignError> {
    let ids = catalog.ids(kind).await?;
    if given == "latest" {
        // Ids are UUIDv7: the last by name is the last by time.
        let last = ids.into_iter().next_back();
        return last.ok_or_else(|| {
            CampaignError::Input("there is no run in this store yet: start one with `mino run`".into())
        });
    }
    let fitting: Vec<&String> = ids.iter().filter(|id| !given.is_empty() && id.starts_with(given)).collect();
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let near = nearest(given, ids.iter().map(String::as_str));
            let hint = near
                .map_or_else(|| "; `mino list runs` shows them".to_owned(), |near| format!("; did you mean {near}?"));
            let run = if kind == Kind::Results { "finished run" } else { "run" };
            Err(CampaignError::Input(format!("there is no {run} `{given}`{hint}")))
        }
        many => Err(CampaignError::Input(format!("`{given}` begins {} runs: give more letters", many.len()))),
    }
}

pub(super) async fn record_and_result(
    catalog: &Catalog,
    run: &str,
) -> Result<(RunRecord, Option<ResultRecord>), CampaignError> {
    let run_id = resolve(catalog, Kind::Runs, run).await?;
    let record = catalog.expect::<RunRecord>(Kind::Runs, &run_id).await?.body;
    let result = catalog.latest::<ResultRecord>(Kind::Results, &run_id).await?.map(|document| document.body);
    Ok((record, result))
}

/// The run that `given` names; without it the only one that is open.
pub(super) async fn open_run(catalog: &Catalog, given: Option<&str>) -> Result<String, CampaignError> {
    if let Some(given) = given {
        return resolve(catalog, Kind::Runs, given).await;
    }
    let mut open = Vec::new();
    for id in catalog.ids(Kind::Runs).await? {
        let record = catalog.expect::<RunRecord>(Kind::Runs, &id).await?.body;
        if !record.status.is_closed() {
            open.push(id);
        }
    }
    match open.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(CampaignError::Input("no run is open: `mino list runs` shows all of them".into())),
        many => Err(CampaignError::Input(format!("{} runs are open: name one of {}", many.len(), many.join(", ")))),
    }
}
