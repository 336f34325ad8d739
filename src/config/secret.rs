//! Where a secret stands: in the environment or in a file of its own, never in the configuration. It is read when it is
//! used, so that whoever only asks questions needs none.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use url::Url;

use super::lookup::Env;
use crate::domain::Hidden;
use crate::fetch::disguise;

/// Longer texts are no secrets but mistakes.
const LONGEST: u64 = 4096;

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In a file, alone.
    File(PathBuf),
}

/// An address that may be a secret itself, such as that of a chat's webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Written in the configuration.
    Plain(Url),
    /// Written elsewhere.
    Secret(Secret),
}

/// Why a secret cannot be had. Says where it should be, never what is there.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not there.
    #[error("the variable {0} is not set; a secret is expected in it")]
    Unset(String),
    /// The file is not there or cannot be read.
    #[error("failed to read the secret in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could know the secret or change it.
    #[error(
        "others may read or change the secret in {} (mode {mode:03o}); let only its owner, and at most its group read it: chmod 600",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// What is there is no secret.
    #[error("the secret in {place} {problem}")]
    Unfit {
        /// The variable or the file.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Secret {
    /// Reads it; a line break at its end is not part of it.
    ///
    /// # Errors
    /// It is not there, others can read or change its file, or it is no secret.
    pub fn read(&self, env: Env<'_>) -> Result<Hidden, SecretError> {
        let text = match self {
            Self::Env(name) => env(name).ok_or_else(|| SecretError::Unset(name.clone()))?,
            Self::File(path) => read_file(path)?,
        };
        let text = text.trim_end_matches(['\r', '\n']);
        let unfit =
            |problem: &str| Err(SecretError::Unfit { place: self.place(), problem: problem.to_owned() });
        if text.trim().is_empty() {
            return unfit("is empty");
        }
        if text.chars().any(char::is_control) {
            return unfit("has more than one line, or a control character");
        }
        Ok(Hidden::new(text))
    }

    fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("the variable {name}"),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl Address {
    /// Reads it.
    ///
    /// # Errors
    /// Those of a secret, and a secret that is no address.
    pub fn read(&self, env: Env<'_>) -> Result<Hidden, SecretError> {
        let secret = match self {
            Self::Plain(url) => return Ok(Hidden::new(url.as_str())),
            Self::Secret(secret) => secret,
        };
        let text = secret.read(env)?;
        if is_web_address(text.reveal()) {
            return Ok(text);
        }
        let problem =
            "is no address; it must begin with https:// or http://, hold no user and name its host plainly";
        Err(SecretError::Unfit { place: secret.place(), problem: problem.to_owned() })
    }
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && disguise(text, &url).is_none()
    })
}

fn read_file(path: &Path) -> Result<String, SecretError> {
    let failed = |source| SecretError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    check_mode(path, &file.metadata().map_err(failed)?)?;
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        let problem = format!("is longer than {LONGEST} bytes");
        return Err(SecretError::Unfit { place: path.display().to_string(), problem });
    }
    Ok(text)
}

/// The group may read: systemd hands credentials over that way, and so do folders below `/etc` of a service.
#[cfg(unix)]
fn check_mode(path: &Path, metadata: &std::fs::Metadata) -> Result<(), SecretError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o027 == 0 { Ok(()) } else { Err(SecretError::Open { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &std::fs::Metadata) -> Result<(), SecretError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, Secret) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, Secret::File(path))
    }

    fn variable(name: &str) -> Option<String> {
        (name == "TOKEN").then(|| "kunci-rahasia".to_owned())
    }

    fn refusal(secret: &Secret) -> String {
        secret.read(&variable).unwrap_err().to_string()
    }

    #[test]
    fn a_secret_is_read_from_the_environment_or_a_file() {
        let from_env = Secret::Env("TOKEN".to_owned()).read(&variable).unwrap();
        assert_eq!(from_env.reveal(), "kunci-rahasia");
        for mode in [0o600, 0o400, 0o640, 0o440] {
            let (_folder, secret) = file(b"kunci-rahasia\r\n", mode);
            assert_eq!(secret.read(&variable).unwrap().reveal(), "kunci-rahasia", "{mode:o}");
        }
        assert_eq!(
            refusal(&Secret::Env("TOKN".to_owned())),
            "the variable TOKN is not set; a secret is expected in it"
        );
    }

    #[test]
    fn a_file_that_others_may_read_or_change_is_refused() {
        for mode in [0o644, 0o660, 0o604, 0o602, 0o666, 0o620] {
            let (_folder, secret) = file(b"kunci-rahasia", mode);
            let refusal = refusal(&secret);
            assert!(refusal.contains(&format!("(mode {mode:03o})")), "{refusal}");
            assert!(!refusal.contains("kunci"), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_shown() {
        for (content, problem) in [
            (&b""[..], "is empty"),
            (b" \n", "is empty"),
            (b"kunci\nrahasia", "more than one line"),
            (b"kunci\x1b[2J", "control character"),
            (&[b'k'; 5000], "longer than 4096 bytes"),
            (b"\xff\xfe", "failed to read"),
        ] {
            let (_folder, secret) = file(content, 0o600);
            let refusal = refusal(&secret);
            assert!(refusal.contains(problem), "{refusal}");
            assert!(!refusal.contains("kunci"), "{refusal}");
        }
    }

    #[test]
    fn a_secret_address_must_be_one() {
        for text in
            ["hooks.example.org/rahasia", "https://ana:rahasia@example.org/", "http://2130706433/rahasia"]
        {
            let (_folder, secret) = file(text.as_bytes(), 0o600);
            let refusal = Address::Secret(secret).read(&variable).unwrap_err().to_string();
            assert!(refusal.contains("is no address") && !refusal.contains("rahasia"), "{refusal}");
        }
        let (_folder, secret) = file(b"https://hooks.example.org/rahasia\n", 0o600);
        let read = Address::Secret(secret).read(&variable).unwrap();
        assert_eq!(read.reveal(), "https://hooks.example.org/rahasia");
    }
}
