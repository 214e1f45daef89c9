//! `yuexiang-cloud admin`: accounts from the command line. It makes the first one: no default password exists.

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand, ValueEnum};
use yuexiang_cloud::accounts::password::Password;
use yuexiang_cloud::accounts::people::Filter;
use yuexiang_cloud::accounts::tokens::TokenTerms;
use yuexiang_cloud::accounts::{Account, Accounts, Login};
use yuexiang_cloud::desk::rights::{Actor, Grant, Role};
use yuexiang_cloud::region::RegionCode;

use super::{Data, account, now, words};

/// Accounts and roles.
#[derive(Args)]
pub struct Admin {
    #[command(subcommand)]
    task: Task,
    #[command(flatten)]
    data: Data,
}

#[derive(Subcommand)]
enum Task {
    /// Make an account, with a first role if one is given.
    Create {
        login: String,
        /// The person's name.
        #[arg(long)]
        name: String,
        /// Where the person works, and where the role holds.
        #[arg(long)]
        region: RegionCode,
        #[arg(long)]
        role: Option<RoleName>,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// Grant a role in a region and everything below.
    Grant(RoleIn),
    /// Take a role back.
    Revoke(RoleIn),
    /// Keep an account out at once.
    Disable { login: String },
    /// Let a disabled account in again.
    Enable { login: String },
    /// List the accounts of a region and everything below.
    List {
        /// Part of a login or a name.
        #[arg(default_value = "")]
        words: String,
        #[arg(long)]
        role: Option<RoleName>,
    },
    /// Set a new password.
    ResetPassword {
        login: String,
        #[command(flatten)]
        password: PasswordFrom,
    },
    /// List the sessions of an account, or end them.
    Sessions {
        login: String,
        #[arg(long)]
        end: bool,
    },
    /// Make an API token for an account.
    Token {
        login: String,
        /// What people call it.
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: RoleName,
        #[arg(long)]
        region: RegionCode,
        #[arg(long, default_value_t = 90)]
        days: i64,
    },
    /// Link an account to its subject at the OpenID provider, or to none.
    Link {
        login: String,
        #[arg(long)]
        subject: Option<String>,
    },
}

#[derive(Args)]
struct RoleIn {
    login: String,
    #[arg(long)]
    role: RoleName,
    #[arg(long)]
    region: RegionCode,
}

/// Where a password comes from; it is asked for on the terminal when nothing is said.
#[derive(Args)]
struct PasswordFrom {
    /// Print a one-time link with which the person sets it, below the console's public address given.
    #[arg(long, value_name = "URL", conflicts_with = "password_stdin")]
    link: Option<url::Url>,
    /// Read it from the standard input.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Clone, Copy)]
struct RoleName(Role);

impl ValueEnum for RoleName {
    fn value_variants<'a>() -> &'a [RoleName] {
        const ALL: [RoleName; Role::ALL.len()] = {
            let mut all = [RoleName(Role::Editor); Role::ALL.len()];
            let mut n = 0;
            while n < all.len() {
                all[n] = RoleName(Role::ALL[n]);
                n += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.slug()).help(self.0.zh()))
    }
}

pub async fn run(admin: Admin) -> Result<(), String> {
    let accounts = admin.data.accounts().await?;
    let actor = Actor::command_line();
    match admin.task {
        Task::Create { login, name, region, role, password } => {
            let login: Login = login.parse().map_err(words)?;
            let role = role.map(|RoleName(role)| Grant { role, region });
            create(&accounts, &actor, &login, &name, region, role, &password).await
        }
        Task::Grant(RoleIn { login, role: RoleName(role), region }) => {
            let id = account(&accounts, &login).await?.id;
            accounts.grant(&actor, &id, Grant { role, region }, now()).await.map_err(words)
        }
        Task::Revoke(RoleIn { login, role: RoleName(role), region }) => {
            let id = account(&accounts, &login).await?.id;
            accounts.revoke(&actor, &id, Grant { role, region }, now()).await.map_err(words)
        }
        Task::Disable { login } => {
            let id = account(&accounts, &login).await?.id;
            accounts.disable(&actor, &id, now()).await.map_err(words)
        }
        Task::Enable { login } => {
            let id = account(&accounts, &login).await?.id;
            accounts.enable(&actor, &id, now()).await.map_err(words)
        }
        Task::List { words, role } => list(&accounts, &actor, words, role).await,
        Task::ResetPassword { login, password } => {
            let account = account(&accounts, &login).await?;
            let login = login.parse().map_err(words)?;
            let password = Chosen::take(&password, &login)?;
            give(&accounts, &actor, &account, password).await
        }
        Task::Sessions { login, end } => sessions(&accounts, &actor, &login, end).await,
        Task::Token { login, name, role: RoleName(role), region, days } => {
            let account = account(&accounts, &login).await?.id;
            let terms = TokenTerms { name, account, grant: Grant { role, region }, days };
            let (_, secret) = accounts.new_token(&actor, &terms, now()).await.map_err(words)?;
            println!("{secret}");
            Ok(())
        }
        Task::Link { login, subject } => {
            let id = account(&accounts, &login).await?.id;
            accounts.link_subject(&actor, &id, subject.as_deref(), now()).await.map_err(words)
        }
    }
}

async fn create(
    accounts: &Accounts,
    actor: &Actor,
    login: &Login,
    name: &str,
    region: RegionCode,
    role: Option<Grant>,
    password: &PasswordFrom,
) -> Result<(), String> {
    // Before anything is made: a password that is not good enough leaves no half account behind.
    let password = Chosen::take(password, login)?;
    let account = accounts.create(actor, login, name, region, now()).await.map_err(words)?;
    if let Some(grant) = role {
        accounts.grant(actor, &account.id, grant, now()).await.map_err(words)?;
    }
    give(accounts, actor, &account, password).await
}

/// A password, or the address under which the person sets one.
enum Chosen {
    Password(String),
    Link(url::Url),
}

impl Chosen {
    fn take(from: &PasswordFrom, login: &Login) -> Result<Chosen, String> {
        if let Some(url) = &from.link {
            return Ok(Chosen::Link(url.clone()));
        }
        let password = if from.password_stdin { read_password()? } else { ask_password()? };
        Password::new(login, &password).map_err(words)?;
        Ok(Chosen::Password(password))
    }
}

fn read_password() -> Result<String, String> {
    let mut text = String::new();
    let read = std::io::stdin().take(4_096).read_to_string(&mut text);
    read.map_err(|error| format!("reading the password: {error}"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn ask_password() -> Result<String, String> {
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to ask for the password: give --link URL or --password-stdin".to_owned());
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map_err(|error| format!("asking for the password: {error}"));
    let password = ask("密码 Password: ")?;
    if password != ask("再输一次 Again: ")? {
        return Err("the two passwords are different".to_owned());
    }
    Ok(password)
}

async fn give(accounts: &Accounts, actor: &Actor, account: &Account, chosen: Chosen) -> Result<(), String> {
    match chosen {
        Chosen::Password(password) => accounts.set_password(actor, &account.id, &password, now()).await.map_err(words),
        Chosen::Link(base) => {
            let secret = accounts.new_password_link(actor, &account.id, now()).await.map_err(words)?;
            let url = base.join(&format!("/console/password/{secret}")).map_err(words)?;
            println!("{url}");
            Ok(())
        }
    }
}

/// Accounts shown at once.
const PAGE: i64 = 500;

async fn list(accounts: &Accounts, actor: &Actor, search: String, role: Option<RoleName>) -> Result<(), String> {
    let mut filter = Filter { words: search, role: role.map(|RoleName(role)| role), after: String::new(), limit: PAGE };
    loop {
        let page = accounts.accounts(actor, &filter).await.map_err(words)?;
        let lines = page.iter().map(|account| {
            let roles: Vec<String> =
                account.grants.iter().map(|grant| format!("{}@{}", grant.role.slug(), grant.region)).collect();
            let state = if account.disabled { "disabled" } else { "enabled" };
            let Account { login, name, region, .. } = account;
            format!("{login}\t{name}\t{region}\t{state}\t{}", roles.join(" "))
        });
        super::show(lines)?;
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => filter.after.clone_from(&last.login),
            _ => return Ok(()),
        }
    }
}

async fn sessions(accounts: &Accounts, actor: &Actor, login: &str, end: bool) -> Result<(), String> {
    let id = account(accounts, login).await?.id;
    if end {
        let ended = accounts.end_sessions(actor, &id, None, now()).await.map_err(words)?;
        println!("{ended} ended");
        return Ok(());
    }
    for session in accounts.sessions(actor, &id, now()).await.map_err(words)? {
        let at =
            |seconds| jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string());
        println!("{}\t{}\t{}\t{}", at(session.created), at(session.seen), session.address, session.agent);
    }
    Ok(())
}
