//! Signing in at an OpenID provider: authorization code flow with PKCE and a nonce (OpenID Connect Core, 3.1).
//!
//! What must be the same at the end as at the beginning (state, nonce, PKCE verifier, where to go) travels in a cookie
//! that is sealed with the installation's master key and lives ten minutes, so that any process can finish what another
//! has begun. Nobody gets an account by signing in elsewhere: accounts are linked by an administrator, or, where that is
//! configured, at the first time by a name that the provider vouches for.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{Query, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::people::{managed, note};
use super::sessions::{Browser, NewSession};
use super::web::{Cookie, LOGIN, back, browser, read_cookie, safe_next, session_cookie, welcome};
use super::{AccountError, Accounts, Login, Settings, secret};
use crate::db::args;
use crate::desk::rights::{Actor, Via};
use crate::keys::KeyError;

/// How long somebody may take at the provider, in seconds.
const PATIENCE: i64 = 600;
/// How long the provider may take to answer us.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Answers of the provider are at most this long, in bytes.
const LARGEST: usize = 1 << 20;
/// What the cookie is sealed under.
const SEALED_AS: &str = "oidc";
/// Below the public address.
const CALLBACK: &str = "console/login/oidc/callback";

/// How accounts that have never signed in there are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkBy {
    /// Not at all: an administrator links them.
    #[default]
    Subject,
    /// By a login that equals the provider's `preferred_username`, or an e-mail address that it has verified.
    Login,
}

/// Which provider, and what we are called there.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// What the button says.
    pub name: String,
    pub link_by: LinkBy,
}

/// A provider at which people sign in.
pub struct Oidc {
    settings: OidcSettings,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: Http,
}

/// What the cookie carries from the beginning to the end.
#[derive(Serialize, Deserialize)]
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    next: Option<String>,
    expires: i64,
}

/// What the provider says of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Issuer and subject: nobody else's for ever.
    pub subject: String,
    /// Names that the provider vouches for.
    pub names: Vec<String>,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl Oidc {
    /// `accounts` says under which public address the provider sends people back.
    pub fn new(settings: OidcSettings, accounts: &Settings) -> Result<Oidc, AccountError> {
        let public = accounts.public_url.as_ref().ok_or_else(|| failed("the public address is not configured"))?;
        let redirect = public.join(CALLBACK).map_err(failed)?;
        let client = reqwest::Client::builder()
            // Following a redirection could make us ask addresses within our own network.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(failed)?;
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(failed)?;
        Ok(Oidc { settings, issuer, redirect: RedirectUrl::from_url(redirect), http: Http(client) })
    }

    /// What the button says.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Asks the provider for its addresses and keys, each time: people sign in rarely, and keys change.
    async fn client(&self) -> Result<Client, AccountError> {
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await.map_err(failed)?;
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(self.settings.client_id.clone()), secret);
        Ok(client.set_redirect_uri(self.redirect.clone()))
    }

    /// The provider's address to send the browser to, and what has to come back.
    async fn begin(&self, next: Option<&str>, now: i64) -> Result<(String, Begun), AccountError> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client().await?;
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            next: next.map(str::to_owned),
            expires: now + PATIENCE,
        };
        Ok((url.to_string(), begun))
    }

    /// Changes the code for an ID token and believes it if everything fits.
    async fn person(&self, begun: &Begun, code: &str, now: i64) -> Result<Person, AccountError> {
        let client = self.client().await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(failed)?;
        let exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()));
        let response = exchange.request_async(&self.http).await.map_err(failed)?;
        let token = response.id_token().ok_or_else(|| failed("the provider gave no ID token"))?;
        let claims = checked(&client, token, &begun.nonce, now)?;
        if let Some(expected) = claims.access_token_hash() {
            let verifier = client.id_token_verifier();
            let algorithm = token.signing_alg().map_err(failed)?;
            let key = token.signing_key(&verifier).map_err(failed)?;
            let actual = AccessTokenHash::from_token(response.access_token(), algorithm, key).map_err(failed)?;
            if actual != *expected {
                return Err(failed("the access token is not the one that the ID token speaks of"));
            }
        }
        let mut person = self.described(claims);
        // Providers that follow the specification to the letter (OpenID Connect Core, 5.4) tell names here alone.
        if self.settings.link_by == LinkBy::Login && person.names.is_empty() {
            let subject = Some(claims.subject().clone());
            let request = client.user_info(response.access_token().clone(), subject).map_err(failed)?;
            let told: CoreUserInfoClaims = request.request_async(&self.http).await.map_err(failed)?;
            let name = told.preferred_username().map(|name| name.to_string());
            let email = told.email().filter(|_| told.email_verified() == Some(true)).map(|email| email.to_string());
            person.names.extend(name.into_iter().chain(email));
        }
        Ok(person)
    }

    /// Checks an ID token as it stands: signature, issuer, audience, time and nonce (OpenID Connect Core, 3.1.3.7).
    pub async fn verify(&self, token: &str, nonce: &str, now: i64) -> Result<Person, AccountError> {
        let client = self.client().await?;
        let token: CoreIdToken = token.parse().map_err(failed)?;
        Ok(self.described(checked(&client, &token, nonce, now)?))
    }

    fn described(&self, claims: &CoreIdTokenClaims) -> Person {
        let name = claims.preferred_username().map(|name| name.to_string());
        let email = claims.email().filter(|_| claims.email_verified() == Some(true)).map(|email| email.to_string());
        let subject = format!("{} {}", self.settings.issuer, claims.subject().as_str());
        Person { subject, names: name.into_iter().chain(email).collect() }
    }
}

