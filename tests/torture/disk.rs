//! What a disk may hold after the power went: all that was synced, and of the rest whatever it likes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::random::Random;
use crate::shim::Event;

/// How a disk treats what was written and not yet synced when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Nothing of it is kept.
    Forgetful,
    /// All of it is kept.
    Lucky,
    /// What was written first is kept, up to some write.
    Orderly,
    /// Each write is kept or not.
    Reordering,
    /// Each sector of this size of each write is kept or not.
    Tearing(usize),
}

pub(crate) const MOODS: [Mood; 6] =
    [Mood::Forgetful, Mood::Lucky, Mood::Orderly, Mood::Reordering, Mood::Tearing(512), Mood::Tearing(4096)];

#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { size: usize },
}

#[derive(Debug, Clone, Default)]
struct File {
    synced: Vec<u8>,
    pending: Vec<Change>,
}

/// The entries of a folder: which file each name means.
type Names = BTreeMap<PathBuf, usize>;

#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    /// The entries now, and as they were after each change since they were last synced; the first one is safe.
    names: Names,
    history: Vec<Names>,
}

impl Disk {
    /// A disk to which these events happened.
    pub(crate) fn after(events: &[Event]) -> Self {
        let mut disk = Self { history: vec![Names::new()], ..Self::default() };
        events.iter().for_each(|event| disk.happen(event));
        disk
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Created(path) => {
                self.files.push(File::default());
                self.names.insert(path.clone(), self.files.len() - 1);
                self.history.push(self.names.clone());
            }
            Event::Unlinked(path) => {
                self.names.remove(path);
                self.history.push(self.names.clone());
            }
            Event::Renamed { from, to } => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), file);
                self.history.push(self.names.clone());
            }
            Event::Wrote { path, offset, bytes } => {
                self.change(path, Change::Write { offset: *offset, bytes: bytes.clone() });
            }
            Event::Truncated { path, size } => self.change(path, Change::Truncate { size: *size }),
            Event::Synced(path) => self.sync(path),
            Event::Said(_) => {}
        }
    }

    fn change(&mut self, path: &Path, change: Change) {
        let file = self.names[path];
        self.files[file].pending.push(change);
    }

    /// Of a file its content, and nothing about its name; of a folder its names.
    fn sync(&mut self, path: &Path) {
        match self.names.get(path) {
            Some(&file) => {
                let File { synced, pending } = &mut self.files[file];
                pending.drain(..).for_each(|change| apply(synced, &change));
            }
            None => self.history = vec![self.names.clone()],
        }
    }

    /// Writes what is left of its files into a folder.
    pub(crate) fn lose_power(&self, mood: Mood, random: &mut Random, folder: &Path) {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir(folder).unwrap();
        let names = match mood {
            Mood::Forgetful => &self.history[0],
            Mood::Lucky => &self.names,
            _ => &self.history[random.below(self.history.len())],
        };
        for (path, &file) in names {
            let left = self.files[file].left(mood, random);
            fs::write(folder.join(path.file_name().unwrap()), left).unwrap();
        }
    }
}

impl File {
    fn left(&self, mood: Mood, random: &mut Random) -> Vec<u8> {
        let mut left = self.synced.clone();
        let orderly = random.below(self.pending.len() + 1);
        for (at, change) in self.pending.iter().enumerate() {
            let is_kept = match mood {
                Mood::Forgetful => false,
                Mood::Lucky | Mood::Tearing(_) => true,
                Mood::Orderly => at < orderly,
                Mood::Reordering => random.is_heads(),
            };
            match (mood, change) {
                (Mood::Tearing(sector), Change::Write { offset, bytes }) => {
                    tear(&mut left, *offset, bytes, sector, random);
                }
                _ if is_kept => apply(&mut left, change),
                _ => {}
            }
        }
        left
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Truncate { size } => content.resize(*size, 0),
        Change::Write { offset, bytes } => {
            let end = offset + bytes.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[*offset..end].copy_from_slice(bytes);
        }
    }
}

/// Keeps some of the sectors of a write.
fn tear(content: &mut Vec<u8>, offset: usize, bytes: &[u8], sector: usize, random: &mut Random) {
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + sector - (offset + at) % sector);
        if random.is_heads() {
            apply(content, &Change::Write { offset: offset + at, bytes: bytes[at..end].to_vec() });
        }
        at = end;
    }
}
