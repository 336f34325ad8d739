//! Which cryptography and which certificates: ring, and the host's own store if it has one.

use rustls::{ClientConfig, RootCertStore};

/// Makes ring the provider of this process. The first call wins; later ones, and those of
/// other parts of the program, change nothing.
pub(super) fn install_provider() {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}

/// Trust in Mozilla's certificates, built in: for hosts without a certificate store,
/// where a client of reqwest's own making cannot be built.
pub(super) fn built_in_roots() -> ClientConfig {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}
