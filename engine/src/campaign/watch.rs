use super::CampaignError;
use super::named::resolve;
use crate::catalog::Catalog;
use crate::model::{RunRecord, RunStatus};
use crate::run::{
    Durations, ResultRecord, RunInput, RunProgress, ShardFile, ShardProgress, ShardSeen, merge, planned_tasks,
    read_progress,
};
use chrono::Utc;
use futures::{StreamExt, TryStreamExt};
use mino_datafusion::layout::Kind;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Looks at a run from any machine that sees its store, as often as it is asked.
#[derive(Debug)]
pub struct Watcher {
    catalog: Catalog,
    run_id: String,
    tasks: u64,
    baseline_p50: Option<f64>,
    signs: HashMap<u32, Sign>,
}

/// The last publication of a shard that was seen.
#[derive(Debug, Clone, Copy)]
struct Sign {
    epoch: u64,
    seq: u64,
    seen: Instant,
    /// It was seen to change: from then on the watcher's own clock tells its age.
    moved: bool,
}

impl Watcher {
    /// `run` is an id, its first letters, or `latest`.
    ///
    /// # Errors
    /// When there is no such run or the store does not answer.
    pub async fn open(catalog: &Catalog, run: &str) -> Result<Self, CampaignError> {
        Self::opened(catalog, run, true).await
    }

    async fn opened(catalog: &Catalog, run: &str, with_baseline: bool) -> Result<Self, CampaignError> {
        let run_id = resolve(catalog, Kind::Runs, run).await?;
        let tasks = planned_tasks(catalog, &run_id).await?;
        // What earlier runs took is good to know, and no reason not to see this one.
        let baseline_p50 = if with_baseline { baseline(catalog, &run_id).await.unwrap_or(None) } else { None };
        Ok(Self { catalog: catalog.clone(), run_id, tasks, baseline_p50, signs: HashMap::new() })
    }

    /// The id of the run.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// How the run goes now.
    ///
    /// # Errors
    /// When the store does not answer; it may the next time.
    pub async fn look(&mut self) -> Result<RunProgress, CampaignError> {
        let record = self.catalog.expect::<RunRecord>(Kind::Runs, &self.run_id).await?.body;
        let mut result = None;
        if !matches!(record.status, RunStatus::Queued | RunStatus::Running) {
            result = self.catalog.latest::<ResultRecord>(Kind::Results, &self.run_id).await?;
        }
        let (at, now) = (Utc::now(), Instant::now());
        let (mut shards, mut unreadable) = (Vec::new(), Vec::new());
        for file in read_progress(&self.catalog, &self.run_id).await? {
            match file {
                ShardFile::Figures(figures) => {
                    let behind = (at - figures.at).to_std().unwrap_or_default();
                    let age = self.age(&figures, behind, now);
                    shards.push(ShardSeen { figures: *figures, age });
                }
                ShardFile::Unreadable(shard, why) => unreadable.push((shard, why)),
            }
        }
        Ok(merge(&RunInput {
            record: &record,
            summary: result.as_ref().map(|result| &result.body.summary),
            tasks: self.tasks,
            shards: &shards,
            unreadable: &unreadable,
            baseline_p50: self.baseline_p50,
            at,
        }))
    }

    /// Since the shard gave a sign. Clocks of two machines differ: only at the first look is the worker's believed, and
    /// only where it makes the sign older.
    fn age(&mut self, figures: &ShardProgress, behind: Duration, now: Instant) -> Duration {
        let (epoch, seq) = (figures.identity.epoch, figures.seq);
        let known = self.signs.get(&figures.identity.shard).copied();
        let sign = match known {
            Some(sign) if (sign.epoch, sign.seq) == (epoch, seq) => sign,
            known => Sign { epoch, seq, seen: now, moved: known.is_some() },
        };
        self.signs.insert(figures.identity.shard, sign);
        let still = now.saturating_duration_since(sign.seen);
        if sign.moved { still } else { still.max(behind) }
    }
}

/// Runs before this one that are looked at for comparable ones, and how many of these are enough.
const LOOKED_AT: usize = 50;
const ENOUGH: usize = 5;

