//! The library that is put below a program: built from `shim.c`, told what to do, and read.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::rig::Rig;

/// Builds the library once.
pub(crate) fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture/shim.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shim-{}.so", std::process::id()));
        let flags = ["-shared", "-fPIC", "-O1", "-fno-builtin", "-Wall", "-Werror", "-o"];
        let built =
            Command::new("cc").args(flags).arg(&library).arg(source).args(["-ldl", "-lpthread"]).status();
        assert!(built.unwrap().success(), "cc could not build shim.c");
        library
    })
}

/// What is made to fail, by error number, 0 for none; and what hangs.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) writes: u8,
    pub(crate) syncs: u8,
    pub(crate) opens: u8,
    /// Syncs succeed and do nothing, as with `synchronous=OFF`.
    pub(crate) swallow_syncs: bool,
    pub(crate) hanging: Option<Hanging>,
}

/// What does not return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hanging {
    /// Writes to the files of the database.
    Writes,
    /// Syncs of the files of the database.
    Syncs,
    /// Receiving what a server sends.
    Receiving,
    /// Copying a word of the page.
    Copies,
}

/// Stands in every row of the pages of a ticker. The parser is the first to copy it on its own.
const WORD: &str = "0,00%";

/// The library below the programs that are started with it, and its two files.
pub(crate) struct Shim {
    folder: PathBuf,
    trace: PathBuf,
    faults: PathBuf,
}

impl Shim {
    /// For the folder of a rig's database.
    pub(crate) fn below(rig: &Rig) -> Self {
        let folder = rig.database().parent().unwrap().to_owned();
        let shim = Self { folder, trace: rig.path("shim.trace"), faults: rig.path("shim.faults") };
        fs::write(&shim.faults, [0; 8]).unwrap();
        shim
    }

    /// A program that runs on the library.
    pub(crate) fn under<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("LD_PRELOAD", library())
            .env("PANTAU_SHIM_FOLDER", &self.folder)
            .env("PANTAU_SHIM_TRACE", &self.trace)
            .env("PANTAU_SHIM_FAULTS", &self.faults)
            .env("PANTAU_SHIM_WORD", WORD)
    }

    /// Makes things fail from now on, also below programs that run already.
    pub(crate) fn fail(&self, faults: Faults) {
        let Faults { writes, syncs, opens, swallow_syncs, hanging } = faults;
        let hangs = [Hanging::Writes, Hanging::Syncs, Hanging::Receiving, Hanging::Copies]
            .map(|what| u8::from(hanging == Some(what)));
        let bytes = [&[writes, syncs, opens, u8::from(swallow_syncs)], &hangs[..]].concat();
        let file = File::options().write(true).open(&self.faults).unwrap();
        file.write_all_at(&bytes, 0).unwrap();
    }

    /// Everything that happened so far.
    pub(crate) fn trace(&self) -> Vec<Event> {
        let bytes = fs::read(&self.trace).unwrap();
        let mut rest = bytes.as_slice();
        let mut events = Vec::new();
        while !rest.is_empty() {
            events.push(event(&mut rest));
        }
        events
    }
}

/// Something that happened to a file, or that the program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Created(PathBuf),
    Wrote {
        path: PathBuf,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncated {
        path: PathBuf,
        size: usize,
    },
    /// A file's content, or a folder's entries.
    Synced(PathBuf),
    Unlinked(PathBuf),
    Renamed {
        from: PathBuf,
        to: PathBuf,
    },
    Said(String),
}

fn event(rest: &mut &[u8]) -> Event {
    let mut take = |count: usize| {
        let (front, back) = rest.split_at(count);
        *rest = back;
        front
    };
    let length = |bytes: &[u8]| usize::try_from(u32::from_le_bytes(bytes.try_into().unwrap())).unwrap();
    let kind = take(1)[0];
    let path_length = length(take(4));
    let path = PathBuf::from(std::str::from_utf8(take(path_length)).unwrap());
    let offset = usize::try_from(u64::from_le_bytes(take(8).try_into().unwrap())).unwrap();
    let bytes_length = length(take(4));
    let bytes = take(bytes_length).to_vec();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    match kind {
        b'C' => Event::Created(path),
        b'W' => Event::Wrote { path, offset, bytes },
        b'T' => Event::Truncated { path, size: offset },
        b'S' => Event::Synced(path),
        b'U' => Event::Unlinked(path),
        b'R' => Event::Renamed { from: path, to: text(bytes).into() },
        b'A' => Event::Said(text(bytes)),
        other => panic!("no kind of event: {other}"),
    }
}
