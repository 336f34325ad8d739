//! Where the configuration and the database are looked for. Reads the environment only through the
//! function it is given.

use std::path::{Path, PathBuf};

/// Answers for one variable of the environment.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The configuration of the whole system.
const SYSTEM_CONFIG: &str = "/etc/pantau/pantau.toml";

/// The database of a user without a home, such as that of a service.
const SYSTEM_DATABASE: &str = "/var/lib/pantau/pantau.db";

/// The files that may hold the configuration, the first one found wins.
pub(super) fn config_files(env: Env<'_>) -> Vec<PathBuf> {
    let user = xdg_folder(env, "XDG_CONFIG_HOME", ".config").map(|folder| folder.join("pantau/pantau.toml"));
    user.into_iter().chain([PathBuf::from(SYSTEM_CONFIG)]).collect()
}

/// The database, where nothing else is said.
pub(super) fn default_database(env: Env<'_>) -> PathBuf {
    let user = xdg_folder(env, "XDG_DATA_HOME", ".local/share").map(|folder| folder.join("pantau/pantau.db"));
    user.unwrap_or_else(|| PathBuf::from(SYSTEM_DATABASE))
}

/// A path as written in a file: `~/` is the home of the user, and a relative path begins at the file's folder.
pub(super) fn resolve(path: &str, file: &Path, env: Env<'_>) -> PathBuf {
    match (path.strip_prefix("~/"), home(env)) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => file.parent().unwrap_or(Path::new("")).join(path),
    }
}

/// A relative folder in an XDG variable is to be ignored, says their specification.
fn xdg_folder(env: Env<'_>, variable: &str, below_home: &str) -> Option<PathBuf> {
    absolute(env, variable).or_else(|| home(env).map(|home| home.join(below_home)))
}

fn home(env: Env<'_>) -> Option<PathBuf> {
    absolute(env, "HOME")
}

fn absolute(env: Env<'_>, variable: &str) -> Option<PathBuf> {
    env(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only<'a>(set: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| set.iter().find(|(variable, _)| *variable == name).map(|(_, text)| (*text).to_owned())
    }

    #[test]
    fn the_xdg_folders_come_before_the_home() {
        for (set, database) in [
            (&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/ana")][..], "/data/pantau/pantau.db"),
            (&[("HOME", "/home/ana")], "/home/ana/.local/share/pantau/pantau.db"),
            (&[("XDG_DATA_HOME", "data"), ("HOME", "/home/ana")], "/home/ana/.local/share/pantau/pantau.db"),
            (&[("HOME", "")], "/var/lib/pantau/pantau.db"),
            (&[], "/var/lib/pantau/pantau.db"),
        ] {
            assert_eq!(default_database(&only(set)), Path::new(database), "{set:?}");
        }
    }

    #[test]
    fn the_user_is_asked_before_the_system() {
        let files = config_files(&only(&[("HOME", "/home/ana")]));
        assert_eq!(
            files,
            [Path::new("/home/ana/.config/pantau/pantau.toml"), Path::new("/etc/pantau/pantau.toml")]
        );
        let files = config_files(&only(&[("XDG_CONFIG_HOME", "/conf"), ("HOME", "/home/ana")]));
        assert_eq!(files[0], Path::new("/conf/pantau/pantau.toml"));
    }

    #[test]
    fn paths_begin_at_the_home_or_at_the_folder_of_the_file() {
        let home = [("HOME", "/home/ana")];
        for (path, resolved) in [
            ("~/pantau.db", "/home/ana/pantau.db"),
            ("/srv/pantau.db", "/srv/pantau.db"),
            ("pantau.db", "/etc/pantau/pantau.db"),
        ] {
            let file = Path::new("/etc/pantau/pantau.toml");
            assert_eq!(resolve(path, file, &only(&home)), Path::new(resolved));
        }
    }
}
