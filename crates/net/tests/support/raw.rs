//! Peers that speak bytes.

use std::io;

use laster_net::{
    Endpoint,
    transport::{self, ConnectOptions, Reader, Writer},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{framed, within};

/// A peer that speaks bytes.
pub struct Raw {
    pub reader: Reader,
    pub writer: Writer,
}

impl Raw {
    /// Connects, over whatever transport.
    pub async fn connect(to: &Endpoint) -> Raw {
        let options = ConnectOptions::default();
        let connection = within("a connection", transport::connect(to, &options)).await.unwrap();
        let (reader, writer) = connection.transport.split();
        Raw { reader, writer }
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        within("room to send", self.writer.write_all(bytes)).await.unwrap();
    }

    /// Sends one frame.
    pub async fn frame(&mut self, payload: &[u8]) {
        self.send(&framed(payload)).await;
    }

    /// Ends its own direction.
    pub async fn finish(&mut self) {
        within("the end of one direction", self.writer.shutdown()).await.unwrap();
    }

    /// Reads one frame.
    pub async fn read_frame(&mut self) -> Vec<u8> {
        let read = async {
            let mut len = [0; 4];
            self.reader.read_exact(&mut len).await?;
            let mut payload = vec![0; u32::from_le_bytes(len) as usize];
            self.reader.read_exact(&mut payload).await?;
            io::Result::Ok(payload)
        };
        within("a frame", read).await.expect("a frame, not the end")
    }

    /// Reads to the end.
    pub async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        within("the end", self.reader.read_to_end(&mut bytes)).await?;
        Ok(bytes)
    }

    /// Sends and at the same time reads so many bytes: more than a pipe holds can be on their way.
    pub async fn exchange(&mut self, bytes: &[u8], len: usize) -> Vec<u8> {
        let mut answer = vec![0; len];
        let both = async {
            tokio::try_join!(self.writer.write_all(bytes), async {
                self.reader.read_exact(&mut answer).await.map(|_| ())
            })
        };
        within("the exchange", both).await.unwrap();
        answer
    }

    /// Sends, if the other end still listens, and waits no longer than it takes to be let down.
    pub async fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        within("room to send", self.writer.write_all(bytes)).await
    }

    /// Sends one frame and reads what comes back.
    pub async fn ask(&mut self, payload: &[u8]) -> Vec<u8> {
        self.frame(payload).await;
        self.read_frame().await
    }
}
