use super::{AddressGuard, GuardError};
use futures::FutureExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use std::error::Error;
use std::sync::Arc;

/// A client for plain HTTP that keeps to the guard: names are resolved by it and literal addresses of redirects judged by
/// it. The address that one begins with is [checked](AddressGuard::check) by who makes the request.
pub(super) fn guarded_client(guard: &Arc<AddressGuard>, most_redirects: usize) -> reqwest::ClientBuilder {
    let hops = guard.clone();
    let policy = Policy::custom(move |attempt| {
        if attempt.previous().len() > most_redirects {
            return attempt.error(TooManyRedirects);
        }
        match hops.check(attempt.url()) {
            Ok(()) => attempt.follow(),
            Err(refused) => attempt.error(refused),
        }
    });
    // A proxy of the environment would resolve names by itself.
    reqwest::Client::builder().no_proxy().redirect(policy).dns_resolver(Arc::new(Names(guard.clone())))
}

/// The guard's refusal among the causes of an error.
pub(super) fn refused<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e GuardError> {
    let mut cause = Some(error);
    while let Some(one) = cause {
        if let Some(refused) = one.downcast_ref() {
            return Some(refused);
        }
        cause = one.source();
    }
    None
}

#[derive(Debug, thiserror::Error)]
#[error("too many redirects")]
struct TooManyRedirects;

#[derive(Debug)]
struct Names(Arc<AddressGuard>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        async move {
            let found = guard.resolve(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        }
        .boxed()
    }
}
