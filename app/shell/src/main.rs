//! The program `yuexiang`.

use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use yuexiang::preview::{self, PreviewOptions};
use yuexiang::{Options, heap, run, selftest, supervise};
use yuexiang_input::learn::{self, LearnOptions};

/// Public-service television for a village: shows what province, city, county, town and village publish, with and
/// without a network.
#[derive(Parser)]
#[command(name = "yuexiang", version, args_conflicts_with_subcommands = true, after_long_help = CONFIGURATION)]
struct Program {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
    /// What is logged to standard error, such as `info` or `warn,yuexiang::latency=debug`
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", default_value = LOG, global = true)]
    log: String,
}

#[derive(Subcommand)]
enum Command {
    /// Show the village's portal (also without any command)
    Run(Box<Options>),
    /// Check, line by line, whether this box can show television; needs no display
    Selftest(Box<Options>),
    /// Draw what a village's television would show of an item that is not published yet
    #[command(after_long_help = preview::HELP)]
    Preview(Box<PreviewOptions>),
    /// Remote controls: teach the box a new one
    Remote {
        #[command(subcommand)]
        command: RemoteCommand,
    },
}

#[derive(Subcommand)]
enum RemoteCommand {
    /// Ask for key after key and write a key map for the remote control that answers; stop the box's service before
    Learn {
        /// Where the key map is written
        #[arg(long, value_name = "DIR", default_value = "/etc/yuexiang/keymaps")]
        keymaps: PathBuf,
    },
}

const LOG: &str = "info";

const CONFIGURATION: &str = "\
Every option can stand in a configuration file in TOML under its own name, such as
    region = \"440224103999\"
    root = \"province.root.json\"
    quota = \"4GiB\"
    sound = false            (for --no-sound)
    view-counts = false      (for --no-view-counts)
Paths in it are relative to the file. The command line goes before the environment, the environment before the file.
What is not understood of an option that television does without is said in the log, by the self-test and on the
page about this box, and its default holds.

Ends with 0 after SIGINT or SIGTERM and when the window is closed; with 2 when something is wrong with the options, with
1 when it cannot start, and with 70 after a panic or when it finds itself broken (pipelines that do not stop, too many
threads, descriptors or too much memory), so that a supervisor starts it again.";

/// Lives as long as the program; see [`yuexiang_ui::substitute_for_no_font`].
fn survive_without_fonts() -> Option<impl Drop> {
    match yuexiang_ui::substitute_for_no_font() {
        Ok(folder) => {
            let folder = folder?;
            // SAFETY: no other thread is there that could read the environment.
            unsafe { std::env::set_var("FONTCONFIG_FILE", folder.path().join("fonts.conf")) };
            Some(folder)
        }
        Err(error) => {
            eprintln!("error: this system has no font, and a substitute cannot be written: {error}");
            None
        }
    }
}

fn main() -> ExitCode {
    heap::share_arenas();
    let _fonts = survive_without_fonts();
    // SAFETY: no other thread is there that could read the environment.
    let doubts = unsafe { yuexiang::forget_wrong_variables() };
    let program = Program::parse();
    let (filter, doubt) = match program.log.parse::<EnvFilter>() {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new(LOG), Some(format!("`{}` is no filter for the log: {error}", program.log))),
    };
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // A log that cannot be written, on a full disk for example, is no reason to panic.
    let log = tracing_subscriber::fmt().log_internal_errors(false).with_env_filter(filter);
    log.with_writer(std::io::stderr).with_ansi(terminal).init();
    if let Some(doubt) = doubt {
        tracing::error!("{doubt}");
    }
    // A picture that cannot be drawn is an answer, and the next one is drawn.
    if !matches!(program.command, Some(Command::Preview(_))) {
        supervise::exit_on_panic();
    }
    let mut options = match program.command {
        Some(Command::Preview(options)) => return draw(&options),
        Some(Command::Selftest(options)) => {
            return if selftest::run(&options) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Some(Command::Remote { command: RemoteCommand::Learn { keymaps } }) => return learn(keymaps),
        Some(Command::Run(options)) => *options,
        None => program.options,
    };
    options.doubts = doubts;
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// To standard error, if somebody listens.
fn complain(error: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "error: {error}");
}

fn draw(options: &PreviewOptions) -> ExitCode {
    match preview::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prompts on the terminal, presses on the remote control.
fn learn(keymaps: PathBuf) -> ExitCode {
    println!("Each key is pressed twice. A key that the remote lacks is skipped after a while.");
    match learn::run(&LearnOptions::new(keymaps), |prompt| println!("{prompt}")) {
        Ok(learned) => {
            println!("{} keys of {} are in {}", learned.keys, learned.device, learned.path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
