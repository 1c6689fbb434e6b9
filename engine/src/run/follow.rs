use super::attempt::Workshop;
use super::permission::ask_robots;
use super::reading::{Lacks, Reading, Visitor};
use super::record::Record;
use crate::extract::Link;
use crate::page::PageSnapshot;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::time::Instant;

/// Where required fields are missing, opens the links of the site that promise most, best first, and takes from their pages
/// what is missing. Gives the pages that were read.
pub(super) async fn follow(
    shop: &Arc<Workshop>,
    visitor: &mut Visitor<'_>,
    reading: &mut Reading,
    deadline: Instant,
    record: &mut Record,
) -> Vec<(Arc<PageSnapshot>, Option<u16>)> {
    let mut pages = Vec::new();
    let Some(follow) = &shop.follow else { return pages };
    let mut tried: HashSet<String> = HashSet::from([reading.page.url.clone()]);
    let mut links: Vec<Link> = shop.extractor.links(&reading.page, &reading.lacks.missing, &follow.links);
    for _ in 0..follow.depth {
        if reading.lacks.missing.is_empty() {
            break;
        }
        links.retain(|link| !tried.contains(&link.url));
        // Links of later pages compete with those of the first; of equals the first found goes first.
        links.sort_by(|a, b| b.score.total_cmp(&a.score));
        let Some(link) = links.first().cloned() else {
            record.step("follow", &format!("no link promises {}", reading.lacks.missing.join(", ")));
            break;
        };
        tried.insert(link.url.clone());
        record.step("follow", &format!("{} ({}), for {}", link.url, link.why, reading.lacks.missing.join(", ")));
        if let Err(failure) = ask_robots(shop, &link.url, deadline, record).await {
            record.step("follow", &format!("not opened: {}", failure.reason));
            continue;
        }
        let kept = record.place();
        let more = visitor.read(shop, &link.url, deadline, record).await;
        // The attempt is about the page that it began with.
        record.restore(kept);
        match more {
            Ok(more) => {
                pages.push((more.page.clone(), more.status));
                if more.is_refused() {
                    record.step("follow", "the page does not answer as one should");
                } else {
                    links.extend(shop.extractor.links(&more.page, &reading.lacks.missing, &follow.links));
                    take(shop, reading, more);
                }
            }
            Err(failure) => record.step("follow", &failure.reason),
        }
        if record.visit.wants_rest() {
            record.step("follow", "no further page: the host wants to be left alone");
            break;
        }
    }
    pages
}

/// Takes from another page what the first did not have.
fn take(shop: &Workshop, reading: &mut Reading, more: Reading) {
    let url = &more.page.url;
    let names = shop.field_names.iter();
    for ((name, own), other) in names.zip(&mut reading.extraction.fields).zip(more.extraction.fields) {
        let lacking = own.as_ref().is_none_or(|found| found.value.is_none());
        if let Some(mut found) = other.filter(|found| lacking && found.value.is_some()) {
            found.evidence = format!("{url} {}", found.evidence);
            reading.extraction.trace.push(format!("{name}: taken from {url}"));
            *own = Some(found);
        }
    }
    reading.lacks = Lacks::of(shop, &reading.extraction);
}
