use greeting::{
    Hello, Refused, Welcome,
    protocol::{Client, Handler, Peer, serve},
};
use laster::{ClientOptions, net::ServiceConfig};

include!(concat!(env!("OUT_DIR"), "/laster.rs"));

struct Greeter;

impl Handler for Greeter {
    async fn hello(&mut self, _: &Peer, request: Hello) -> Result<Welcome, Refused> {
        match request.name.as_str() {
            "" => Err(Refused { why: "you have no name".into() }),
            name => Ok(Welcome { text: format!("welcome, {name}") }),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = "tcp://127.0.0.1:0".parse::<laster::net::Endpoint>()?;
    let server = serve(|_| Greeter, ServiceConfig { listeners: vec![listen.into()], ..Default::default() })?;
    let listeners = server.start().await?;

    let (client, _events) = Client::connect(listeners[0].endpoint().clone(), ClientOptions::default()).await?;
    println!("{}", client.hello(Hello { name: "Ada".into() }).await?.text);
    println!("{}", client.hello(Hello { name: String::new() }).await.unwrap_err());

    server.stop(std::time::Duration::from_secs(1)).await;
    Ok(())
}
