use super::reading::Reading;
use super::retry::Policy;
use crate::browse::PageFailure;
use crate::extract::Extraction;
use std::sync::Mutex;

/// Whether plain HTTP is enough, after what a run has seen: decided for each page, and for all of them once pages that were
/// compared differ too often.
#[derive(Debug, Default)]
pub(super) struct Tiers {
    compared: Mutex<Compared>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Compared {
    begun: u32,
    pages: u32,
    differing: u32,
}

/// So many pages are compared at first, then one in so many; and from this share of differing ones on HTTP is left out.
const AT_FIRST: u32 = 3;
const ONE_IN: u32 = 20;
const TOO_MANY: f64 = 0.34;

impl Tiers {
    fn compared(&self) -> std::sync::MutexGuard<'_, Compared> {
        self.compared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Why plain HTTP is not even tried.
    pub(super) fn skips_http(&self) -> Option<&'static str> {
        let seen = *self.compared();
        let often = f64::from(seen.differing) >= TOO_MANY * f64::from(seen.pages);
        (seen.pages >= AT_FIRST && often).then_some("the browser: on the pages compared, plain HTTP gave other values")
    }

    /// True for a page that is read both ways, to see whether they differ: the first few, then some by their task.
    pub(super) fn checks(&self, task_id: &str) -> bool {
        let mut seen = self.compared();
        seen.begun += 1;
        let number = task_id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        seen.begun <= AT_FIRST || number % ONE_IN == 0
    }

    /// Why a page that came by plain HTTP is not enough.
    pub(super) fn insufficient(&self, read: &Result<Reading, PageFailure>) -> Option<String> {
        match read {
            // What does not answer, or gives no page, does so to a browser too.
            Err(failure) if !Policy::of(failure.cause).browser_helps => None,
            Err(failure) => Some(failure.reason.clone()),
            Ok(reading) if reading.extraction.needs_script => Some("the page wants scripts".into()),
            Ok(Reading { finding: Some(found), .. }) if found.certain => {
                Policy::of(found.cause).browser_helps.then(|| found.sign.clone())
            }
            // What only seems so may look otherwise there, whatever it is.
            Ok(Reading { finding: Some(found), lacks, .. }) if lacks.required() => Some(found.sign.clone()),
            Ok(reading) if reading.status.is_some_and(|status| status == 403 || status == 406 || status == 503) => {
                Some("the site refused".into())
            }
            Ok(reading) if reading.status.is_some_and(|status| status >= 400) => None,
            Ok(reading) if reading.lacks.nothing => Some("nothing was found".into()),
            Ok(reading) if !reading.lacks.missing.is_empty() => {
                Some(format!("{} is missing", reading.lacks.missing.join(", ")))
            }
            Ok(_) => None,
        }
    }

    /// Takes note of a page that was read both ways: how many fields differ.
    pub(super) fn compare(&self, plain: &Extraction, drawn: &Extraction) -> usize {
        let value = |found: &Option<crate::extract::Found>| {
            found.as_ref().and_then(|found| found.value.clone()).map(|value| value.text)
        };
        let pairs = plain.fields.iter().zip(&drawn.fields);
        // What plain HTTP finds beyond the browser is no reason against it.
        let differ = pairs.filter(|(plain, drawn)| value(drawn).is_some() && value(plain) != value(drawn)).count();
        let mut seen = self.compared();
        seen.pages += 1;
        seen.differing += u32::from(differ > 0);
        differ
    }
}
