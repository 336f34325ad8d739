//! The files that arguments name: themselves, those in folders, and the standard input. Sorted, so that the same
//! folder is read in the same order everywhere.

use std::path::{Path, PathBuf};

use super::form::{Form, form_of_name};
use super::found::{Fault, Place, Sort};
use super::sidecar;

/// Something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it lies; `-` is the standard input.
    pub path: PathBuf,
    /// What it is, where that was said.
    pub form: Option<Form>,
}

impl Input {
    /// How it was named.
    #[must_use]
    pub fn name(&self) -> String {
        if self.is_stdin() { "stdin".to_owned() } else { self.path.display().to_string() }
    }

    /// What it is, as far as that is known without opening it.
    pub(super) fn known_form(&self) -> Option<Form> {
        self.form.or_else(|| form_of_name(&self.path))
    }

    /// How many bytes there are to read, where that can be known before.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// Whether it is the standard input.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }
}

/// The files behind paths: a file as it is, and of a folder, at any depth, every file whose name says that it may hold
/// captures. What cannot be listed is told.
pub fn inputs(paths: &[PathBuf], form: Option<Form>, tell: &mut dyn FnMut(Fault)) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = inputs.len();
            walk(path, form, &mut inputs, tell);
            if inputs.len() == before {
                let what =
                    "holds no file whose name says that it may hold captures; name the files themselves";
                let place = Place { file: path.display().to_string(), spot: None };
                tell(Fault::new(place, Sort::Unclear, what));
            }
        } else {
            inputs.push(Input { path: path.clone(), form });
        }
    }
    inputs
}

fn walk(folder: &Path, form: Option<Form>, inputs: &mut Vec<Input>, tell: &mut dyn FnMut(Fault)) {
    let listed = std::fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
    });
    let mut paths = match listed {
        Ok(paths) => paths,
        Err(error) => {
            let place = Place { file: folder.display().to_string(), spot: None };
            return tell(Fault::new(place, Sort::Unreadable, format!("failed to list the folder: {error}")));
        }
    };
    paths.sort();
    for path in paths {
        // A link to a folder may lead in a circle.
        let is_folder = path.is_dir() && !path.is_symlink();
        if is_folder {
            walk(&path, form, inputs, tell);
        } else if path.is_file() && !sidecar::is_one(&path) && form_of_name(&path).is_some() {
            inputs.push(Input { path, form });
        }
    }
}
