use super::{GuardError, PageFailure};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use url::Url;

/// So many hosts are remembered.
const MOST: usize = 4096;

/// Why the proxy did not connect somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The guard's answer.
    Guard(GuardError),
    /// The network's, in the browser's words, as `ERR_CONNECTION_REFUSED`, and in the system's.
    Network(&'static str, String),
}

impl From<&Fault> for PageFailure {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Guard(error) => error.into(),
            Fault::Network(name, said) => Self { error: Some(said.clone()), ..Self::network(&format!("net::{name}")) },
        }
    }
}

/// Where the proxy did not connect last, so that an attempt can tell why its page did not come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    keys: RandomState,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    by_place: HashMap<String, Fault>,
    order: VecDeque<String>,
}

impl Faults {
    /// What the proxy signs its own answers for a place with. No site knows the key, so none can pretend.
    pub(super) fn mark(&self, place: &str) -> String {
        format!("{:016x}", self.keys.hash_one(place))
    }

    pub(super) fn add(&self, place: &str, fault: Fault) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.by_place.insert(place.to_owned(), fault).is_some() {
            return;
        }
        last.order.push_back(place.to_owned());
        if last.order.len() > MOST
            && let Some(oldest) = last.order.pop_front()
        {
            last.by_place.remove(&oldest);
        }
    }

    pub(super) fn of(&self, place: &str) -> Option<Fault> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).by_place.get(place).cloned()
    }
}

/// Host and port, as `example.org:443`.
pub(super) fn place(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host()?, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let faults = Faults::default();
        for number in 0..=MOST {
            faults.add(&format!("h{number}:80"), Fault::Network("ERR_FAILED", number.to_string()));
            faults.add(&format!("h{number}:80"), Fault::Network("ERR_TIMED_OUT", number.to_string()));
        }
        assert_eq!(faults.of("h0:80"), None);
        assert_eq!(faults.of("h1:80"), Some(Fault::Network("ERR_TIMED_OUT", "1".into())));
    }

    #[test]
    fn a_mark_is_of_one_place_and_one_process() {
        let faults = Faults::default();
        assert_eq!(faults.mark("a:80"), faults.mark("a:80"));
        assert_ne!(faults.mark("a:80"), faults.mark("b:80"));
        assert_ne!(faults.mark("a:80"), Faults::default().mark("a:80"));
    }
}
