use super::PageFailure;
use super::address_kind::{AddressKind, refusal};
use super::names::SystemNames;
use crate::model::Cause;
use futures::future::BoxFuture;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Keeps requests to the public Internet, and to what a campaign names beside it.
///
/// Every connection of the HTTP tier, and through the [`Proxy`](super::Proxy) every one of the browser, is made to an address
/// that this has judged: a name is resolved here, once, and what is connected to is what was judged.
#[derive(Debug, Clone)]
pub struct AddressGuard {
    allowed: Vec<IpNet>,
    resolver: Arc<dyn Resolve>,
}

/// Finds the addresses of a name.
pub trait Resolve: Send + Sync + std::fmt::Debug {
    /// The addresses of `host`, best first.
    fn resolve(&self, host: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;
}

/// Why an address is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// It is not public, and the campaign does not name it.
    #[error("{}{address}{} {kind}: name it under run: allow_addresses if the campaign may reach it",
        .name.as_deref().map(|name| format!("{name} is at ")).unwrap_or_default(),
        if .name.is_some() { "," } else { " is" })]
    Address {
        /// The name that led there, unless the address was given as such.
        name: Option<String>,
        /// Where.
        address: IpAddr,
        /// What that is.
        kind: AddressKind,
    },
    /// Neither http nor https.
    #[error("addresses of the kind {scheme}: are not opened")]
    Scheme {
        /// Without its colon.
        scheme: String,
    },
    /// A redirect to something else than http or https.
    #[error("the page redirects to an address that is neither http nor https")]
    Redirect,
    /// Not a host at all.
    #[error("`{host}` is no host: {reason}")]
    NoHost {
        /// As given.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It has no address.
    #[error("{host} has no address: {reason}")]
    NotFound {
        /// Whose.
        host: String,
        /// What the resolver said.
        reason: String,
    },
}

impl AddressGuard {
    /// A guard that lets through what is public, and these networks.
    #[must_use]
    pub fn new(allowed: &[IpNet]) -> Self {
        Self::with_resolver(allowed, Arc::new(SystemNames::default()))
    }

    /// One that resolves names in its own way.
    #[must_use]
    pub fn with_resolver(allowed: &[IpNet], resolver: Arc<dyn Resolve>) -> Self {
        Self { allowed: allowed.to_vec(), resolver }
    }

    /// What an address is, if it is not to be reached.
    #[must_use]
    pub fn refuses(&self, address: IpAddr) -> Option<AddressKind> {
        // The system connects to a mapped address as to the v4 one.
        let plain = address.to_canonical();
        let named = self.allowed.iter().any(|net| net.contains(&address) || net.contains(&plain));
        refusal(address).filter(|_| !named)
    }

