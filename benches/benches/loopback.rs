//! Round trips over TCP on loopback: frames echoed by a session, against bytes echoed by a bare tokio task. One in flight shows
//! what a lone message waits for, 64 what each of many costs.
#![allow(clippy::expect_used, missing_docs, reason = "a bench that cannot begin has nothing to measure")]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use laster_frame::{Frame, Header, RawFrame, layouts::SimpleBinary};
use laster_net::{
    Application, CloseReason, Connected, Endpoint, Handler, MessageError, Service, ServiceConfig, Session,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

struct Echo;

impl Application for Echo {
    type Framing = SimpleBinary;
    type Handler = EchoHandler;

    fn framing(&self) -> SimpleBinary {
        SimpleBinary
    }

    fn connected(&self, _: &Session, _: Connected) -> EchoHandler {
        EchoHandler
    }
}

struct EchoHandler;

impl Handler for EchoHandler {
    type Message = RawFrame;

    fn decode(&mut self, frame: Frame<'_>) -> Result<Option<RawFrame>, MessageError> {
        Ok(Some(frame.into()))
    }

    async fn message(&mut self, session: &Session, frame: RawFrame) -> Result<(), CloseReason> {
        Ok(session.send(&Header::default(), &frame.payload).await?)
    }
}

/// A stream to a session that echoes.
async fn to_session() -> TcpStream {
    let endpoint: Endpoint = "tcp://127.0.0.1:0".parse().expect("an endpoint");
    let config = ServiceConfig { listeners: vec![endpoint.into()], ..ServiceConfig::default() };
    let service = Service::new(Echo, config).expect("legal limits");
    let listeners = service.start().await.expect("a free port");
    let port = listeners[0].endpoint().port().expect("a port");
    connect(port).await
}

/// A stream to a task that echoes bytes, and knows nothing of frames.
async fn to_bare_task() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("an open socket");
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(len @ 1..) = stream.read(&mut buffer).await {
            if stream.write_all(&buffer[..len]).await.is_err() {
                return;
            }
        }
    });
    connect(port).await
}

async fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.set_nodelay(true).expect("an open socket");
    stream
}

async fn round_trip(stream: &mut TcpStream, frames: &[u8], back: &mut [u8]) {
    stream.write_all(frames).await.expect("an open stream");
    stream.read_exact(back).await.expect("an open stream");
}

fn loopback(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut session = runtime.block_on(to_session());
    let mut bare = runtime.block_on(to_bare_task());
    let mut group = c.benchmark_group("round trip");
    group.warm_up_time(Duration::from_secs(1));
    for (payload, in_flight) in [(64, 1), (64, 64), (4096, 16)] {
        let mut frame = (payload as u32).to_le_bytes().to_vec();
        frame.resize(4 + payload, 7);
        let frames = frame.repeat(in_flight);
        let mut back = vec![0; frames.len()];
        let case = format!("{payload} bytes, {in_flight} in flight");
        group.throughput(Throughput::Elements(in_flight as u64));
        for (name, stream) in [("session", &mut session), ("bare", &mut bare)] {
            group.bench_function(BenchmarkId::new(name, &case), |b| {
                b.iter(|| runtime.block_on(round_trip(stream, &frames, &mut back)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, loopback);
criterion_main!(benches);
