//! A real PostgreSQL (Debian's package `postgresql`), in a folder of its own, for as long as a test lasts.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::wait_for;

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// It refuses to run as root, so where the tests do, it runs as the user that its package makes.
const USER: &str = "postgres";

/// Sessions that do nothing but hold what they hold.
const SLEEPING: &str = "FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

/// A server; it ends with the test at the latest.
pub(crate) struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    pub(crate) port: u16,
    running: Option<Child>,
}

impl Postgres {
    /// A server that runs, unless there is no PostgreSQL on this machine.
    pub(crate) fn start() -> Option<Self> {
        let mut server = Self::stopped(&[])?;
        server.go_on();
        Some(server)
    }

    /// A server that does not run yet, with settings.
    pub(crate) fn stopped(settings: &[&str]) -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder, programs, port, running: None };
        let mut made = server.program("initdb");
        hand_over(server.folder.path());
        made.args(["-U", USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"]);
        let made = made.arg(server.data()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let rules = "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(server.data().join("pg_hba.conf"), rules).unwrap();
        let mut config = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nfsync = off\n\
             shared_buffers = 32MB\nmax_connections = 40\n",
            server.folder.path().display()
        );
        settings.iter().for_each(|line| config.extend([*line, "\n"]));
        fs::write(server.data().join("postgresql.auto.conf"), config).unwrap();
        Some(server)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file that only the server may read.
    pub(crate) fn write(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.data().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        hand_over(&path);
    }

    /// Starts it, or starts it again after a crash.
    pub(crate) fn go_on(&mut self) {
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.running = Some(command.spawn().unwrap());
        wait_for("PostgreSQL", PATIENCE, || {
            let ready = self.query_as(USER, "postgres", "SELECT 1").status.success();
            let ended = self.running.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{}", self.log());
            ready.then_some(())
        });
    }

    /// Ends it as a crash would: nothing is finished, nothing is written down.
    pub(crate) fn crash(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = Command::new("kill").args(["-QUIT", &running.id().to_string()]).status();
            running.wait().unwrap();
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Where `pantau push` is to go.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Does something there.
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) {
        let done = self.query_as(USER, "postgres", sql);
        assert!(done.status.success(), "{sql}\n{}", String::from_utf8_lossy(&done.stderr));
    }

    /// The first value of the answer to a question.
    #[track_caller]
    pub(crate) fn one(&self, sql: &str) -> String {
        let done = self.query_as(USER, "postgres", sql);
        assert!(done.status.success(), "{sql}\n{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    }

    #[track_caller]
    pub(crate) fn count(&self, sql: &str) -> u64 {
        self.one(sql).parse().unwrap()
    }

    /// The rows of a question, as JSON objects; numbers as they are.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        let json =
            self.one(&format!("SELECT coalesce(json_agg(row_to_json(asked)), '[]') FROM ({sql}) AS asked"));
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}\n{json}"))
    }

    /// How many sessions sleep.
    pub(crate) fn sleeping(&self) -> u64 {
        self.count(&format!("SELECT count(*) {SLEEPING}"))
    }

    /// Somebody who holds a lock until [`Postgres::release`].
    pub(crate) fn hold(&self, lock: &str) -> Holder {
        let sql = format!("BEGIN; {lock}; SELECT pg_sleep(600)");
        let child = self
            .psql(USER, "postgres")
            .args(["-c", &sql])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("the lock", PATIENCE, || (self.sleeping() > 0).then_some(()));
        Holder(child)
    }

    /// Ends those who hold a lock; their server would not notice by itself that they are gone.
    pub(crate) fn release(&self, holder: Holder) {
        self.run(&format!("SELECT pg_terminate_backend(pid) {SLEEPING}"));
        drop(holder);
    }

    /// How many pushers wait for a lock.
    pub(crate) fn waiting(&self) -> u64 {
        self.count(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pantau' AND wait_event_type = 'Lock'",
        )
    }

    fn query_as(&self, user: &str, database: &str, sql: &str) -> Output {
        self.psql(user, database).args(["-c", sql]).output().unwrap()
    }

    fn psql(&self, user: &str, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", user, "-d", database, "-h"]);
        command.arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        command.env_clear().env("PGCLIENTENCODING", "UTF8").current_dir("/").stdin(Stdio::null());
        command
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={USER}"), &format!("--regid={USER}"), "--clear-groups", "--"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env("LC_ALL", "C").current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// A session that holds a lock.
pub(crate) struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Gives a file or folder to whoever the server runs as.
fn hand_over(path: &Path) {
    if is_root() {
        let given = Command::new("chown").args(["-R", &format!("{USER}:{USER}")]).arg(path).status().unwrap();
        assert!(given.success(), "chown {}", path.display());
    }
}

/// The folder of its programs: Debian keeps them out of the way. Without it the test is left out, except where everything
/// is to be tested.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions.map(|version| version.unwrap().path().join("bin"));
    let has_all =
        |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).is_file());
    let found = std::env::split_paths(&path).chain(debian).find(has_all);
    let is_needed = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(found.is_some() || !is_needed, "postgresql is not installed");
    if found.is_none() {
        eprintln!("postgresql is not installed: its test is left out");
    }
    found
}
