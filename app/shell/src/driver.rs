//! The driver: the one thread that owns the [`App`]. It takes one message after the other, hands on what follows from
//! it, and publishes the view when it has changed.

use crate::clock::Clock;
use crate::inbox::{Classed, Inbox};
use crate::withheld::Withheld;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use yuexiang_core::event::{Class, Effect, MediaEvent, MediaEventKind, MediaRequest, NetRequest, StoreRequest};
use yuexiang_core::key::KeyEvent;
use yuexiang_core::view::View;
use yuexiang_core::{App, Event};

/// While messages keep coming (a download reports its progress) a view is made at least this often.
const PUBLISH_EVERY: Duration = Duration::from_millis(30);

pub enum Message {
    Event(Event),
    /// Keys of the window or of the infrared eye, with the moment they were pressed.
    Key(KeyEvent, Instant),
    /// Keys of the web remote, one after the other; answered with the view's serial when all have been handled.
    Keys(Vec<KeyEvent>, oneshot::Sender<u64>),
    /// A sign of life is wanted: called from the driver.
    Ping(Box<dyn FnOnce() + Send>),
    Quit,
}

impl Classed for Message {
    fn class(&self) -> Class {
        match self {
            Message::Event(event) => event.class(),
            Message::Key(..) | Message::Keys(..) | Message::Quit => Class::Urgent,
            // It tells whether the driver gets to what is normal.
            Message::Ping(_) => Class::Normal,
        }
    }
}

/// A view and its number; the next one that differs has the next number.
#[derive(Clone)]
pub struct Published {
    pub serial: u64,
    pub view: Arc<View>,
}

/// Where effects go. Each returns at once.
pub struct Ports {
    pub net: Box<dyn Fn(NetRequest) + Send>,
    pub store: Box<dyn Fn(StoreRequest) + Send>,
    pub media: Box<dyn Fn(MediaRequest) + Send>,
    pub show: Box<dyn Fn(View) + Send>,
    /// Switches the display on or off.
    pub display: Box<dyn Fn(bool) + Send>,
    /// Draws random bytes and sends them in as an event.
    pub entropy: Box<dyn Fn() + Send>,
}

pub struct Driver {
    app: App,
    clock: Clock,
    inbox: Inbox<Message>,
    ports: Ports,
    published: watch::Sender<Published>,
    last_published: Instant,
    /// Something has happened since the view was looked at.
    stale: bool,
    withheld: Withheld,
}

impl Driver {
    /// Does what a new [`App`] asks for and shows its first view.
    pub fn new(app: App, clock: Clock, inbox: Inbox<Message>, ports: Ports) -> Driver {
        let view = app.view();
        (ports.show)(view.clone());
        let (published, _) = watch::channel(Published { serial: 1, view: Arc::new(view) });
        let mut driver = Driver {
            app,
            clock,
            inbox,
            ports,
            published,
            last_published: Instant::now(),
            stale: false,
            withheld: Withheld::default(),
        };
        driver.drain();
        driver
    }

    pub fn views(&self) -> watch::Receiver<Published> {
        self.published.subscribe()
    }

    /// Until [`Message::Quit`].
    pub fn run(mut self) {
        loop {
            let mut deadline = self.app.poll_timeout().map(|at| self.clock.at(at));
            if self.stale {
                let publish = self.last_published + PUBLISH_EVERY;
                deadline = Some(deadline.map_or(publish, |deadline| deadline.min(publish)));
            }
            match self.inbox.next(deadline) {
                Some(Message::Quit) => return self.handle(Event::Ending),
                Some(message) => self.take(message),
                None => self.handle(Event::Timeout),
            }
            if self.stale && (self.inbox.is_empty() || self.last_published.elapsed() >= PUBLISH_EVERY) {
                self.publish();
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => {
                log(&event);
                self.handle(event);
            }
            Message::Key(key, pressed) => {
                self.handle(Event::Key(key));
                self.publish();
                tracing::debug!(
                    target: "yuexiang::latency",
                    key = %key.key.name(), press = ?key.press, microseconds = pressed.elapsed().as_micros() as u64,
                    "key to view"
                );
            }
            Message::Keys(keys, done) => {
                for key in keys {
                    let started = Instant::now();
                    self.handle(Event::Key(key));
                    self.publish();
                    tracing::debug!(
                        target: "yuexiang::latency",
                        key = %key.key.name(), press = ?key.press, microseconds = started.elapsed().as_micros() as u64,
                        "key to view"
                    );
                }
                // Who asked may have gone.
                let _ = done.send(self.published.borrow().serial);
            }
            Message::Ping(answer) => answer(),
            Message::Quit => {}
        }
    }

    fn handle(&mut self, event: Event) {
        self.app.handle(event, self.clock.now());
        self.drain();
        self.stale = true;
    }

    fn drain(&mut self) {
        self.withheld.tell(self.app.library());
        while let Some(effect) = self.app.poll_effect() {
            match effect {
                Effect::Net(request) => (self.ports.net)(request),
                Effect::Store(request) => (self.ports.store)(request),
                Effect::Media(request) => (self.ports.media)(request),
                Effect::Display { on } => (self.ports.display)(on),
                Effect::DrawMessageId => (self.ports.entropy)(),
            }
        }
    }

    fn publish(&mut self) {
        self.stale = false;
        self.last_published = Instant::now();
        let view = self.app.view();
        let changed = *self.published.borrow().view != view;
        if changed {
            (self.ports.show)(view.clone());
            let view = Arc::new(view);
            self.published.send_modify(|published| {
                published.serial += 1;
                published.view = view;
            });
        }
    }
}

fn log(event: &Event) {
    if let Event::Media(MediaEvent { generation, kind }) = event {
        match kind {
            MediaEventKind::FirstFrame { .. } if *generation == 1 => {
                if let Some(after) = crate::clock::since_process_start() {
                    tracing::info!("first moving picture after {after} ms");
                }
            }
            MediaEventKind::Position { .. } => {}
            kind => tracing::debug!(generation, ?kind, "media"),
        }
    }
}
