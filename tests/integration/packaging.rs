//! What comes in `packaging/` fits the program: the units as systemd sees them, the system calls that the service is
//! allowed, the image, and the backup.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::captures::FOUR;
use crate::common::{Home, system_program, wait_for};
use crate::samples::root;
use crate::server::Server;
use crate::web::{listening, page, source};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ten times the exposure that is allowed, which is how systemd-analyze counts.
const THRESHOLD: &str = "15";

fn packaged(name: &str) -> PathBuf {
    root().join("packaging").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(packaged(name)).unwrap()
}

/// The values of a key of a unit, in order.
fn values(unit: &str, key: &str) -> Vec<String> {
    let value = |line: &str| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
    unit.lines().filter_map(value).collect()
}

fn only(unit: &str, key: &str) -> String {
    let found = values(unit, key);
    assert_eq!(found.len(), 1, "{key}: {found:?}");
    found[0].clone()
}

/// The units with this build of the program, as if they were installed.
fn installed(home: &Home) -> Vec<PathBuf> {
    ["pantau.service", "pantau-backup.service", "pantau-backup.timer"]
        .map(|name| {
            let unit = text(&format!("systemd/{name}"))
                .replace("/usr/local/bin/pantau", env!("CARGO_BIN_EXE_pantau"))
                .replace("/usr/local/lib/pantau", &packaged("systemd").display().to_string());
            home.write(&format!("units/{name}"), unit)
        })
        .to_vec()
}

#[test]
fn systemd_understands_every_line_of_the_units() {
    let Some(analyze) = system_program("systemd-analyze") else { return };
    let home = Home::new();
    let units = installed(&home);
    let done = home.program(&analyze, ["verify", "--man=no"]).args(&units).ok();
    done.is_silent();
    // It would have had something to say.
    let wrong =
        home.write("wrong/pantau.service", text("systemd/pantau.service") + "\n[Service]\nProtectHoem=yes\n");
    home.program(&analyze, ["verify", "--man=no"]).arg(wrong).run().says("ProtectHoem");
}

#[test]
fn the_services_are_exposed_to_little() {
    let Some(analyze) = system_program("systemd-analyze") else { return };
    let home = Home::new();
    for unit in ["pantau.service", "pantau-backup.service"] {
        let unit = packaged("systemd").join(unit);
        let threshold = format!("--threshold={THRESHOLD}");
        home.program(&analyze, ["security", "--offline=yes", &threshold]).arg(unit).ok();
    }
    let bare = home.write("bare.service", "[Service]\nExecStart=/bin/true\n");
    home.program(&analyze, ["security", "--offline=yes", "--threshold=15"]).arg(bare).fails(1);
}

#[test]
fn the_service_runs_a_command_that_there_is_and_looks_where_the_unit_makes_room() {
    let unit = text("systemd/pantau.service");
    let start = only(&unit, "ExecStart");
    let args = start.strip_prefix("/usr/local/bin/pantau ").unwrap();
    let home = Home::new();
    home.pantau(args.split(' ')).arg("--help").ok();
    assert_eq!(only(&unit, "RestartPreventExitStatus"), "2", "the exit code of a wrong configuration");
    assert_eq!(only(&unit, "ExecReload"), "/bin/kill -HUP $MAINPID");
    assert_eq!(only(&unit, "Type"), "notify");

    // Nothing of the surroundings, as the unit leaves it.
    assert!(only(&unit, "UnsetEnvironment").split(' ').any(|name| name == "HOME"));
    let shown = Command::new(env!("CARGO_BIN_EXE_pantau")).env_clear().arg("config").output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let database = format!("path = \"/var/lib/{}/pantau.db\"", only(&unit, "StateDirectory"));
    assert!(shown.contains(&database), "{database} is not in\n{shown}");
    let configuration = format!("/etc/{}/pantau.toml", only(&unit, "ConfigurationDirectory"));
    let lookup = fs::read_to_string(root().join("src/config/lookup.rs")).unwrap();
    assert!(lookup.contains(&format!("\"{configuration}\"")));

    // The configuration that comes along means the same database.
    let done = home.pantau(["config", "--config"]).arg(packaged("pantau.toml")).ok();
    assert!(done.stdout().contains(&database), "{done}");
    assert!(done.stdout().contains("listen = \"127.0.0.1:9187\""), "{done}");
    for (key, value) in
        [("User", "pantau"), ("Group", "pantau"), ("StateDirectoryMode", "0700"), ("UMask", "0077")]
    {
        assert_eq!(only(&unit, key), value);
    }
    assert!(text("systemd/pantau.sysusers.conf").contains("\nu pantau - "));
}

