use super::guard::Resolve;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// As long as Chromium remembers a name where nobody says for how long.
const REMEMBERED: Duration = Duration::from_secs(60);
/// That a name cannot be resolved is remembered, too (RFC 9520): page after page asks for the same dead one. For less than
/// the engine waits before it visits such a site again.
const FAILURE_REMEMBERED: Duration = Duration::from_secs(4);
const MOST: usize = 4096;

/// What the system says of a name; an error in a form that many can be told.
type Answer = Result<Vec<IpAddr>, (io::ErrorKind, String)>;
/// An answer, and when it came.
type Lookup = Shared<BoxFuture<'static, (Instant, Answer)>>;

/// The system's resolver. What it said is remembered for a while, as browsers do: a page needs one name many times over, and
/// asks for it many times at once. The guard judges it each time.
#[derive(Debug, Clone, Default)]
pub(super) struct SystemNames {
    memory: Arc<Mutex<Memory>>,
}

impl Resolve for SystemNames {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let lookup = memory.lookup(host, Instant::now(), ask);
        async move { lookup.await.1.map_err(|(kind, text)| io::Error::new(kind, text)) }.boxed()
    }
}

fn ask(host: &str) -> Lookup {
    let host = host.to_owned();
    let told = async move {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await;
        let found = found.map(|found| found.map(|found| found.ip()).collect());
        (Instant::now(), found.map_err(|error| (error.kind(), error.to_string())))
    };
    let told = told.boxed().shared();
    // It comes to its end, and its answer is of that time, also when nobody waits any more.
    tokio::spawn(told.clone());
    told
}

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<String, Lookup>,
}

impl Memory {
    fn lookup(&mut self, host: &str, now: Instant, ask: impl FnOnce(&str) -> Lookup) -> Lookup {
        if let Some(lookup) = self.known.get(host).filter(|lookup| is_fresh(lookup, now)) {
            return lookup.clone();
        }
        let lookup = ask(host);
        if self.known.len() >= MOST {
            self.known.retain(|_, lookup| is_fresh(lookup, now));
        }
        if self.known.len() < MOST || self.known.contains_key(host) {
            self.known.insert(host.to_owned(), lookup.clone());
        }
        lookup
    }
}

fn is_fresh(lookup: &Lookup, now: Instant) -> bool {
    let Some((at, answer)) = lookup.peek() else { return true };
    now.saturating_duration_since(*at) < if answer.is_ok() { REMEMBERED } else { FAILURE_REMEMBERED }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const SOON: Duration = Duration::from_millis(1);

    fn found() -> Vec<IpAddr> {
        vec![IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))]
    }

    /// Whether a name is asked for at a time; the answer comes at once.
    fn asks(memory: &mut Memory, host: &str, at: Instant, answer: Answer) -> bool {
        let mut asked = false;
        let lookup = memory.lookup(host, at, |_| {
            asked = true;
            async move { (at, answer) }.boxed().shared()
        });
        let _ = lookup.now_or_never();
        asked
    }

    #[test]
    fn names_are_remembered_for_a_while_and_not_without_bound() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        assert!(asks(&mut memory, "a", begun, Ok(found())));
        assert!(!asks(&mut memory, "a", begun + REMEMBERED - SOON, Ok(found())));
        assert!(asks(&mut memory, "a", begun + REMEMBERED, Ok(found())));
        for number in 0..MOST * 2 {
            asks(&mut memory, &number.to_string(), begun, Ok(found()));
        }
        assert_eq!(memory.known.len(), MOST);
        assert!(asks(&mut memory, "b", begun + REMEMBERED, Ok(found())));
        assert_eq!(memory.known.len(), 2, "a and b");
    }

    #[test]
    fn that_there_is_no_such_name_is_remembered_for_less() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        let nothing = || Err((io::ErrorKind::NotFound, "no such name".to_owned()));
        assert!(asks(&mut memory, "a", begun, nothing()));
        assert!(!asks(&mut memory, "a", begun + FAILURE_REMEMBERED - SOON, nothing()));
        assert!(asks(&mut memory, "a", begun + FAILURE_REMEMBERED, nothing()));
    }

    #[tokio::test]
    async fn a_name_is_asked_for_once_however_many_wait_for_it() {
        let (mut memory, begun) = (Memory::default(), Instant::now());
        let (answer, told) = tokio::sync::oneshot::channel();
        let first =
            memory.lookup("a", begun, |_| told.map(move |told| (begun, Ok(told.unwrap_or_default()))).boxed().shared());
        let second = memory.lookup("a", begun + 2 * REMEMBERED, |_| unreachable!("it is being asked for"));
        assert!(answer.send(found()).is_ok());
        assert_eq!(tokio::join!(first, second), ((begun, Ok(found())), (begun, Ok(found()))));
    }
}
