//! Answers that real archives gave, in a folder that `PANTAU_SAMPLES` names: each with what came (`x.body`, or `x`) and
//! with its head (`x.meta.json`). Without one the tests are left out.
#![expect(
    clippy::print_stderr,
    reason = "a test that is left out says so, and one that is not says what it saw"
)]

use std::fs;
use std::path::{Path, PathBuf};

use pantau::archive::index::Form;
use pantau::archive::place::Place;
use pantau::archive::plan::{Tally, Wanted, plan};
use serde_json::Value;

use crate::archive_server::{Archive, Deed};
use crate::common::Home;
use crate::server::Answer;

/// The form of a list, by how it begins; none where the file is no list.
fn form(list: &[u8]) -> Option<Form> {
    let begin = String::from_utf8_lossy(&list[..list.len().min(400)]).into_owned();
    let second = begin.split(' ').nth(1).unwrap_or_default();
    let is_stamp = second.len() == 14 && second.bytes().all(|byte| byte.is_ascii_digit());
    match begin.as_bytes().first() {
        Some(b'[') => Some(Form::CdxJson),
        Some(b'{') if begin.contains("\"urlkey\"") => Some(Form::CcNdjson),
        Some(_) if is_stamp && begin.split(' ').nth(2).is_some_and(|word| word.starts_with('{')) => {
            Some(Form::Cdxj)
        }
        Some(_) if is_stamp => Some(Form::CdxText),
        _ => None,
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn plan_of(form: Form, list: &[u8], wanted: &Wanted) -> (String, Tally) {
    let mut output = Vec::new();
    let tally = plan((form, list), wanted, "https://web.archive.org/web/", &mut output, &mut |_, _| {});
    (String::from_utf8(output).unwrap(), tally.unwrap())
}

/// The folder of real answers.
fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("PANTAU_SAMPLES").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("not tested: PANTAU_SAMPLES names no folder of real answers of archives");
    }
    folder
}

#[test]
fn every_line_of_real_lists_is_accounted_for() {
    let Some(folder) = samples() else { return };
    let mut lists = 0;
    for file in files_below(&folder) {
        let list = fs::read(&file).unwrap();
        let Some(form) = form(&list) else { continue };
        lists += 1;
        let (plan, tally) = plan_of(form, &list, &Wanted::default());
        let (lines, left_out) = (tally.lines, tally.all_left_out());
        let (planned, malformed) = (tally.planned, tally.malformed);
        eprintln!(
            "{}: {lines} lines, {planned} planned, {left_out} left out, {malformed} malformed",
            file.display()
        );
        let accounted = tally.headings + planned + left_out + malformed;
        assert_eq!(accounted, tally.lines, "{}", file.display());
        assert_eq!(plan.lines().count() as u64, tally.planned, "{}", file.display());
        assert!(tally.planned > 0, "{}", file.display());
        for line in plan.lines() {
            assert_eq!(line.parse::<Place>().unwrap().to_string(), line, "{}", file.display());
        }
        let pages = Wanted { statuses: vec!["200".to_owned()], ..Wanted::default() };
        let (narrow, narrowed) = plan_of(form, &list, &pages);
        assert_eq!((narrowed.lines, narrowed.malformed), (tally.lines, tally.malformed));
        let kept: Vec<&str> = plan.lines().collect();
        assert!(narrow.lines().all(|line| kept.contains(&line)), "{}", file.display());
    }
    assert!(lists > 0, "no list in {}", folder.display());
}

/// A real answer: where it came from, and the answer itself.
struct Real {
    url: String,
    status: u64,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Real {
    /// None where a file is no head of an answer.
    fn read(file: &Path) -> Option<Self> {
        let name = file.to_str()?.strip_suffix(".meta.json")?;
        let meta: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let either = |one: &str, other: &str| meta.get(one).or_else(|| meta.get(other)).cloned();
        let text = |value: &Value| value.get(0).unwrap_or(value).as_str().unwrap_or_default().to_owned();
        let status = either("response_status_code", "status")?;
        let fields = either("response_headers", "headers")?;
        let body = fs::read(format!("{name}.body")).or_else(|_| fs::read(name)).ok()?;
        Some(Self {
            url: either("url", "uri")?.as_str()?.to_owned(),
            status: status.as_u64().or_else(|| status["code"].as_u64())?,
            fields: fields
                .as_object()?
                .iter()
                .map(|(name, value)| (name.to_lowercase(), text(value)))
                .collect(),
            body,
        })
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same once more; its body lies there without the coding of its transfer.
    fn again(&self) -> Answer {
        let of_transfer = ["content-encoding", "transfer-encoding", "content-length", "connection"];
        let fields = self.fields.iter().filter(|(name, _)| !of_transfer.contains(&name.as_str()));
        let answer = Answer::new(&format!("{} x", self.status), self.body.clone());
        fields.fold(answer, |answer, (name, value)| answer.header(name, value))
    }
}

#[test]
fn real_answers_are_kept_or_not_as_their_heads_say() {
    let Some(folder) = samples() else { return };
    let (mut mementos, mut ranges, mut blocked) = (0, 0, 0);
    for file in files_below(&folder) {
        let Some(real) = Real::read(&file) else { continue };
        let (home, archive) = (Home::new(), Archive::start());
        let (line, path) = if let Some(range) = real.field("content-range") {
            let first: u64 = range["bytes ".len()..].split('-').next().unwrap().parse().unwrap();
            (format!("x.warc.gz\t{first}\t{}", real.body.len()), "/x.warc.gz".to_owned())
        } else if real.url.contains("/web/") {
            let path = real.url["https://web.archive.org".len()..].replace("%3A", ":");
            (format!("{}{}", archive.base().trim_end_matches('/'), path), path)
        } else {
            continue;
        };
        archive.at(&path, [Deed::Say(real.again())]);
        home.write("plan.tsv", line + "\n");
        let args = ["archive", "fetch", "--plan", "plan.tsv", "-o", "out.warc.gz", "--private", "127.0.0.1"];
        let done = home.pantau(args).args(["--pause", "1ms", "--base", &archive.base()]).run();
        let kept = fs::read(home.path("out.warc.gz")).unwrap();
        eprintln!("{}: {} bytes kept, exit {}", file.display(), kept.len(), done.code.unwrap());
        if real.field("content-range").is_some() {
            ranges += 1;
            assert_eq!((kept, done.code), (real.body, Some(0)), "{done}");
        } else if real.field("memento-datetime").is_some() {
            mementos += 1;
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&kept[..]), &mut text).unwrap();
            assert!(text.windows(real.body.len()).any(|window| window == real.body), "{done}");
            assert_eq!(done.code, Some(0), "{done}");
        } else {
            blocked += 1;
            assert_eq!((kept.len(), done.code), (0, Some(5)), "{done}");
        }
    }
    assert!(
        mementos > 0 && ranges > 0 && blocked > 0,
        "{mementos} mementos, {ranges} ranges, {blocked} blocked"
    );
}
