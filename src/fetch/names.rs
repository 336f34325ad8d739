//! From a name to the addresses that are connected to: resolved once, judged, and handed on as judged, so that a name
//! server which answers differently the next time gains nothing.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard;

/// Whatever knows the addresses of a name: [`SystemNames`], or made-up answers in a test.
pub trait Names: Send + Sync + 'static {
    /// The addresses of a name, in the order in which they should be tried.
    ///
    /// # Errors
    /// The name is unknown, or nobody could be asked.
    fn addresses(&self, host: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;
}

/// The names that the system knows.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A resolver for reqwest that gives only addresses which may be connected to. It is not asked for addresses that
/// are written as such.
pub(super) struct Guarded<N> {
    names: Arc<N>,
    inside: Option<Arc<str>>,
}

impl<N> Clone for Guarded<N> {
    fn clone(&self) -> Self {
        Self { names: self.names.clone(), inside: self.inside.clone() }
    }
}

impl<N: Names> Guarded<N> {
    /// `inside` is a host that may lie in a private network.
    pub(super) fn new(names: N, inside: Option<&str>) -> Self {
        Self { names: Arc::new(names), inside: inside.map(Arc::from) }
    }
}

impl<N: Names> Resolve for Guarded<N> {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, inside) = (Arc::clone(&self.names), self.inside.clone());
        Box::pin(async move {
            let host = name.as_str();
            let allowed = guard::allowed(host, names.addresses(host).await?, inside.as_deref())?;
            // The port of the address that is asked for takes the place of 0.
            let places = allowed.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(places) as Addrs)
        })
    }
}