fn checked<'t>(
    client: &Client,
    token: &'t CoreIdToken,
    nonce: &str,
    now: i64,
) -> Result<&'t CoreIdTokenClaims, AccountError> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.max(0) as u64);
    let verifier = client.id_token_verifier().set_time_fn(move || now.into());
    token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(failed)
}

impl Accounts {
    /// Links an account to a subject at the provider, or to none.
    pub async fn link_subject(
        &self,
        actor: &Actor,
        id: &str,
        subject: Option<&str>,
        now: i64,
    ) -> Result<(), AccountError> {
        let oidc = self.oidc.as_ref().ok_or_else(|| failed("no OpenID provider is configured"))?;
        let subject = subject.map(|subject| format!("{} {subject}", oidc.settings.issuer));
        let mut change = self.account_change().await?;
        let account = managed(&mut change.tx, actor, id).await?;
        let sql = "UPDATE account SET subject = $1 WHERE id = $2";
        let done = change.tx.execute("linking an account", sql, args![subject.clone(), id]).await;
        done.map_err(|error| match error.is_unique_violation() {
            true => AccountError::Taken(subject.clone().unwrap_or_default()),
            false => error.into(),
        })?;
        note(&mut change.tx, actor, account.region, "account-link", id, json!({ "subject": subject }), now).await?;
        Ok(change.commit().await?)
    }