/// The members of every set of system calls that systemd knows.
fn call_sets(analyze: &Path, home: &Home) -> BTreeMap<String, Vec<String>> {
    let listed = home.program(analyze, ["syscall-filter"]).ok().stdout();
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in listed.lines() {
        match line.trim() {
            "" => {}
            comment if comment.starts_with('#') => {}
            member if line.starts_with(' ') => sets.get_mut(&current).unwrap().push(member.to_owned()),
            name => {
                current = name.to_owned();
                sets.insert(current.clone(), Vec::new());
            }
        }
    }
    sets
}

fn expand(sets: &BTreeMap<String, Vec<String>>, name: &str, into: &mut BTreeSet<String>) {
    match sets.get(name) {
        Some(members) => members.iter().for_each(|member| expand(sets, member, into)),
        None => drop(into.insert(name.to_owned())),
    }
}

/// What the filter of a unit allows: a list that begins with `~` is taken away again.
fn allowed(unit: &str, sets: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for filter in values(unit, "SystemCallFilter") {
        let mut named = BTreeSet::new();
        let (is_taken, names) = filter.strip_prefix('~').map_or((false, &filter[..]), |names| (true, names));
        names.split(' ').for_each(|name| expand(sets, name, &mut named));
        if is_taken {
            allowed.retain(|call| !named.contains(call));
        } else {
            allowed.append(&mut named);
        }
    }
    // These are always allowed.
    expand(sets, "@default", &mut allowed);
    allowed
}

