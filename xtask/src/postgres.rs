//! A PostgreSQL server of our own for one run of tests or figures: made anew, reached over the loopback, and gone at the end.

use crate::run::{self, Result, program};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// Whom PostgreSQL runs as where this is root, which it refuses to be.
const ACCOUNT: &str = "postgres";
const USER: &str = "yuexiang";
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run of tests can do without: its data do not outlive it.
pub const FORGETFUL: &[&str] = &["fsync=off", "full_page_writes=off", "synchronous_commit=off"];
/// What figures are taken with: every commit is on the disk, and as much memory as a small server gives.
pub const DURABLE: &[&str] = &["shared_buffers=1GB", "maintenance_work_mem=512MB", "max_wal_size=8GB"];

/// A running server; dropped, it stops and its data go.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    server: Child,
}

impl Postgres {
    /// Starts a server with an empty cluster and these settings.
    pub fn start(settings: &[&str]) -> Result<Postgres> {
        let tools = tools()?;
        let folder = env::temp_dir().join(format!("yuexiang-postgres-{}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        if is_root() {
            run::run(program("chown").arg(ACCOUNT).arg(&folder))?;
        }
        let cluster = folder.join("data");
        let mut init = unprivileged(&tools.join("initdb"));
        init.arg("-D").arg(&cluster).args(["-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]);
        run::run(init.stdout(Stdio::null()))?;
        let port = free_port()?;
        let mut serve = unprivileged(&tools.join("postgres"));
        serve.arg("-D").arg(&cluster).args(["-p", &port.to_string(), "-k"]).arg(&folder);
        for setting in ["listen_addresses=127.0.0.1", "max_connections=300", "logging_collector=off"] {
            serve.args(["-c", setting]);
        }
        for setting in settings {
        serve.args(["-c", setting]);
    }
        // Tests make the server refuse statements on purpose; its log is kept for whoever looks into a failure.
        let path = run::target_dir().join("postgres.log");
        let log = fs::File::create(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        let line = run::describe(&serve);
        eprintln!("$ {line} &");
        let serve = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let server = serve.spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        let mut postgres = Postgres { folder, port, server };
        postgres.wait_until_ready(&tools, &path)?;
        Ok(postgres)
    }

    /// `postgres://user@host:port`, without a database's name.
    pub fn address(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}", self.port)
    }

    fn wait_until_ready(&mut self, tools: &Path, log: &Path) -> Result {
        let started = Instant::now();
        let port = self.port.to_string();
        let ready = || program(tools.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
        while !ready().is_ok_and(|status| status.success()) {
            let ended = self.server.try_wait().map_err(|error| format!("cannot watch PostgreSQL: {error}"))?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                return Err(format!("PostgreSQL does not start; {} says why", log.display()));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Asks the server to stop at once. It may run behind `runuser`, so it is found by what it wrote down itself.
    fn stop(&mut self) -> Result {
        let path = self.folder.join("data/postmaster.pid");
        if let Ok(text) = fs::read_to_string(&path) {
            let id = text.lines().next().unwrap_or_default().to_owned();
            run::succeeds(program("kill").args(["-QUIT", &id]));
        }
        self.server.wait().map_err(|error| format!("cannot wait for PostgreSQL: {error}"))?;
        fs::remove_dir_all(&self.folder).map_err(|error| format!("cannot remove {}: {error}", self.folder.display()))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("xtask: {error}");
        }
    }
}

/// The newest of Debian's versions, which keep their programs out of the path.
fn tools() -> Result<PathBuf> {
    let folder = Path::new("/usr/lib/postgresql");
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let versions = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let newest = versions.filter(|path| path.join("bin/postgres").exists()).max_by_key(version);
    newest.map(|path| path.join("bin")).ok_or_else(|| format!("{} holds no PostgreSQL", folder.display()))
}

fn is_root() -> bool {
    program("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// A program as a user that PostgreSQL accepts, in a folder that this user can read.
fn unprivileged(name: &Path) -> Command {
    let mut command = if is_root() { program("runuser") } else { program(name) };
    if is_root() {
        command.args(["-u", ACCOUNT, "--"]).arg(name);
    }
    command.current_dir("/");
    command
}

fn free_port() -> Result<u16> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| format!("cannot find a free port: {error}"))
}
