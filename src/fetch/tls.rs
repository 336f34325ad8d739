//! Which cryptography and which certificates: ring, and the host's own store if it has one.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why a text is no list of certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    /// It is not PEM, or what is in it is no certificate that others can be signed by.
    #[error("it holds no certificate (PEM) that others can be signed by")]
    Unfit,
}

/// Makes ring the provider of this process. The first call wins; later ones, and those of
/// other parts of the program, change nothing.
pub(super) fn install_provider() {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}

/// Trust in nobody: for what never speaks TLS.
pub(super) fn no_roots() -> ClientConfig {
    ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

/// Trust in Mozilla's certificates, built in: for hosts without a certificate store,
/// where a client of reqwest's own making cannot be built.
pub(super) fn built_in_roots() -> ClientConfig {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// TLS for what is not HTTP: trust in the certificates of a PEM text, or in Mozilla's where there is none. The name of the
/// server is always checked.
///
/// # Errors
/// The text holds no certificates.
pub fn trust(pem: Option<&[u8]>) -> Result<ClientConfig, CertificateError> {
    install_provider();
    let Some(pem) = pem else { return Ok(built_in_roots()) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| CertificateError::Unfit)?;
        roots.add(certificate).map_err(|_| CertificateError::Unfit)?;
    }
    if roots.is_empty() {
        return Err(CertificateError::Unfit);
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
