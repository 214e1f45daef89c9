//! A mail server and a webhook's receiver, over real connections, which keep what they were sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use yuexiang_cloud::config::Secret;
use yuexiang_cloud::notices::config::{MailConfig, Security};

pub const USER: &str = "notice";
pub const PASSWORD: &str = "水 and rice";

/// A letter as it came in.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: Vec<String>,
    /// By lower-case name; a name that is there twice has both, one below the other.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Letter {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn id(&self) -> &str {
        self.header("message-id")
    }
}

/// How the mail server behaves.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// What it answers to a recipient instead of 250.
    pub refuse: Option<&'static str>,
    /// It takes a letter and goes away without saying so.
    pub breaks_off: bool,
    /// It takes a letter and never answers.
    pub hangs: bool,
    /// What a password must be; the one above.
    pub password: Option<&'static str>,
}

#[derive(Clone)]
pub struct MailServer {
    pub port: u16,
    security: Security,
    letters: Arc<Mutex<Vec<Letter>>>,
    manner: Arc<Mutex<Manner>>,
}

impl MailServer {
    pub async fn start(security: Security) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("an address").port();
        let server =
            MailServer { port, security, letters: Arc::default(), manner: Arc::new(Mutex::new(Manner::default())) };
        let acceptor = acceptor();
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, acceptor) = (serving.clone(), acceptor.clone());
                tokio::spawn(async move {
                    // A client that goes away has its reasons.
                    let _ = match server.security {
                        Security::None => server.talk(BufReader::new(stream), false).await.map(|_| ()),
                        Security::Tls => server.talk_tls(acceptor, stream).await,
                        Security::Starttls => match server.talk(BufReader::new(stream), true).await {
                            Ok(Some(stream)) => server.talk_tls(acceptor, stream.into_inner()).await,
                            other => other.map(|_| ()),
                        },
                    };
                });
            }
        });
        server
    }

    async fn talk_tls(&self, acceptor: TlsAcceptor, stream: tokio::net::TcpStream) -> std::io::Result<()> {
        let greets = self.security == Security::Tls;
        let stream = BufReader::new(acceptor.accept(stream).await?);
        self.go_on(stream, false, greets).await.map(|_| ())
    }

    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: BufReader<S>,
        starttls: bool,
    ) -> std::io::Result<Option<BufReader<S>>> {
        self.go_on(stream, starttls, true).await
    }

    /// One connection; it comes back when TLS is to begin.
    async fn go_on<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut stream: BufReader<S>,
        starttls: bool,
        greets: bool,
    ) -> std::io::Result<Option<BufReader<S>>> {
        if greets {
            stream.write_all(b"220 test\r\n").await?;
        }
        let (mut to, mut is_known) = (Vec::new(), false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let manner = self.manner();
            let answer = match word.as_str() {
                "EHLO" if starttls => "250-test\r\n250 STARTTLS".to_owned(),
                "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await?;
                    return Ok(Some(stream));
                }
                "AUTH" => {
                    let given = line.split(' ').nth(2).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
                    let expected = format!("\0{USER}\0{}", manner.password.unwrap_or(PASSWORD));
                    is_known = given == expected.as_bytes();
                    if is_known { "235 welcome".to_owned() } else { "535 5.7.8 wrong credentials".to_owned() }
                }
                "MAIL" if !is_known => "530 5.7.0 sign in first".to_owned(),
                "MAIL" => "250 ok".to_owned(),
                "RCPT" => match manner.refuse {
                    Some(answer) => answer.to_owned(),
                    None => {
                        to.push(line.split(['<', '>']).nth(1).unwrap_or_default().to_owned());
                        "250 ok".to_owned()
                    }
                },
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut data = Vec::new();
                    while !data.ends_with(b"\r\n.\r\n") {
                        data.push(stream.read_u8().await?);
                    }
                    self.letters.lock().expect("a lock").push(letter(std::mem::take(&mut to), &data));
                    if manner.breaks_off {
                        return Ok(None);
                    }
                    if manner.hangs {
                        std::future::pending::<()>().await;
                    }
                    "250 taken".to_owned()
                }
                "RSET" | "NOOP" => "250 ok".to_owned(),
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(None);
                }
                _ => "502 what".to_owned(),
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    fn manner(&self) -> Manner {
        self.manner.lock().expect("a lock").clone()
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().expect("a lock") = manner;
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().expect("a lock").clone()
    }

    /// What a cloud's configuration says of it.
    pub fn config(&self) -> MailConfig {
        MailConfig {
            host: "localhost".to_owned(),
            port: self.port,
            security: self.security,
            user: Some(USER.to_owned()),
            password: Some(Secret::new(PASSWORD)),
            from: "粤乡 <notice@example.cn>".parse().expect("an address"),
            ca_file: Some(certificate()),
        }
    }

    /// The same in the file.
    pub fn configuration(&self) -> String {
        format!(
            "public_url = \"http://tv.example.cn/\"\n[notices]\ngap_minutes = 0\n[notices.mail]\nhost = \"localhost\"\n\
             port = {}\nsecurity = \"none\"\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\n\
             from = \"粤乡 <notice@example.cn>\"\n",
            self.port
        )
    }
}

