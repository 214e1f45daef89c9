//! Waking boxes when something was published: an MQTT 5 broker on which the cloud alone speaks.
//!
//! Each process has one and tells its own boxes, whichever process published. A message brings a box's next question
//! forward and is believed in nothing else, so the line needs no secrets: everybody may listen, and nobody may speak.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::config::StorageConfig;
use mqtt5::broker::resource_monitor::ResourceMonitor;
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::sys_topics::BrokerStats;
use mqtt5::broker::transport::BrokerTransport;
use mqtt5::broker::{BrokerConfig, MqttBroker, QoS};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::packet::publish::PublishPacket;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinHandle;
use yuexiang_wire::{FORMAT, wake};

use super::connections::accept;
use super::gate::Gate;
use crate::region::RegionCode;

/// Boxes of one process; beyond them, a box learns by its rounds.
const BOXES: usize = 20_000;
/// Questions that a process answers easily, in a millisecond.
const EASY: usize = 2;
/// Levels of a lineage.
const TOPICS: usize = 5;
/// What a box says in a second at most; it has nothing to say but that it is there.
const MESSAGES: u32 = 10;
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// The line to this process's boxes.
pub struct Wake {
    router: Arc<MessageRouter>,
    stats: Arc<BrokerStats>,
    pub address: SocketAddr,
}

impl Wake {
    /// Opens the line, on which one address may have `each` connections. It ends with the task.
    pub async fn open(address: SocketAddr, each: usize) -> io::Result<(Wake, JoinHandle<()>)> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let config = config();
        let mut broker = MqttBroker::with_config(config.clone()).await.map_err(io::Error::other)?;
        let wake = Wake { router: broker.router(), stats: broker.stats(), address };
        let line = Line {
            room: Arc::new(Semaphore::new(config.max_clients)),
            gate: Gate::new(each),
            config: Arc::new(config),
            router: broker.router(),
            stats: broker.stats(),
            monitor: broker.resource_monitor(),
        };
        let task = tokio::spawn(async move {
            tokio::select! {
                () = line.serve(listener) => {}
                ended = broker.run() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "the line that wakes boxes ended; they learn by their rounds");
                    }
                }
            }
        });
        Ok((wake, task))
    }

    /// Tells the boxes below that these regions have published.
    pub async fn tell(&self, regions: &[RegionCode]) {
        let boxes = self.stats.clients_connected.load(Ordering::Relaxed);
        let within = u32::try_from(boxes / EASY).unwrap_or(u32::MAX).min(wake::WITHIN_LIMIT);
        let Ok(message) = serde_json::to_vec(&wake::Wake { format: FORMAT, within }) else { return };
        for region in regions {
            let topic = wake::topic(&region.to_string());
            let message = PublishPacket::new(topic, message.clone(), QoS::AtMostOnce);
            self.router.route_message_local_only(&message, None).await;
        }
    }
}

/// The broker's own listener counts a connection only once it has introduced itself, and lets one address have ten
/// thousand. So connections are taken in here, and given to the broker's own handler, which wants to hear a CONNECT within
/// ten seconds and a sign of life within each [`KEEP_ALIVE`].
struct Line {
    room: Arc<Semaphore>,
    gate: Gate,
    config: Arc<BrokerConfig>,
    router: Arc<MessageRouter>,
    stats: Arc<BrokerStats>,
    monitor: Arc<ResourceMonitor>,
}

impl Line {
    async fn serve(&self, listener: TcpListener) {
        // Handlers end with the runtime: what they would have to say to a box, its rounds tell it as well.
        let (ends, _) = broadcast::channel(1);
        loop {
            let (stream, peer, permit) = accept(&listener, &self.room).await;
            let Some(ticket) = self.gate.enter(peer.ip()) else {
                tracing::debug!(%peer, "MQTT connection refused: this address has too many open");
                continue;
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection stays with Nagle's algorithm");
            }
            let handler = ClientHandler::new(
                BrokerTransport::tcp(stream),
                peer,
                self.config.clone(),
                self.router.clone(),
                Arc::new(Listeners),
                None,
                self.stats.clone(),
                self.monitor.clone(),
                ends.subscribe(),
            );
            tokio::spawn(async move {
                if let Err(error) = handler.run().await {
                    tracing::debug!(%error, %peer, "MQTT connection ended");
                }
                drop((permit, ticket));
            });
        }
    }
}

