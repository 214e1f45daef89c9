//! The files with which the cloud is set up on a server mean something to the programs that read them. Where such a
//! program is not installed, the test says so and can check no more than that the files are there.

use std::path::{Path, PathBuf};
use std::process::Command;

fn deploy(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cross/cloud");
    folder.join(name).canonicalize().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(deploy(name)).expect("reads")
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("-v").output().is_ok();
    if !found {
        println!("{program} is not installed: its files were only looked for");
    }
    found
}

#[test]
fn systemd_understands_the_units_of_the_cloud() {
    let folder = tempfile::tempdir().expect("a folder");
    let units = ["yuexiang-cloud.service", "yuexiang-cloud-backup.service", "yuexiang-cloud-backup.timer"];
    let mut paths = Vec::new();
    for unit in units {
        // It is verified that the program is there, so here it is the one under test.
        let unit_text = text(unit).replace("/usr/bin/yuexiang-cloud", env!("CARGO_BIN_EXE_yuexiang-cloud"));
        let path = folder.path().join(unit);
        std::fs::write(&path, unit_text).expect("writes");
        paths.push(path);
    }
    if !is_there("systemd-analyze") {
        return;
    }
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let about_ours: Vec<&str> = said.lines().filter(|line| line.contains("yuexiang")).collect();
    assert!(output.status.success() && about_ours.is_empty(), "{said}");
}

#[test]
fn the_commands_in_the_units_are_ones_that_the_program_has() {
    for unit in ["yuexiang-cloud.service", "yuexiang-cloud-backup.service"] {
        let unit_text = text(unit);
        let line =
            unit_text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/yuexiang-cloud ")).expect(unit);
        // Asked for help behind its options, the program reads them all.
        let output = Command::new(env!("CARGO_BIN_EXE_yuexiang-cloud")).args(line.split(' ')).arg("--help").output();
        let output = output.expect("runs");
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let help = String::from_utf8_lossy(&output.stdout);
        for option in line.split(' ').filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{option} of {unit}");
        }
    }
}

#[test]
fn nginx_understands_the_example() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let own = |text: &str| {
        text.replace("/etc/nginx/yuexiang-proxy.conf", &at("proxy.conf").display().to_string())
            .replace("/var/cache/nginx/yuexiang", &at("cache").display().to_string())
            .replace("/etc/yuexiang-cloud/tls", &folder.path().display().to_string())
    };
    std::fs::write(at("site.conf"), own(&text("nginx.conf"))).expect("writes");
    std::fs::write(at("proxy.conf"), own(&text("yuexiang-proxy.conf"))).expect("writes");
    let main = format!(
        "pid {0}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\nclient_body_temp_path {0}/body;\n\
         proxy_temp_path {0}/proxy;\nfastcgi_temp_path {0}/fastcgi;\nuwsgi_temp_path {0}/uwsgi;\nscgi_temp_path {0}/scgi;\n\
         include {0}/site.conf;\n}}\n",
        folder.path().display()
    );
    std::fs::write(at("nginx.conf"), main).expect("writes");
    if !is_there("nginx") || !is_there("openssl") {
        return;
    }
    let certificate = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=tv.example.cn", "-keyout"])
        .arg(at("privkey.pem"))
        .arg("-out")
        .arg(at("fullchain.pem"))
        .output()
        .expect("runs");
    assert!(certificate.status.success(), "{}", String::from_utf8_lossy(&certificate.stderr));
    let output = Command::new("nginx").arg("-t").arg("-c").arg(at("nginx.conf")).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("[warn]"), "{said}");
}
