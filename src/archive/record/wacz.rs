//! WACZ: a zip file with archives in its folder `archive/`. Knows no record.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use zip::ZipArchive;
use zip::read::ZipFile;

use super::{Damage, Event, reader::Reader};

/// Receives the name of the archive inside the file, and what is in it. The name is empty where the file as a whole is
/// damaged; the offsets are then those of the file.
type Sink<'s> = &'s mut dyn FnMut(&str, Event<'_>) -> ControlFlow<()>;

/// Reads every archive inside a WACZ file. Offsets count the bytes of the archive inside, which is named beside them.
/// Where the zip directory is damaged, that is said, and the records are searched in the bytes of the file.
///
/// # Errors
/// The bytes cannot be had. Damage is no error.
pub fn read(mut input: impl Read + Seek, sink: Sink<'_>) -> io::Result<()> {
    match ZipArchive::new(&mut input) {
        Ok(mut zip) => {
            let _flow = entries(&mut zip, sink);
            Ok(())
        }
        Err(zip::result::ZipError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        Err(error) => {
            let what = format!(
                "the directory of the zip file cannot be read ({error}): records are searched in its bytes"
            );
            if sink("", damage(what)).is_continue() {
                input.seek(SeekFrom::Start(0))?;
                let _flow = Reader::new(&mut |event| sink("", event)).read(input, 0)?;
            }
            Ok(())
        }
    }
}

fn damage(what: String) -> Event<'static> {
    Event::Damage(Damage { offset: 0, what })
}

fn entries<R: Read + Seek>(zip: &mut ZipArchive<R>, sink: Sink<'_>) -> ControlFlow<()> {
    let mut found = false;
    for index in 0..zip.len() {
        let name = zip.name_for_index(index).and_then(Result::ok).unwrap_or_default().into_owned();
        if !is_archive(&name) {
            continue;
        }
        found = true;
        match zip.by_index(index) {
            Ok(entry) => archive(entry, &name, sink)?,
            Err(error) => sink(&name, damage(format!("it cannot be read out of the zip file ({error})")))?,
        }
    }
    if found {
        return ControlFlow::Continue(());
    }
    sink("", damage("the zip file holds no archive/*.warc.gz: it is no WACZ file".to_owned()))
}

/// The standard puts every archive into one folder, and nothing else.
fn is_archive(name: &str) -> bool {
    name.starts_with("archive/") && !name.ends_with('/')
}

fn archive<R: Read + Seek>(entry: ZipFile<'_, R>, name: &str, sink: Sink<'_>) -> ControlFlow<()> {
    let read = Reader::new(&mut |event| sink(name, event)).read(entry, 0);
    match read {
        Ok(flow) => flow,
        Err(error) => {
            sink(name, damage(format!("it cannot be read to its end out of the zip file ({error})")))
        }
    }
}