    /// Begins: the address to go to, and the cookie's value.
    pub async fn begin_oidc(&self, next: Option<&str>, now: i64) -> Result<(String, String), AccountError> {
        let oidc = self.oidc.as_ref().ok_or_else(|| failed("no OpenID provider is configured"))?;
        let (url, begun) = oidc.begin(next, now).await?;
        let text = serde_json::to_vec(&begun).map_err(failed)?;
        let sealed = self.publisher.master.seal(SEALED_AS, &text).map_err(KeyError::from)?;
        Ok((url, URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Finishes: opens a session for the person who comes back with the cookie. Also returns where to go.
    pub async fn finish_oidc(
        &self,
        cookie: &str,
        answer: &Answer,
        browser: &Browser,
        previous: Option<&str>,
        now: i64,
    ) -> Result<(NewSession, Option<String>), AccountError> {
        let oidc = self.oidc.as_ref().ok_or_else(|| failed("no OpenID provider is configured"))?;
        let begun = self.begun(cookie)?;
        if begun.expires <= now {
            return Err(failed("it took too long"));
        }
        if !secret::equal(&begun.state, answer.state.as_deref().unwrap_or_default()) {
            return Err(failed("the answer belongs to another attempt"));
        }
        if let Some(error) = &answer.error {
            return Err(failed(format!("the provider says `{}`", error.escape_debug())));
        }
        let code = answer.code.as_deref().ok_or_else(|| failed("the provider gave no code"))?;
        let person = oidc.person(&begun, code, now).await?;
        let id = self.linked(oidc, &person, now).await?;
        let session = self.open_session(&id, browser, previous, "oidc", now).await?;
        Ok((session, begun.next))
    }

    fn begun(&self, cookie: &str) -> Result<Begun, AccountError> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).map_err(failed)?;
        let text = self.publisher.master.open_sealed(SEALED_AS, &sealed).map_err(failed)?;
        serde_json::from_slice(&text).map_err(failed)
    }

    /// The account of a person; perhaps linked this moment.
    async fn linked(&self, oidc: &Oidc, person: &Person, now: i64) -> Result<String, AccountError> {
        let mut change = self.account_change().await?;
        let sql = "SELECT id FROM account WHERE subject = $1 AND disabled = 0 AND login IS NOT NULL";
        let row: Option<(String,)> = change.tx.optional("looking for a subject", sql, args![&person.subject]).await?;
        if let Some((id,)) = row {
            change.abandon().await?;
            return Ok(id);
        }
        let names = person.names.iter().filter(|_| oidc.settings.link_by == LinkBy::Login);
        for login in names.filter_map(|name| name.parse::<Login>().ok()) {
            let sql = "UPDATE account SET subject = $1 WHERE login = $2 AND subject IS NULL AND disabled = 0
                       RETURNING id, name, region";
            let values = args![&person.subject, login.as_str()];
            let row: Option<(String, String, String)> = change.tx.optional("linking an account", sql, values).await?;
            if let Some((id, name, region)) = row {
                let region = region.parse().map_err(failed)?;
                let actor = Actor::new(&id, name, Vec::new(), Via::CommandLine);
                let detail = json!({ "subject": person.subject });
                note(&mut change.tx, &actor, region, "account-link", &id, detail, now).await?;
                change.commit().await?;
                return Ok(id);
            }
        }
        change.abandon().await?;
        tracing::warn!(subject = %person.subject, "somebody without an account was sent by the OpenID provider");
        Err(AccountError::OidcUnknown)
    }
}

/// What comes back in the address.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Answer {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
}

#[derive(Deserialize)]
pub struct Start {
    next: Option<String>,
}

/// `GET /console/login/oidc`
pub async fn start(State(accounts): State<Arc<Accounts>>, Query(start): Query<Start>) -> Response {
    let next = start.next.as_deref().map(|next| safe_next(Some(next)));
    match accounts.begin_oidc(next, jiff::Timestamp::now().as_second()).await {
        Ok((url, value)) => {
            let mut response = Redirect::to(&url).into_response();
            let cookie = Cookie::new(&accounts.settings, cookie_name(&accounts.settings), &value, PATIENCE);
            match cookie.put(response.headers_mut()) {
                Ok(()) => response,
                Err(error) => error.into(),
            }
        }
        Err(error) => back(LOGIN, error, next),
    }
}

/// `GET /console/login/oidc/callback`
pub async fn finish(State(accounts): State<Arc<Accounts>>, Query(answer): Query<Answer>, parts: Parts) -> Response {
    let now = jiff::Timestamp::now().as_second();
    let name = cookie_name(&accounts.settings);
    let cookie = read_cookie(&parts.headers, name).unwrap_or_default();
    let previous = session_cookie(&accounts, &parts.headers);
    let browser = browser(&accounts, &parts);
    let finished = accounts.finish_oidc(&cookie, &answer, &browser, previous.as_deref(), now).await;
    let mut response = match finished {
        Ok((session, next)) => welcome(&accounts, &session, next.as_deref()),
        Err(error) => back(LOGIN, error, None),
    };
    // Used once, whatever came of it.
    match Cookie::new(&accounts.settings, name, "", 0).put(response.headers_mut()) {
        Ok(()) => response,
        Err(error) => error.into(),
    }
}

fn cookie_name(settings: &Settings) -> &'static str {
    if settings.is_secure() { "__Host-yuexiang-oidc" } else { "yuexiang-oidc" }
}

fn failed(error: impl std::fmt::Display) -> AccountError {
    AccountError::Oidc(error.to_string())
}

/// Our HTTP client in the words of the `openidconnect` crate, which knows an earlier version of it.
struct Http(reqwest::Client);

#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("asking the OpenID provider: {0}")]
    Request(#[from] reqwest::Error),
    #[error("the OpenID provider's answer is too long")]
    TooLong,
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut answer = self.0.execute(request.try_into()?).await?;
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > LARGEST {
                    return Err(HttpError::TooLong);
                }
            }
            let mut response = HttpResponse::new(body);
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            Ok(response)
        })
    }
}
