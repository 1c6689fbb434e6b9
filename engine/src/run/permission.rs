use super::Source;
use super::attempt::Workshop;
use super::record::Record;
use crate::browse::PageFailure;
use tokio::time::Instant;

/// Asks the robots.txt of a site whether an address may be opened, and keeps the decision with the attempt; who asks holds no
/// tab yet, or one for another page of the site. Pages of an archive have been asked for already.
///
/// # Errors
/// Why it may not.
pub(super) async fn ask_robots(
    shop: &Workshop,
    address: &str,
    deadline: Instant,
    record: &mut Record,
) -> Result<(), PageFailure> {
    let Source::Live { http, .. } = &shop.source else { return Ok(()) };
    if let Some(reason) = &shop.settings.politeness.ignore_robots {
        record.step("robots", &format!("robots.txt is not asked: {reason}"));
        return Ok(());
    }
    let decision = shop.robots.allows(http, address, deadline).await;
    record.step("robots", &decision.why);
    record.visit.crawl_delay = record.visit.crawl_delay.max(decision.crawl_delay);
    let forbidden = decision.is_forbidden();
    let Some(refusal) = decision.refusal else { return Ok(()) };
    if !forbidden {
        // The host could not answer: it is to be left alone, as if it had been the page.
        record.visit.pages += 1;
        record.visit.answered(decision.status, decision.retry_after);
        record.retry_after = record.retry_after.max(decision.retry_after);
    }
    Err(refusal)
}
