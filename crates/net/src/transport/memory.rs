//! Pipes within this process, for tests: `memory:name` endpoints, and pairs without a name.
//!
//! A pipe holds at most [`CAPACITY`] bytes in each direction, and keeps what memory it once needed.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::DuplexStream,
    sync::{Mutex as AsyncMutex, mpsc},
};

use super::{Reader, Transport, Writer};

/// The most bytes on their way in one direction. A writer waits for room.
pub const CAPACITY: usize = 64 * 1024;

/// Who listens in this process, by name.
static LISTENERS: Mutex<BTreeMap<String, mpsc::Sender<DuplexStream>>> = Mutex::new(BTreeMap::new());

/// Two connected transports: what one writes, the other reads.
pub fn pair() -> (Box<dyn Transport>, Box<dyn Transport>) {
    let (here, there) = tokio::io::duplex(CAPACITY);
    (Box::new(here), Box::new(there))
}

impl Transport for DuplexStream {
    fn split(self: Box<Self>) -> (Reader, Writer) {
        let (reader, writer) = tokio::io::split(*self);
        (Box::new(reader), Box::new(writer))
    }
}

pub(super) async fn connect(name: &str) -> io::Result<Box<dyn Transport>> {
    let refused = || io::Error::new(io::ErrorKind::ConnectionRefused, "nobody in this process listens there");
    let listener = listeners().get(name).cloned().ok_or_else(refused)?;
    let (here, there) = tokio::io::duplex(CAPACITY);
    listener.send(there).await.map_err(|_| refused())?;
    Ok(Box::new(here))
}

/// Has a name until it is dropped.
pub(super) struct Listener {
    name: String,
    /// Locked while waiting, so that several tasks can accept.
    incoming: AsyncMutex<mpsc::Receiver<DuplexStream>>,
}

impl Listener {
    pub(super) fn bind(name: &str, backlog: u32) -> io::Result<Listener> {
        let (sender, receiver) = mpsc::channel(backlog as usize);
        match listeners().entry(name.to_owned()) {
            Entry::Occupied(_) => {
                Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody in this process listens there already"))
            }
            Entry::Vacant(entry) => {
                entry.insert(sender);
                Ok(Listener { name: name.to_owned(), incoming: AsyncMutex::new(receiver) })
            }
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Transport>> {
        match self.incoming.lock().await.recv().await {
            Some(stream) => Ok(Box::new(stream)),
            // The registry has the sender for as long as this listener lives.
            None => Err(io::Error::new(io::ErrorKind::NotConnected, "the listener was dropped")),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        listeners().remove(&self.name);
    }
}

fn listeners() -> MutexGuard<'static, BTreeMap<String, mpsc::Sender<DuplexStream>>> {
    // Nothing panics between the two ends of a change.
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner)
}
