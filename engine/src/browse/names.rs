use super::guard::Resolve;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// As long as Chromium remembers a name where nobody says for how long.
const REMEMBERED: Duration = Duration::from_secs(60);
const MOST: usize = 4096;

/// The system's resolver. What it said is remembered for a while, as browsers do: a page needs one name many times over. The
/// guard judges it each time.
#[derive(Debug, Clone, Default)]
pub(super) struct SystemNames {
    memory: Arc<Mutex<Memory>>,
}

impl SystemNames {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resolve for SystemNames {
    fn resolve(&self, host: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let (names, host) = (self.clone(), host.to_owned());
        async move {
            if let Some(found) = names.memory().get(&host, Instant::now()) {
                return Ok(found);
            }
            let found: Vec<IpAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.map(|found| found.ip()).collect();
            names.memory().put(host, found.clone(), Instant::now());
            Ok(found)
        }
        .boxed()
    }
}

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<String, (Instant, Vec<IpAddr>)>,
}

impl Memory {
    fn get(&self, host: &str, now: Instant) -> Option<Vec<IpAddr>> {
        let (at, found) = self.known.get(host)?;
        (now.saturating_duration_since(*at) < REMEMBERED).then(|| found.clone())
    }

    fn put(&mut self, host: String, found: Vec<IpAddr>, now: Instant) {
        if self.known.len() >= MOST {
            self.known.retain(|_, (at, _)| now.saturating_duration_since(*at) < REMEMBERED);
        }
        if self.known.len() < MOST {
            self.known.insert(host, (now, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn names_are_remembered_for_a_while_and_not_without_bound() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        let found = vec![IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))];
        memory.put("a".into(), found.clone(), begun);
        assert_eq!(memory.get("a", begun + REMEMBERED - Duration::from_millis(1)), Some(found.clone()));
        assert_eq!(memory.get("a", begun + REMEMBERED), None);
        assert_eq!(memory.get("b", begun), None);
        for number in 0..MOST * 2 {
            memory.put(number.to_string(), found.clone(), begun);
        }
        assert_eq!(memory.known.len(), MOST);
        memory.put("b".into(), found.clone(), begun + REMEMBERED);
        assert_eq!((memory.known.len(), memory.get("b", begun + REMEMBERED)), (1, Some(found)));
    }
}
