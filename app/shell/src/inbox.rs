//! The driver's two inboxes. The urgent one is always emptied first: priority is the order of the queues, not a flag.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use yuexiang_core::event::Class;

/// Shared by everybody who sends; one driver receives.
pub struct Inbox<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    queues: Mutex<Queues<T>>,
    filled: Condvar,
}

struct Queues<T> {
    urgent: VecDeque<T>,
    normal: VecDeque<T>,
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Inbox<T> {
        Inbox { shared: self.shared.clone() }
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Inbox<T> {
        let queues = Mutex::new(Queues { urgent: VecDeque::new(), normal: VecDeque::new() });
        Inbox { shared: Arc::new(Shared { queues, filled: Condvar::new() }) }
    }
}

/// What is posted says itself what it is, so that nobody who posts can choose wrongly.
pub trait Classed {
    fn class(&self) -> Class;
}

impl<T: Classed> Inbox<T> {
    pub fn post(&self, message: T) {
        match message.class() {
            Class::Urgent => self.lock().urgent.push_back(message),
            Class::Normal => self.lock().normal.push_back(message),
        }
        self.shared.filled.notify_one();
    }
}

impl<T> Inbox<T> {
    /// The next message; `None` when `deadline` has come before one. Without a deadline it waits for ever.
    pub fn next(&self, deadline: Option<Instant>) -> Option<T> {
        let mut queues = self.lock();
        loop {
            if let Some(message) = queues.pop() {
                return Some(message);
            }
            queues = match deadline {
                None => self.shared.filled.wait(queues).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return None;
                    }
                    self.wait(queues, left)
                }
            };
        }
    }

    pub fn is_empty(&self) -> bool {
        let queues = self.lock();
        queues.urgent.is_empty() && queues.normal.is_empty()
    }

    fn wait<'a>(&self, queues: MutexGuard<'a, Queues<T>>, limit: Duration) -> MutexGuard<'a, Queues<T>> {
        self.shared.filled.wait_timeout(queues, limit).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Queues<T>> {
        self.shared.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Queues<T> {
    fn pop(&mut self) -> Option<T> {
        self.urgent.pop_front().or_else(|| self.normal.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Classed for i32 {
        fn class(&self) -> Class {
            if *self < 0 { Class::Urgent } else { Class::Normal }
        }
    }

    impl Classed for &str {
        fn class(&self) -> Class {
            Class::Normal
        }
    }

    #[test]
    fn what_is_urgent_comes_first_and_otherwise_the_order_stays() {
        let inbox = Inbox::default();
        for message in [1, 2, -3, -4] {
            inbox.post(message);
        }
        let order: Vec<i32> = std::iter::from_fn(|| inbox.next(Some(Instant::now()))).collect();
        assert_eq!(order, [-3, -4, 1, 2]);
        assert!(inbox.is_empty());
    }

    #[test]
    fn a_message_wakes_the_one_who_waits() {
        let inbox = Inbox::default();
        let sender = inbox.clone();
        let thread = std::thread::spawn(move || sender.post("here"));
        assert_eq!(inbox.next(None), Some("here"));
        thread.join().expect("the sender does not panic");
    }
}
