//! How many connections, or requests, of one address are open at the same time. A single address never takes all there are.
//!
//! A village's boxes often share one address, as do the subscribers behind a provider's translation, so the bound is far
//! above what those need; it is there for who opens connections and says nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::figures::limit::network;

/// Counts what is open by address.
#[derive(Clone, Debug)]
pub struct Gate {
    each: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One that is open, until it is dropped.
#[derive(Debug)]
pub struct Ticket {
    address: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Gate {
    pub fn new(each: usize) -> Gate {
        Gate { each, open: Arc::default() }
    }

    /// None when this address has as many open as it may.
    pub fn enter(&self, address: IpAddr) -> Option<Ticket> {
        let address = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Ticket { address, open: self.open.clone() })
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_open_and_others_are_not_asked() {
        let gate = Gate::new(2);
        let [one, other] = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse().expect("an address"));
        let same_network = "2001:db8::2".parse().expect("an address");
        let first = gate.enter(one).expect("the first");
        let _second = gate.enter(one).expect("the second");
        assert!(gate.enter(one).is_none(), "no third");
        let _others = [gate.enter(other).expect("another's first"), gate.enter(same_network).expect("its second")];
        assert!(gate.enter(other).is_none(), "a subscriber has a whole /64");
        drop(first);
        let _again = gate.enter(one).expect("one has gone");
        assert!(gate.enter(one).is_none());
    }

    #[test]
    fn an_address_that_has_gone_is_forgotten() {
        let gate = Gate::new(1);
        drop(gate.enter("192.0.2.1".parse().expect("an address")));
        assert!(gate.open.lock().expect("no panic").is_empty());
    }
}
