//! GET, within limits of time and size.

use crate::{Failure, FailureKind, TunerOptions, redirect};
use reqwest::header::{CONTENT_TYPE, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use std::error::Error;
use std::time::Duration;

#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    /// Follows nothing.
    plain: Client,
    idle: Duration,
}

/// An answer whose body comes bit by bit.
pub struct Body {
    response: Response,
    /// Where the bytes come from in the end, for what is named relative to it.
    pub url: Url,
    /// The server has honoured the range that was asked for.
    pub partial: bool,
    idle: Duration,
    got: u64,
}

impl Fetcher {
    pub fn new(options: &TunerOptions) -> Result<Fetcher, reqwest::Error> {
        let builder = |redirects: Policy| {
            Client::builder()
                .user_agent(&options.user_agent)
                .redirect(redirects)
                .no_proxy()
                .referer(false)
                .connect_timeout(options.connect_timeout)
                // A server restarts more often than it says; a connection that has been still is opened anew.
                .pool_idle_timeout(Duration::from_secs(15))
                .pool_max_idle_per_host(2)
        };
        let client = |redirects: fn() -> Policy| {
            builder(redirects()).build().or_else(|error| {
                // A system without root certificates still has its services over HTTP.
                tracing::error!("live services over HTTPS cannot be received: {error}");
                builder(redirects()).tls_certs_only([]).build()
            })
        };
        let (client, plain) = (client(redirect::of_a_service)?, client(Policy::none)?);
        Ok(Fetcher { client, plain, idle: options.idle_timeout })
    }

    /// Where the answer to this address leads. Only the first byte is asked for.
    pub async fn redirected(&self, url: &str) -> Result<String, Failure> {
        let parsed = Url::parse(url).map_err(|error| Failure::unsupported(format!("{url}: {error}")))?;
        let answer = self.plain.get(parsed.clone()).header(RANGE, "bytes=0-0").send();
        let response = tokio::time::timeout(self.idle, answer)
            .await
            .map_err(|_| Failure::network(format!("{url}: no answer within {} s", self.idle.as_secs_f32())))?
            .map_err(|error| Failure::network(format!("{url}: {}", causes(&error))))?;
        let leads_on = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        match response.headers().get(LOCATION).filter(|_| leads_on).map(|location| location.to_str()) {
            Some(Ok(location)) => redirect::follow(&parsed, location).map(String::from),
            Some(Err(_)) => Err(Failure::network(format!("{url}: redirected to what is no address"))),
            // It has changed its mind.
            None if response.status().is_success() => Ok(url.to_owned()),
            None => Err(Failure::network(format!("{url}: HTTP status {}", response.status().as_u16()))),
        }
    }

    /// `range`: first byte, and how many; without a number to the end.
    pub async fn get(&self, url: &str, range: Option<(u64, Option<u64>)>) -> Result<Body, Failure> {
        let parsed = Url::parse(url).map_err(|error| Failure::unsupported(format!("{url}: {error}")))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Failure::unsupported(format!("{url}: only http and https are received")));
        }
        let mut request = self.client.get(parsed);
        if let Some((from, length)) = range {
            let last = length.map_or_else(String::new, |length| (from + length).saturating_sub(1).to_string());
            request = request.header(RANGE, format!("bytes={from}-{last}"));
        }
        let answer = tokio::time::timeout(self.idle, request.send()).await;
        let response = answer
            .map_err(|_| Failure::network(format!("{url}: no answer within {} s", self.idle.as_secs_f32())))?
            .map_err(|error| Failure::network(format!("{url}: {}", causes(&error))))?;
        let status = response.status();
        if !status.is_success() {
            let kind = match status {
                StatusCode::NOT_FOUND | StatusCode::GONE => FailureKind::Missing,
                _ => FailureKind::Network,
            };
            return Err(Failure { kind, detail: format!("{url}: HTTP status {}", status.as_u16()) });
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.to_ascii_lowercase().starts_with("text/html") {
            return Err(web_page(url));
        }
        let partial = status == StatusCode::PARTIAL_CONTENT;
        Ok(Body { url: response.url().clone(), response, partial, idle: self.idle, got: 0 })
    }
}

/// A captive portal, or a server that has moved.
pub fn web_page(url: &str) -> Failure {
    Failure::unsupported(format!("{url}: a web page instead of a stream"))
}

impl Body {
    /// The next bytes; `None` at the end. A body that is shorter than announced is an error.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let next = tokio::time::timeout(self.idle, self.response.chunk()).await;
        let url = &self.url;
        let next = next
            .map_err(|_| Failure::network(format!("{url}: nothing has come for {} s", self.idle.as_secs_f32())))?
            .map_err(|error| Failure::network(format!("{url}: {}", causes(&error))))?;
        self.got += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(next.map(Vec::from))
    }

    /// The whole body, after what has been read of it, at most `limit` bytes.
    pub async fn rest(mut self, mut begin: Vec<u8>, limit: usize) -> Result<Vec<u8>, Failure> {
        while let Some(chunk) = self.chunk().await? {
            begin.extend_from_slice(&chunk);
            if begin.len() > limit {
                return Err(Failure::unsupported(format!("{}: longer than {limit} bytes", self.url)));
            }
        }
        Ok(begin)
    }
}

/// An error with what lies beneath it: reqwest's own text says only that something failed.
fn causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "connection failed".to_owned() };
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
