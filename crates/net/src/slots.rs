//! How many sessions there may be: in all, and from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{session::CloseReason, transport::PeerAddress};

/// Places for sessions. One is taken before anything is done for a connection, and given back when its slot is dropped, so
/// that the limits hold exactly however many connect at once.
#[derive(Debug)]
pub(crate) struct Slots {
    total_limit: u32,
    address_limit: u32,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: u32,
    /// Addresses with a session, and only those.
    by_address: HashMap<IpAddr, u32>,
}

/// One place.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    address: Option<IpAddr>,
}

impl Slots {
    pub(crate) fn new(total_limit: u32, address_limit: u32) -> Arc<Self> {
        Arc::new(Slots { total_limit, address_limit, taken: Mutex::default() })
    }

    /// Takes a place for a peer that came. Peers on this machine by other ways than IP have no address to be counted by.
    pub(crate) fn take_for(self: &Arc<Self>, peer: &PeerAddress) -> Result<Slot, CloseReason> {
        match peer {
            PeerAddress::Ip(address) => self.take(Some(counted(address.ip()))),
            _ => self.take(None),
        }
    }

    /// Takes a place for a connection that this side opened, of which there may be any number to one address.
    pub(crate) fn take_own(self: &Arc<Self>) -> Result<Slot, CloseReason> {
        self.take(None)
    }

    fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Slot, CloseReason> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.total >= self.total_limit {
            return Err(CloseReason::SessionLimit { limit: self.total_limit });
        }
        if let Some(address) = address {
            let count = taken.by_address.entry(address).or_default();
            if *count >= self.address_limit {
                return Err(CloseReason::AddressLimit { limit: self.address_limit });
            }
            *count += 1;
        }
        taken.total += 1;
        Ok(Slot { slots: self.clone(), address })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total -= 1;
        if let Some(address) = self.address
            && let Some(count) = taken.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address: an IPv4 address, also when written as an IPv6 one; of other IPv6 addresses the first 64 bits,
/// because whoever has one has all that share them.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(ip: &str) -> PeerAddress {
        PeerAddress::Ip((ip.parse::<IpAddr>().unwrap(), 9).into())
    }

    #[test]
    fn limits_are_exact_and_name_themselves() {
        let slots = Slots::new(3, 2);
        let a = slots.take_for(&from("10.0.0.1")).unwrap();
        let b = slots.take_for(&from("::ffff:10.0.0.1")).unwrap();
        assert_eq!(slots.take_for(&from("10.0.0.1")).unwrap_err(), CloseReason::AddressLimit { limit: 2 });
        let c = slots.take_for(&from("10.0.0.2")).unwrap();
        assert_eq!(slots.take_for(&from("10.0.0.3")).unwrap_err(), CloseReason::SessionLimit { limit: 3 });
        assert_eq!(slots.take_own().unwrap_err(), CloseReason::SessionLimit { limit: 3 });
        drop(a);
        let d = slots.take_for(&from("10.0.0.1")).unwrap();
        drop((b, c, d));
        let taken = slots.taken.lock().unwrap();
        assert!(taken.total == 0 && taken.by_address.is_empty());
    }

    #[test]
    fn ones_own_connections_count_in_all_and_by_no_address() {
        let slots = Slots::new(3, 1);
        let _own = [slots.take_own().unwrap(), slots.take_own().unwrap()];
        let _a = slots.take_for(&from("10.0.0.1")).unwrap();
        assert_eq!(slots.take_own().unwrap_err(), CloseReason::SessionLimit { limit: 3 });
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let slots = Slots::new(9, 1);
        let _a = slots.take_for(&from("2001:db8:1:2::1")).unwrap();
        assert!(slots.take_for(&from("2001:db8:1:2:ffff::9")).is_err());
        assert!(slots.take_for(&from("2001:db8:1:3::1")).is_ok());
    }
}
