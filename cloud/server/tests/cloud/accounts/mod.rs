//! Accounts, from the first administrator on the command line to a browser that is signed in.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value as Json;
use yuexiang_cloud::accounts::people::Filter;
use yuexiang_cloud::accounts::sessions::{Browser, IDLE, LIFE};
use yuexiang_cloud::accounts::sign_in::Credentials;
use yuexiang_cloud::accounts::tokens::TokenTerms;
use yuexiang_cloud::accounts::web::{RequireSession, Visitor, console_headers, protect, routes};
use yuexiang_cloud::accounts::{Account, AccountError, Accounts, Settings};
use yuexiang_cloud::db::Value;
use yuexiang_cloud::desk::rights::{Action, Actor, Grant, Role, Via};
use yuexiang_cloud::desk::{audit, log};
use yuexiang_cloud::region::RegionCode;

use crate::fixture::{NOW, PROVINCE, VILLAGE, World};

mod command_line;
mod http;
mod manage;
mod sign_in;

const COUNTY: &str = "440224000000";
const TOWN: &str = "440224103000";
const OTHER_TOWN: &str = "440224104000";
const PASSWORD: &str = "水稻 and 2 buffaloes";

fn code(text: &str) -> RegionCode {
    text.parse().expect("a code")
}

fn grant(role: Role, region: &str) -> Grant {
    Grant { role, region: code(region) }
}

/// A data folder with accounts.
struct Desk {
    world: World,
    accounts: Arc<Accounts>,
}

impl Desk {
    async fn new() -> Desk {
        let world = World::new();
        let accounts = Accounts::new(world.publisher().await, Settings::default()).expect("accounts").shared();
        Desk { world, accounts }
    }

    /// An account with a password and roles, made by the command line.
    async fn person(&self, login: &str, region: &str, grants: &[Grant]) -> Account {
        let root = Actor::command_line();
        let login = login.parse().expect("a login");
        let account = self.accounts.create(&root, &login, "陈文秀", code(region), NOW).await.expect("makes");
        self.accounts.set_password(&root, &account.id, PASSWORD, NOW).await.expect("sets");
        for grant in grants {
            self.accounts.grant(&root, &account.id, *grant, NOW).await.expect("grants");
        }
        self.accounts.account(&account.id).await.expect("is there")
    }

    /// Like [`Desk::person`], as the one who acts.
    async fn actor(&self, login: &str, region: &str, grants: &[Grant]) -> Actor {
        acting(&self.person(login, region, grants).await)
    }

    async fn sign_in(&self, login: &str, password: &str, now: i64) -> Result<String, AccountError> {
        self.sign_in_from("192.0.2.1", login, password, now).await
    }

    async fn sign_in_from(&self, address: &str, login: &str, password: &str, now: i64) -> Result<String, AccountError> {
        let address = Some(address.parse().expect("an address"));
        let browser = Browser { agent: "test".into(), address: String::new() };
        let credentials = Credentials { login, password, address, browser, previous: None };
        self.accounts.sign_in(credentials, now).await.map(|session| session.secret)
    }

    async fn is_in(&self, cookie: &str, now: i64) -> bool {
        self.accounts.session(cookie, now).await.expect("looks").is_some()
    }

    /// What boxes read of a region's reviewers: person, steps, until.
    fn reviewers(&self, region: &str) -> Vec<(String, Vec<String>, Option<i64>)> {
        let review = self.world.target(region, "review.json");
        let text = |value: &Json| value.as_str().expect("text").to_owned();
        let list = review["reviewers"].as_array().expect("a list");
        let read = |one: &Json| {
            let steps = one["steps"].as_array().expect("steps").iter().map(text).collect();
            (text(&one["person"]), steps, one["until"].as_i64())
        };
        list.iter().map(read).collect()
    }

    /// Actions in the log of a region.
    async fn logged(&self, region: &str) -> Vec<String> {
        let sql = "SELECT action FROM log WHERE region = $1 ORDER BY seq";
        let db = &self.accounts.publisher.store.db;
        let rows: Vec<(String,)> = db.all("reading the log", sql, vec![Value::from(region)]).await.expect("reads");
        rows.into_iter().map(|(action,)| action).collect()
    }

    async fn execute(&self, sql: &str) {
        self.accounts.publisher.store.db.execute("tampering", sql, Vec::new()).await.expect("runs");
    }
}

fn acting(account: &Account) -> Actor {
    let via = Via::Session("none".into());
    Actor::new(&account.id, &account.name, account.grants.clone(), via)
}

#[track_caller]
fn check_forbidden<T>(result: Result<T, AccountError>) {
    assert!(matches!(result.err(), Some(AccountError::Forbidden(_))), "was allowed or failed otherwise");
}

fn filter(words: &str) -> Filter {
    Filter { words: words.into(), limit: 100, ..Filter::default() }
}