    /// Judges an address as far as it can be without resolving names.
    ///
    /// # Errors
    /// When its scheme is neither http nor https, or its host an address that is not to be reached.
    pub fn check(&self, url: &Url) -> Result<(), GuardError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(GuardError::Scheme { scheme: url.scheme().to_owned() });
        }
        let host = url.host().ok_or_else(|| no_host("", "the address names none"))?;
        match literal(&host) {
            Some(addresses) => self.sort_out(&host, addresses).map(drop),
            None => Ok(()),
        }
    }

    /// Judges an address, and where its host's name leads to now.
    ///
    /// # Errors
    /// As [`Self::check`] and [`Self::resolve`].
    pub async fn check_resolved(&self, url: &Url) -> Result<(), GuardError> {
        self.check(url)?;
        let port = url.port_or_known_default().unwrap_or(0);
        self.resolve(url.host_str().unwrap_or_default(), port).await.map(drop)
    }

    /// Where to connect for a host, best first; addresses that are not to be reached are left out.
    ///
    /// # Errors
    /// When none is left, there is none, or the host is not one.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, GuardError> {
        let host = Host::parse(host).map_err(|error| no_host(host, &error.to_string()))?;
        let found = match literal(&host) {
            Some(addresses) => addresses,
            None => {
                let name = host.to_string();
                let not_found = |reason: String| GuardError::NotFound { host: name.clone(), reason };
                let found = self.resolver.resolve(&name).await.map_err(|error| not_found(error.to_string()))?;
                if found.is_empty() {
                    return Err(not_found("the name exists without one".into()));
                }
                found
            }
        };
        let allowed = self.sort_out(&host, found)?;
        Ok(allowed.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// What may be reached of a host's addresses; the first that may not when that is all.
    fn sort_out(&self, host: &Host<impl AsRef<str>>, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, GuardError> {
        let refused = found.iter().find_map(|address| Some((*address, self.refuses(*address)?)));
        let allowed: Vec<IpAddr> = found.into_iter().filter(|address| self.refuses(*address).is_none()).collect();
        match refused {
            Some((address, kind)) if allowed.is_empty() => {
                let name = match host {
                    Host::Domain(name) => Some(name.as_ref().to_owned()),
                    Host::Ipv4(_) | Host::Ipv6(_) => None,
                };
                Err(GuardError::Address { name, address, kind })
            }
            _ => Ok(allowed),
        }
    }
}

/// The addresses of a host that needs no resolver. `localhost` and all below it are this machine (RFC 6761), whatever a
/// resolver says.
fn literal(host: &Host<impl AsRef<str>>) -> Option<Vec<IpAddr>> {
    match host {
        Host::Ipv4(address) => Some(vec![(*address).into()]),
        Host::Ipv6(address) => Some(vec![(*address).into()]),
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.');
            let local = name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"));
            local.then(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        }
    }
}

fn no_host(host: &str, reason: &str) -> GuardError {
    GuardError::NoHost { host: host.to_owned(), reason: reason.to_owned() }
}

impl From<&GuardError> for PageFailure {
    fn from(error: &GuardError) -> Self {
        match error {
            GuardError::Address { .. } | GuardError::Scheme { .. } | GuardError::Redirect => {
                Self::new(Cause::AddressGuard, error.to_string())
            }
            GuardError::NoHost { .. } => Self::new(Cause::BadAddress, error.to_string()),
            GuardError::NotFound { .. } => {
                Self { error: Some(error.to_string()), ..Self::network("net::ERR_NAME_NOT_RESOLVED") }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::collections::VecDeque;
    use std::sync::Mutex;

    /// Answers each question with the next of its answers.
    #[derive(Debug)]
    struct Answers(Mutex<VecDeque<Vec<&'static str>>>);

    impl Resolve for Answers {
        fn resolve(&self, _host: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
            let next = self.0.lock().unwrap().pop_front().unwrap_or_default();
            async move { Ok(next.into_iter().map(|address| address.parse().unwrap()).collect()) }.boxed()
        }
    }

    fn guard(allowed: &[&str], answers: &[&[&'static str]]) -> AddressGuard {
        let allowed: Vec<IpNet> = allowed.iter().map(|net| net.parse().unwrap()).collect();
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        AddressGuard::with_resolver(&allowed, Arc::new(Answers(Mutex::new(answers))))
    }

    fn check(guard: &AddressGuard, url: &str) -> Result<(), String> {
        guard.check(&Url::parse(url).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_refusal_names_the_address_and_a_way_out() {
        let guard = guard(&[], &[]);
        insta::assert_snapshot!(check(&guard, "http://127.0.0.1/").unwrap_err(), @"127.0.0.1 is a loopback address: name it under run: allow_addresses if the campaign may reach it");
        insta::assert_snapshot!(check(&guard, "http://localhost:8080/").unwrap_err(), @"localhost is at 127.0.0.1, a loopback address: name it under run: allow_addresses if the campaign may reach it");
        insta::assert_snapshot!(check(&guard, "http://169.254.169.254/latest/").unwrap_err(), @"169.254.169.254 is the address of a cloud's metadata: name it under run: allow_addresses if the campaign may reach it");
        insta::assert_snapshot!(check(&guard, "file:///etc/passwd").unwrap_err(), @"addresses of the kind file: are not opened");
    }

    #[test]
    fn every_spelling_is_the_address_that_it_spells() {
        let guard = guard(&[], &[]);
        for host in [
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "0177.0.0.1",
            "127.1",
            "127.0.0.1.",
            "user:pw@127.0.0.1",
            "example.org@127.0.0.1",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "%31%32%37.0.0.1",
            "LOCALHOST",
            "localhost.",
            "a.b.localhost",
            "0",
            "0.0.0.0",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[0:0:0:0:0:ffff:7f00:1]",
            "[::7f00:1]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "10.0.0.1",
            "0xa9fea9fe",
        ] {
            let refused = check(&guard, &format!("http://{host}/")).unwrap_err();
            assert!(refused.contains("name it under run: allow_addresses"), "{host}: {refused}");
        }
        for host in ["example.org", "8.8.8.8", "localhost.example.org", "127.0.0.1.example.org", "[2606:4700::1111]"] {
            assert_eq!(check(&guard, &format!("http://{host}/")), Ok(()), "{host}");
        }
    }

    #[test]
    fn what_the_campaign_names_is_reached_and_nothing_beside_it() {
        let guard = guard(&["127.31.0.0/16", "fd12::/64"], &[]);
        for url in ["http://127.31.0.1/", "https://[::ffff:127.31.0.1]/", "http://[fd12::7]/", "http://8.8.8.8/"] {
            assert_eq!(check(&guard, url), Ok(()), "{url}");
        }
        // A translator would go to a network of its own.
        for url in
            ["http://127.32.0.1/", "http://[64:ff9b::127.31.0.1]/", "http://[fd12:0:0:1::7]/", "http://localhost/"]
        {
            assert!(check(&guard, url).is_err(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_is_as_good_as_its_addresses() {
        let mixed: &[&str] = &["10.0.0.7", "93.184.216.34", "::1"];
        let guard = guard(&[], &[mixed, &["10.0.0.7"], &[], &["::ffff:10.0.0.7"]]);
        assert_eq!(guard.resolve("a.example", 80).await.unwrap(), ["93.184.216.34:80".parse().unwrap()]);
        let refused = guard.resolve("a.example", 80).await.unwrap_err().to_string();
        insta::assert_snapshot!(refused, @"a.example is at 10.0.0.7, a private address: name it under run: allow_addresses if the campaign may reach it");
        assert!(matches!(guard.resolve("a.example", 80).await, Err(GuardError::NotFound { .. })));
        assert!(matches!(guard.resolve("a.example", 80).await, Err(GuardError::Address { .. })));
        // Not even asked.
        assert!(matches!(guard.resolve("localhost", 80).await, Err(GuardError::Address { .. })));
        assert!(matches!(guard.resolve("a b", 80).await, Err(GuardError::NoHost { .. })));
    }
}