fn config() -> BrokerConfig {
    BrokerConfig {
        // The broker insists on a listener; nobody is told of this one.
        bind_addresses: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        max_clients: boxes(),
        session_expiry_interval: Duration::ZERO,
        max_packet_size: wake::MESSAGE_LIMIT,
        topic_alias_maximum: 0,
        retain_available: false,
        maximum_qos: 0,
        wildcard_subscription_available: false,
        subscription_identifier_available: false,
        shared_subscription_available: false,
        max_subscriptions_per_client: TOPICS,
        client_channel_capacity: 16,
        server_keep_alive: Some(KEEP_ALIVE),
        storage_config: StorageConfig { enable_persistence: false, ..StorageConfig::default() },
        sys_topics_enabled: false,
        max_message_rate_per_client: MESSAGES,
        ..BrokerConfig::default()
    }
}

/// Half of the files that the process may open are left to requests.
fn boxes() -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    files.and_then(|files| usize::try_from(files / 2).ok()).map_or(BOXES, |half| half.clamp(1, BOXES))
}

/// Everybody may listen to what regions publish; nobody may say anything.
struct Listeners;

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for Listeners {
    fn authenticate<'a>(
        &'a self,
        _connect: &'a ConnectPacket,
        _client: SocketAddr,
    ) -> Answer<'a, mqtt5::error::Result<AuthResult>> {
        Box::pin(async { Ok(AuthResult::success()) })
    }

    fn authorize_publish<'a>(&'a self, _client: &str, _user: Option<&'a str>, _topic: &'a str) -> Answer<'a, bool> {
        Box::pin(async { false })
    }

    fn authorize_subscribe<'a>(&'a self, _client: &str, _user: Option<&'a str>, filter: &'a str) -> Answer<'a, bool> {
        Box::pin(async move { wake::region(filter).is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rumqttc::v5::mqttbytes::v5::{Filter, Packet, SubscribeReasonCode};
    use rumqttc::v5::mqttbytes::{self};
    use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};

    const PATIENCE: Duration = Duration::from_secs(10);

    async fn open() -> (Wake, JoinHandle<()>) {
        Wake::open(([127, 0, 0, 1], 0).into(), 64).await.expect("a port is free")
    }

    /// Somebody on the line, with what was answered to the wish to listen.
    async fn listener(wake: &Wake, topics: &[&str]) -> (AsyncClient, EventLoop, Vec<SubscribeReasonCode>) {
        let options = MqttOptions::new("", wake.address.ip().to_string(), wake.address.port());
        let (client, mut line) = AsyncClient::new(options, 10);
        let filters = topics.iter().map(|topic| Filter::new(*topic, mqttbytes::QoS::AtMostOnce));
        client.try_subscribe_many(filters).expect("it can be asked for");
        loop {
            let event = tokio::time::timeout(PATIENCE, line.poll()).await.expect("answered in time");
            if let Event::Incoming(Packet::SubAck(answer)) = event.expect("the line holds") {
                return (client, line, answer.return_codes);
            }
        }
    }

    async fn heard(line: &mut EventLoop) -> (String, String) {
        loop {
            let event = tokio::time::timeout(PATIENCE, line.poll()).await.expect("heard in time");
            if let Event::Incoming(Packet::Publish(message)) = event.expect("the line holds") {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                return (text(&message.topic), text(&message.payload));
            }
        }
    }

    fn code(text: &str) -> RegionCode {
        text.parse().expect("a code")
    }

    #[tokio::test]
    async fn who_listens_for_a_region_hears_when_it_publishes() {
        let (wake, _task) = open().await;
        let own = ["440224103201", "440224103000"].map(wake::topic);
        let (_client, mut line, answers) = listener(&wake, &[&own[0], &own[1]]).await;
        assert!(answers.iter().all(|answer| matches!(answer, SubscribeReasonCode::Success(_))), "{answers:?}");
        wake.tell(&[code("440300000000"), code("440224103000")]).await;
        wake.tell(&[code("440224103201")]).await;
        let message = r#"{"format":2,"within":0}"#.to_owned();
        assert_eq!(heard(&mut line).await, (own[1].clone(), message.clone()));
        assert_eq!(heard(&mut line).await, (own[0].clone(), message));
    }

    #[tokio::test]
    async fn nobody_but_the_cloud_speaks() {
        let (wake, _task) = open().await;
        let topic = wake::topic("440224103201");
        let (_client, mut line, _) = listener(&wake, &[&topic]).await;
        let (liar, mut lies, _) = listener(&wake, &[&topic]).await;
        for retained in [false, true] {
            liar.try_publish(topic.as_str(), mqttbytes::QoS::AtMostOnce, retained, "a lie").expect("it can be sent");
        }
        // It is sent, and answered with the end of the line or not at all.
        let end = tokio::time::Instant::now() + Duration::from_millis(500);
        while tokio::time::timeout_at(end, lies.poll()).await.is_ok_and(|event| event.is_ok()) {}
        wake.tell(&[code("440224103201")]).await;
        let (_, message) = heard(&mut line).await;
        assert!(message.starts_with("{\"format\":2,"), "{message}");
    }

    #[tokio::test]
    async fn nobody_listens_to_everything() {
        let (wake, _task) = open().await;
        for everything in ["#", "yuexiang/#", "yuexiang/regions/+/published", "$SYS/#", "yuexiang/regions/44/published"]
        {
            let options = MqttOptions::new("", wake.address.ip().to_string(), wake.address.port());
            let (client, mut line) = AsyncClient::new(options, 10);
            client.try_subscribe(everything, mqttbytes::QoS::AtMostOnce).expect("it can be asked for");
            let refused = loop {
                match tokio::time::timeout(PATIENCE, line.poll()).await.expect("answered in time") {
                    Ok(Event::Incoming(Packet::SubAck(answer))) => {
                        break answer.return_codes.iter().all(|code| !matches!(code, SubscribeReasonCode::Success(_)));
                    }
                    Ok(_) => {}
                    Err(_) => break true,
                }
            };
            assert!(refused, "{everything}");
        }
    }

    #[tokio::test]
    async fn one_address_holds_so_many_connections_that_say_nothing_and_no_more() {
        use tokio::io::AsyncReadExt;
        let (wake, _task) = Wake::open(([127, 0, 0, 1], 0).into(), 3).await.expect("a port is free");
        let topic = wake::topic("440224103201");
        let (_client, mut line, _) = listener(&wake, &[&topic]).await;
        let mut silent = Vec::new();
        for _ in 0..2 {
            silent.push(tokio::net::TcpStream::connect(wake.address).await.expect("connects"));
        }
        let mut one_more = tokio::net::TcpStream::connect(wake.address).await.expect("connects");
        let end = tokio::time::timeout(PATIENCE, one_more.read(&mut [0; 16])).await.expect("it is closed");
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        // Those that say nothing are shown out in the end, and their places are free again.
        for stream in &mut silent {
            let end = tokio::time::timeout(2 * PATIENCE, stream.read(&mut [0; 16])).await.expect("it is closed");
            assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        }
        let (_another, _its_line, answers) = listener(&wake, &[&topic]).await;
        assert!(answers.iter().all(|answer| matches!(answer, SubscribeReasonCode::Success(_))), "{answers:?}");
        wake.tell(&[code("440224103201")]).await;
        assert_eq!(heard(&mut line).await.0, topic);
    }

    #[tokio::test]
    async fn rubbish_on_the_line_ends_that_line_alone() {
        use tokio::io::AsyncWriteExt;
        let (wake, _task) = open().await;
        let topic = wake::topic("440224103201");
        let (_client, mut line, _) = listener(&wake, &[&topic]).await;
        for rubbish in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x10, 0xff, 0xff, 0xff, 0xff, 0x7f], &[0xf0; 4_096], &[]] {
            let mut stream = tokio::net::TcpStream::connect(wake.address).await.expect("connects");
            stream.write_all(rubbish).await.expect("takes it");
        }
        wake.tell(&[code("440224103201")]).await;
        assert_eq!(heard(&mut line).await.0, topic);
    }
}