fn certificate() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cloud/notices/localhost.pem")
}

fn acceptor() -> TlsAcceptor {
    let pem = include_bytes!("localhost.pem");
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("localhost.key")).expect("a key");
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth().with_single_cert(certificates, key);
    TlsAcceptor::from(Arc::new(config.expect("a configuration")))
}

fn letter(to: Vec<String>, data: &[u8]) -> Letter {
    let text = String::from_utf8_lossy(data).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").expect("headers and a body");
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for line in head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n") {
        let (name, value) = line.split_once(": ").expect("a header");
        let place = headers.entry(name.to_ascii_lowercase()).or_default();
        if !place.is_empty() {
            place.push('\n');
        }
        place.push_str(&words(value));
    }
    let body = body.trim_end_matches("\r\n.\r\n");
    let body = match headers.get("content-transfer-encoding").map(String::as_str) {
        Some("base64") => {
            let all: String = body.split_whitespace().collect();
            String::from_utf8(STANDARD.decode(all).expect("base64")).expect("UTF-8")
        }
        Some("quoted-printable") => printable(body),
        _ => body.to_owned(),
    };
    Letter { to, headers, body: body.replace("\r\n", "\n") }
}

/// Encoded words (RFC 2047), of which only base64 is sent.
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut bytes = Vec::new();
    for word in value.split(' ') {
        match word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")) {
            Some(word) => bytes.extend(STANDARD.decode(word).expect("base64")),
            None => {
                text += &String::from_utf8(std::mem::take(&mut bytes)).expect("UTF-8");
                if !text.is_empty() {
                    text.push(' ');
                }
                text += word;
            }
        }
    }
    text + &String::from_utf8(bytes).expect("UTF-8")
}

fn printable(body: &str) -> String {
    let mut bytes = Vec::new();
    let body = body.replace("=\r\n", "");
    let mut rest = body.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
        let digits = std::str::from_utf8(&digits).expect("digits");
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// What a webhook was sent: the query of its address, a header, and the body.
#[derive(Clone, Debug)]
pub struct Posted {
    pub query: BTreeMap<String, String>,
    pub key: String,
    pub body: Json,
}

/// A receiver of posts.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    posts: Arc<Mutex<Vec<Posted>>>,
    answer: Arc<Mutex<(u16, String)>>,
}

impl Receiver {
    pub async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}/robot/send?key=k", listener.local_addr().expect("an address"));
        let answer = Arc::new(Mutex::new((200, "{\"errcode\":0,\"errmsg\":\"ok\"}".to_owned())));
        let receiver = Receiver { url, posts: Arc::default(), answer };
        let serving = receiver.clone();
        let take = move |request: axum::extract::Request| {
            let receiver = serving.clone();
            async move {
                let (parts, body) = request.into_parts();
                let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
                let query = query.into_owned().collect();
                let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
                let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
                let body = serde_json::from_slice(&bytes).expect("JSON");
                let posted = Posted { query, key: key.unwrap_or_default().to_owned(), body };
                receiver.posts.lock().expect("a lock").push(posted);
                let (status, text) = receiver.answer.lock().expect("a lock").clone();
                (axum::http::StatusCode::from_u16(status).expect("a status"), text)
            }
        };
        let router = axum::Router::new().route("/robot/send", axum::routing::post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub fn answer(&self, status: u16, text: &str) {
        *self.answer.lock().expect("a lock") = (status, text.to_owned());
    }

    pub fn posts(&self) -> Vec<Posted> {
        self.posts.lock().expect("a lock").clone()
    }
}