/// Median time of an attempt, in seconds, in the last comparable runs of the campaign: same dataset, same instructions, same
/// way to fetch, completed. It is that of their last tasks, which their live figures keep.
async fn baseline(catalog: &Catalog, run_id: &str) -> Result<Option<f64>, CampaignError> {
    let own = catalog.expect::<RunRecord>(Kind::Runs, run_id).await?.body;
    let mut durations = Durations::default();
    let mut found = 0;
    let ids = catalog.ids(Kind::Runs).await?;
    // Ids are UUIDv7: those of earlier runs come first.
    let before: Vec<String> = ids.into_iter().rev().skip_while(|id| id.as_str() >= run_id).take(LOOKED_AT).collect();
    let mut runs = futures::stream::iter(before)
        .map(|id| async move { catalog.expect::<RunRecord>(Kind::Runs, &id).await })
        .buffered(16);
    while let Some(run) = runs.next().await {
        let Ok(run) = run.map(|document| document.body) else { continue };
        let id = run.run_id.as_str();
        let same = (&run.campaign, &run.dataset, &run.instructions_version, run.settings.fetch, &run.replay_of)
            == (&own.campaign, &own.dataset, &own.instructions_version, own.settings.fetch, &own.replay_of);
        if !same || run.status != RunStatus::Completed {
            continue;
        }
        for file in read_progress(catalog, id).await? {
            if let ShardFile::Figures(figures) = file {
                figures.window.iter().for_each(|slice| durations.merge(&slice.durations));
            }
        }
        found += 1;
        if found == ENOUGH {
            break;
        }
    }
    Ok(durations.quantile(0.5))
}

/// How one run goes, or all that are open: the oldest first.
///
/// # Errors
/// When there is no such run or the store does not answer.
pub async fn status(catalog: &Catalog, run: Option<&str>) -> Result<Vec<RunProgress>, CampaignError> {
    let ids = match run {
        Some(run) => vec![resolve(catalog, Kind::Runs, run).await?],
        None => open_runs(catalog).await?,
    };
    let mut all = Vec::new();
    for id in ids {
        all.push(Watcher::opened(catalog, &id, false).await?.look().await?);
    }
    Ok(all)
}

async fn open_runs(catalog: &Catalog) -> Result<Vec<String>, CampaignError> {
    let records: Vec<RunRecord> = futures::stream::iter(catalog.ids(Kind::Runs).await?)
        .map(|id| async move { catalog.expect::<RunRecord>(Kind::Runs, &id).await.map(|document| document.body) })
        .buffered(16)
        .try_collect()
        .await?;
    let open = records.into_iter().filter(|run| matches!(run.status, RunStatus::Queued | RunStatus::Running));
    Ok(open.map(|run| run.run_id).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Slug;
    use crate::run::{Now, Progress, ShardIdentity, Totals};
    use mino_datafusion::store::Store;

    fn watcher() -> Watcher {
        let catalog = Catalog::new(Store::open("memory://").unwrap(), Slug::parse("acme").unwrap());
        Watcher { catalog, run_id: "run".into(), tasks: 1, baseline_p50: None, signs: HashMap::new() }
    }

    fn figures(seq: u64) -> ShardProgress {
        let identity = ShardIdentity { run_id: "run".into(), shard: 0, of: 1, epoch: 1, worker: "w".into() };
        let now = Now { at: Utc::now(), elapsed: Duration::ZERO };
        let mut figures = Progress::new(identity, 1, Totals::default(), now).publish(now);
        figures.seq = seq;
        figures
    }

    #[test]
    fn a_worker_whose_clock_is_wrong_is_alive_as_long_as_it_publishes() {
        let (mut watcher, start) = (watcher(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let behind = Duration::from_secs(3_600);
        // At the first look there is nothing but the clocks to go by.
        assert_eq!(watcher.age(&figures(1), behind, at(0)), behind);
        assert_eq!(watcher.age(&figures(2), behind, at(1)), Duration::ZERO);
        assert_eq!(watcher.age(&figures(2), behind, at(5)), Duration::from_secs(4));
        // Its clock is ahead: it looks young for ever, but it does not move.
        let mut watcher = self::watcher();
        assert_eq!(watcher.age(&figures(1), Duration::ZERO, at(0)), Duration::ZERO);
        assert_eq!(watcher.age(&figures(1), Duration::ZERO, at(30)), Duration::from_secs(30));
    }

    #[test]
    fn a_new_owner_is_a_sign_too() {
        let (mut watcher, start) = (watcher(), Instant::now());
        watcher.age(&figures(7), Duration::ZERO, start);
        let mut taken = figures(7);
        taken.identity.epoch = 2;
        let later = start + Duration::from_secs(40);
        assert_eq!(watcher.age(&taken, Duration::from_secs(99), later), Duration::ZERO);
    }
}
