//! Unix sockets. Idle it keeps the socket, and less than 100 bytes.
//!
//! The file is the address, and it outlives a server that was killed. One that nobody listens on any more is replaced. Two
//! servers that start on the same dead file at the same moment may both believe to have replaced it; the later one has it.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::{Reader, Transport, Writer};

impl Transport for UnixStream {
    fn split(self: Box<Self>) -> (Reader, Writer) {
        let (reader, writer) = self.into_split();
        (Box::new(reader), Box::new(writer))
    }
}

pub(super) async fn connect(path: &str) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}

/// A bound socket, whose file goes with it.
pub(super) struct Listener {
    socket: UnixListener,
    path: PathBuf,
    file: Option<FileId>,
}

/// Device and inode: what tells our file from one that was put in its place.
type FileId = (u64, u64);

impl Listener {
    pub(super) async fn bind(path: &str, backlog: u32) -> io::Result<Listener> {
        let path = PathBuf::from(path);
        let socket = match listen(&path, backlog) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if !is_dead_socket(&path).await {
                    return Err(error);
                }
                fs::remove_file(&path)?;
                listen(&path, backlog)?
            }
            result => result?,
        };
        let file = file_id(&path);
        Ok(Listener { socket, path, file })
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        self.socket.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Another server may have the path by now.
        if self.file.is_some() && file_id(&self.path) == self.file {
            // There is nobody left to be told that this failed; the next server replaces the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn listen(path: &Path, backlog: u32) -> io::Result<UnixListener> {
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    socket.listen(backlog)
}

/// Whether the file is a socket that nobody listens on. A live server sees a connection that ends at once.
async fn is_dead_socket(path: &Path) -> bool {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    is_socket
        && matches!(UnixStream::connect(path).await, Err(error) if error.kind() == io::ErrorKind::ConnectionRefused)
}

fn file_id(path: &Path) -> Option<FileId> {
    fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()))
}
