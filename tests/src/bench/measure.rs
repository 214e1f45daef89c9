//! What the system says of a process.

use std::time::{Duration, Instant};

/// Kernel, processor and number of cores.
pub fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("\t: unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{} · {cores} cores · Linux {}",
        model.trim_start_matches(['\t', ':', ' ']),
        read("/proc/sys/kernel/osrelease").trim()
    )
}

/// Proportional set size in MB (10⁶ bytes... as the kernel counts: kB of 1,024 bytes, given in MiB).
pub fn pss(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or("0");
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0.0);
    kibibytes / 1_024.0
}

/// User and system time of a process and of the children it has waited for.
pub fn cpu_time(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name may hold spaces; the fields after it do not.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    // Linux counts in hundredths of a second towards user space.
    Duration::from_millis(ticks * 10)
}

/// Percent of one core over a while.
pub async fn cpu_percent(pid: u32, span: Duration) -> f64 {
    let (before, started) = (cpu_time(pid), Instant::now());
    tokio::time::sleep(span).await;
    (cpu_time(pid) - before).as_secs_f64() / started.elapsed().as_secs_f64() * 100.0
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The numbers that follow `before` in a log.
pub fn numbers_after(log: &str, before: &str) -> Vec<f64> {
    log.split(before)
        .skip(1)
        .filter_map(|rest| {
            let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            number.parse().ok()
        })
        .collect()
}
