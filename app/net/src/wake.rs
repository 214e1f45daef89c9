//! The line on which the cloud says that a region has published (MQTT 5).
//!
//! Everything that comes over it is a hint. It may be silent, lie or be out of reach without harm: the rounds of the
//! synchronization find what is new anyway.

use crate::Events;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectProperties, Filter, Packet, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, MqttOptions};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::time::{Duration, Instant};
use yuexiang_core::event::NetEvent;
use yuexiang_core::region::RegionCode;
use yuexiang_wire::wake;

const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Seconds.
const CONNECT_TIMEOUT: u64 = 10;
/// The wait before the second attempt; it doubles up to the longest.
const RETRY_FIRST: Duration = Duration::from_secs(2);
const RETRY_LONGEST: Duration = Duration::from_secs(300);
/// A line that held so long was not refused.
const HELD: Duration = Duration::from_secs(60);

/// Where the cloud's broker is: `mqtt://host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeUrl {
    /// An IPv6 address stands in brackets.
    host: String,
    port: u16,
}

impl WakeUrl {
    /// Where the broker of a cloud at an `http(s)` address is unless something else is said: at the usual port beside it.
    pub fn beside(cloud: &str) -> Option<WakeUrl> {
        let url = reqwest::Url::parse(cloud).ok()?;
        Some(WakeUrl { host: url.host_str()?.to_owned(), port: wake::PORT })
    }
}

impl fmt::Display for WakeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}:{}", self.host, self.port)
    }
}

impl FromStr for WakeUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<WakeUrl, String> {
        let wrong = || format!("`{text}` is not an address such as mqtt://tv.example.cn:1883");
        let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
        let host = url.host_str().filter(|host| url.scheme() == "mqtt" && is_bare && !host.is_empty());
        let host = host.ok_or_else(wrong)?;
        Ok(WakeUrl { host: host.to_owned(), port: url.port().unwrap_or(wake::PORT) })
    }
}

/// Listens for news of these regions, for ever; when the line is lost it is laid again.
pub(crate) async fn listen(at: WakeUrl, regions: Vec<RegionCode>, events: Events) {
    let mut failures = 0;
    loop {
        let begun = Instant::now();
        let error = line(&at, &regions, &events).await;
        failures = if begun.elapsed() >= HELD { 1 } else { failures + 1 };
        let wait = retry_wait(failures);
        tracing::debug!(%at, %error, ?wait, "MQTT connection failed; polling until it is back");
        tokio::time::sleep(wait).await;
    }
}

/// Holds one line until it breaks.
async fn line(at: &WakeUrl, regions: &[RegionCode], events: &Events) -> ConnectionError {
    // The broker gives the box a name for the time of the connection: nobody can count or follow boxes by it.
    let mut options = MqttOptions::new("", at.host.clone(), at.port);
    options.set_keep_alive(KEEP_ALIVE);
    options.set_connect_properties(ConnectProperties {
        session_expiry_interval: Some(0),
        max_packet_size: Some(wake::MESSAGE_LIMIT as u32),
        ..ConnectProperties::new()
    });
    options.set_connection_timeout(CONNECT_TIMEOUT);
    let (client, mut connection) = AsyncClient::new(options, 10);
    loop {
        match connection.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                let filter = |code: &RegionCode| Filter::new(wake::topic(&code.to_string()), QoS::AtMostOnce);
                if client.try_subscribe_many(regions.iter().map(filter)).is_err() {
                    return ConnectionError::RequestsDone;
                }
                tracing::info!(%at, "MQTT connected");
            }
            Ok(Event::Incoming(Packet::Publish(message))) => match read(&message) {
                Some((region, within)) => events(NetEvent::Woken { region, within }),
                None => tracing::warn!(%at, "MQTT message without a region ignored"),
            },
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

fn read(message: &Publish) -> Option<(RegionCode, u64)> {
    let region = wake::region(std::str::from_utf8(&message.topic).ok()?)?.parse().ok()?;
    let wake: wake::Wake = serde_json::from_slice(&message.payload).ok()?;
    Some((region, u64::from(wake.within.min(wake::WITHIN_LIMIT))))
}

/// Half of it is left to chance, so that a province whose broker comes back is not there all at once.
fn retry_wait(failures: u32) -> Duration {
    let full = RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(RETRY_LONGEST);
    // The standard library seeds every such state at random.
    let chance = RandomState::new().hash_one(failures) % 1_000;
    full / 2 + (full / 2).mul_f64(chance as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_perhaps_a_port() {
        let read = |text: &str| text.parse::<WakeUrl>().map(|url| url.to_string());
        assert_eq!(read("mqtt://tv.example.cn").as_deref(), Ok("mqtt://tv.example.cn:1883"));
        assert_eq!(read("mqtt://[::1]:1884").as_deref(), Ok("mqtt://[::1]:1884"));
        for wrong in ["tv.example.cn", "http://tv.example.cn", "mqtt://", "mqtt://a/b", "mqtt://me@a", "mqtts://a"] {
            assert!(read(wrong).is_err_and(|error| error.contains(wrong)), "{wrong}");
        }
        let beside = |cloud| WakeUrl::beside(cloud).map(|url| url.to_string());
        assert_eq!(beside("https://tv.example.cn:8443/x/").as_deref(), Some("mqtt://tv.example.cn:1883"));
    }

    #[test]
    fn attempts_become_rarer_and_never_stop() {
        for (failures, full) in [(1, 2), (2, 4), (5, 32), (9, 300), (u32::MAX, 300)] {
            let wait = retry_wait(failures);
            assert!(
                (Duration::from_secs(full) / 2..=Duration::from_secs(full)).contains(&wait),
                "{failures}: {wait:?}"
            );
        }
    }

    #[test]
    fn a_message_that_is_none_is_passed_over() {
        let message = |topic: &str, payload: &str| {
            read(&Publish::new(topic.to_owned(), QoS::AtMostOnce, payload.to_owned(), None))
        };
        let topic = wake::topic("440224103201");
        let region: RegionCode = "440224103201".parse().expect("a code");
        assert_eq!(message(&topic, r#"{"format":2,"within":500}"#), Some((region, 500)));
        assert_eq!(message(&topic, r#"{"format":3,"within":4294967295,"more":1}"#), Some((region, 60_000)));
        for (topic, payload) in
            [(topic.as_str(), "{}"), (&topic, "\u{0}"), ("yuexiang/else", r#"{"format":2,"within":1}"#)]
        {
            assert_eq!(message(topic, payload), None, "{topic} {payload}");
        }
    }
}