/// The calls of a trace, without the number of the thread that each line begins with.
fn calls(trace: &str) -> Vec<&str> {
    let calls = trace.lines().filter_map(|line| line.split_once(' ')).map(|(_, call)| call.trim_start());
    calls.filter(|call| call.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

/// Everything that is said to the service manager, as it comes: whoever speaks to it waits until it listens.
fn listen(path: &Path) -> Arc<Mutex<String>> {
    let (socket, heard) = (UnixDatagram::bind(path).unwrap(), Arc::new(Mutex::new(String::new())));
    let hearing = heard.clone();
    std::thread::spawn(move || {
        let mut word = [0; 1000];
        while let Ok(length) = socket.recv(&mut word) {
            hearing.lock().unwrap().push_str(&String::from_utf8_lossy(&word[..length]));
        }
    });
    heard
}

#[test]
fn the_service_may_do_all_that_the_daemon_does_and_writes_nowhere_else() {
    let (Some(analyze), Some(strace)) = (system_program("systemd-analyze"), system_program("strace")) else {
        return;
    };
    let home = Home::new();
    let unit = text("systemd/pantau.service");
    let allowed = allowed(&unit, &call_sets(&analyze, &home));
    assert!(
        allowed.len() > 150 && !allowed.contains("mount") && !allowed.contains("setpriority"),
        "{allowed:?}"
    );

    // One source of each kind of end: an address, a name, and a name that there is not.
    let server = Server::start(vec![page("c20"), page("c20")]);
    let named = server.url().replace("127.0.0.1", "localhost");
    let sources =
        [source("satu", &server.url()), source("dua", &named), source("tiga", "http://tidak-ada.invalid/")]
            .join("\n");
    let config = home.write("pantau.toml", format!("[web]\nlisten = \"0\"\n{sources}"));
    let trace = home.path("trace");
    let run = [env!("CARGO_BIN_EXE_pantau"), "run", "--config"];
    // A service manager that waits for signs of life, and hears them.
    let manager = home.path("manager");
    let heard = listen(&manager);
    // With -D the daemon itself is the child, and strace ends with it.
    let running = home
        .program(&strace, ["-D", "-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&trace)
        .args(run)
        .arg(&config)
        .env("NOTIFY_SOCKET", &manager)
        .env("WATCHDOG_USEC", "1000000")
        .start();
    let address = wait_for("the address in the log", PATIENCE, || listening(&running.said()));
    let polls = |name: &str| {
        running.said().lines().filter(|line| line.contains(&format!("source=\"{name}\""))).count()
    };
    wait_for("polls of every source", PATIENCE, || {
        ["satu", "dua", "tiga"].into_iter().all(|name| polls(name) >= 2).then_some(())
    });
    for path in ["/healthz", "/readyz", "/metrics"] {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with("HTTP/1.0 "), "{reply}");
    }
    for (signal, expected) in [("HUP", "RELOADING=1"), ("USR1", "WATCHDOG=1"), ("TERM", "STOPPING=1")] {
        let begin = heard.lock().unwrap().len();
        running.signal(signal);
        wait_for(expected, PATIENCE, || heard.lock().unwrap()[begin..].contains(expected).then_some(()));
    }
    let done = running.wait(PATIENCE);
    assert_eq!(done.code, Some(0), "{done}");

    let trace = fs::read_to_string(&trace).unwrap();
    let calls = calls(&trace);
    let mut used: BTreeSet<&str> =
        calls.iter().filter_map(|call| call.split_once('(')).map(|(name, _)| name).collect();
    for expected in ["fsync", "pwrite64", "accept4", "connect", "sendmmsg", "epoll_wait"] {
        assert!(used.contains(expected), "{expected}: {used:?}");
    }
    // SQLite gives files to the owner of the database where root runs it, and only there.
    used.remove("fchown");
    let refused: Vec<&&str> = used.iter().filter(|name| !allowed.contains(**name)).collect();
    assert!(refused.is_empty(), "the filter of the service refuses {refused:?}");

    let is_writable_code = |call: &&&str| call.contains("PROT_WRITE|PROT_EXEC");
    assert_eq!(calls.iter().find(is_writable_code), None, "MemoryDenyWriteExecute");
    // glibc asks the kernel for addresses of its own to sort what a name server says, and does without.
    let families = only(&unit, "RestrictAddressFamilies") + " AF_NETLINK";
    let family = |call: &&str| call.strip_prefix("socket(")?.split(',').next().map(str::to_owned);
    for family in calls.iter().filter_map(family) {
        assert!(families.split(' ').any(|allowed| allowed == family), "RestrictAddressFamilies: {family}");
    }
    let folder = home.database().parent().unwrap().display().to_string();
    for call in calls.iter().filter(|call| call.starts_with("open")) {
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.contains(flag));
        assert!(!writes || call.contains(&folder) || call.contains("\"/dev/null\""), "ProtectSystem: {call}");
    }
}

/// The arguments of an instruction of the Dockerfile that is written as a list.
fn listed(line: &str) -> Vec<String> {
    let list = &line[line.find('[').unwrap()..];
    serde_json::from_str(list).unwrap()
}

#[test]
fn the_image_is_built_with_the_right_compiler_and_runs_commands_that_there_are() {
    let dockerfile = text("Dockerfile");
    let manifest: toml::Table =
        toml::from_str(&fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    let rust = manifest["package"]["rust-version"].as_str().unwrap();
    assert!(dockerfile.contains(&format!("FROM rust:{rust}-slim-")), "the compiler that Cargo.toml asks for");
    assert!(manifest["profile"].as_table().unwrap().contains_key("dist"));
    let lines = |word: &str| dockerfile.lines().filter(|line| line.starts_with(word)).collect::<Vec<_>>();
    let [entry, command] = ["ENTRYPOINT ", "CMD "].map(|word| listed(lines(word)[0]));
    let check = listed(lines("HEALTHCHECK ")[0]);
    assert_eq!(entry, check[..1]);
    let home = Home::new();
    for arguments in [&command[..], &check[1..]] {
        home.pantau(arguments).arg("--help").ok();
    }
    let user: Vec<&str> = lines("USER ")[0].split([' ', ':']).skip(1).collect();
    assert!(user.iter().all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "no root: {user:?}");
    let volume = &listed(lines("VOLUME ")[0])[0];
    assert!(lines("ENV ")[0].ends_with(&format!("PANTAU_DB={volume}/pantau.db")));
}

#[test]
fn every_file_that_the_guide_names_is_there() {
    let guide = text("INSTALL.md");
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let named: BTreeSet<&str> =
        guide.split(|c| !is_part(c)).filter(|word| word.starts_with("packaging/")).collect();
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        assert!(root().join(name).is_file(), "{name}");
    }
}

#[test]
fn a_backup_is_a_verified_copy_and_old_ones_go_only_after_it() {
    let home = Home::with_captures(&FOUR);
    let folder = home.path("backup");
    fs::create_dir(&folder).unwrap();
    let old = home.write("backup/pantau-20200101T000000Z.db", "old");
    let other = home.write("backup/mine.db", "other");
    for file in [&old, &other] {
        assert!(Command::new("touch").args(["-d", "2020-01-01"]).arg(file).status().unwrap().success());
    }
    let script = packaged("systemd/pantau-backup.sh");
    let programs = Path::new(env!("CARGO_BIN_EXE_pantau")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let backup = |database: PathBuf| home.program(&script, [database, folder.clone()]).env("PATH", &path);

    backup(home.path("missing.db")).fails(3).says("missing.db");
    assert!(old.exists(), "an old copy is better than none");

    backup(home.database()).ok();
    assert!(!old.exists() && other.exists());
    let copies: Vec<PathBuf> = home.files().into_iter().filter(|file| file.starts_with(&folder)).collect();
    assert_eq!(copies.len(), 2, "{copies:?}");
    let copy = copies.iter().find(|file| **file != other).unwrap();
    let [kept, original] = [copy, &home.database()]
        .map(|database| home.pantau(["history", "lq45", "-f", "json", "--db"]).arg(database).ok().stdout());
    assert_eq!(kept, original);
    home.program(&script, ["one"]).fails(2).says("usage");
}
