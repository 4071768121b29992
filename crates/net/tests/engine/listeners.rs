//! Listeners: several, late ones, suspended ones, closed ones.

use std::time::Duration;

use laster_net::{CloseReason, ListenOn};

use crate::support::{Event, Lab, Raw, endpoint, let_run, listening, serve, until, within};

#[tokio::test]
async fn many_at_once_and_one_more_later() {
    let (lab, mut events) = Lab::<false>::new();
    let (service, mut listeners) = serve(lab, listening(&["127.0.0.1:0", "memory:many", "localhost:0"])).await;
    listeners.push(service.listen(ListenOn::from(endpoint("127.0.0.1:0"))).await.unwrap());
    let mut ports: Vec<_> = listeners.iter().filter_map(|listener| listener.endpoint().port()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert!(ports.len() == 3 && !ports.contains(&0), "three ports of their own: {ports:?}");
    for listener in &listeners {
        let mut peer = Raw::connect(listener.endpoint()).await;
        events.connected().await;
        assert_eq!(peer.ask(b"who is there").await, b"who is there");
        assert!(matches!(events.next("the message").await, Event::Message(..)));
        drop(peer);
        assert_eq!(events.closed().await.1, CloseReason::Remote);
    }
}

/// Peers that come while nobody accepts are served later, in the order they came.
async fn suspend_and_resume(at: &str) {
    let (lab, mut events) = Lab::<false>::new();
    let (_service, listeners) = serve(lab, listening(&[at])).await;
    let listener = &listeners[0];
    // Often, because what two ready branches of a select do is a matter of chance.
    for round in 0..30 {
        listener.suspend();
        let mut peers = Vec::new();
        for n in 0..3u8 {
            let mut peer = Raw::connect(listener.endpoint()).await;
            peer.frame(&[n]).await;
            peers.push(peer);
            let_run().await;
        }
        assert_eq!(events.so_far(), [], "{at}, round {round}: accepted while suspended");
        listener.resume();
        for n in 0..3u8 {
            assert_eq!(peers[usize::from(n)].read_frame().await, [n]);
        }
        drop(peers);
        for _ in 0..3 {
            assert_eq!(events.closed().await.1, CloseReason::Remote);
        }
    }
    // Twice is as good as once.
    listener.suspend();
    listener.suspend();
    listener.resume();
    assert_eq!(Raw::connect(listener.endpoint()).await.ask(b"x").await, b"x");
}

#[tokio::test]
async fn a_suspended_listener_accepts_nobody_tcp() {
    suspend_and_resume("127.0.0.1:0").await;
}

#[tokio::test(start_paused = true)]
async fn a_suspended_listener_accepts_nobody_memory() {
    suspend_and_resume("memory:suspended").await;
}

#[tokio::test]
async fn a_closed_listener_frees_its_address_and_keeps_its_sessions() {
    for at in ["127.0.0.1:0", "memory:closed"] {
        let (lab, mut events) = Lab::<false>::new();
        let (service, listeners) = serve(lab, listening(&[at])).await;
        let at = listeners[0].endpoint().clone();
        let mut peer = Raw::connect(&at).await;
        events.connected().await;
        listeners[0].close();
        let again = async {
            loop {
                match service.listen(ListenOn::from(at.clone())).await {
                    Ok(listener) => return listener,
                    // Closing takes effect when the listener's task has seen it.
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        let again = within("the address to be free", again).await;
        assert_eq!(peer.ask(b"old").await, b"old");
        assert_eq!(Raw::connect(again.endpoint()).await.ask(b"new").await, b"new");
        assert_eq!((listeners[0].failure(), again.failure()), (None, None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspended_listener_can_be_closed_and_stopped() {
    let (lab, _events) = Lab::<false>::new();
    let (service, listeners) = serve(lab, listening(&["memory:a", "memory:b"])).await;
    listeners.iter().for_each(|listener| listener.suspend());
    let_run().await;
    listeners[0].close();
    let metrics = tokio::runtime::Handle::current().metrics();
    until("the closed one to end", || metrics.num_alive_tasks() == 2).await;
    assert_eq!(within("the stop", service.stop(Duration::from_secs(1))).await.stuck, 0);
}

#[tokio::test(start_paused = true)]
async fn an_application_that_panics_at_a_refusal_does_not_end_the_listener() {
    let (lab, mut events) = Lab::<false>::new();
    let mut config = listening(&["memory:refuses"]);
    config.max_sessions = 1;
    let (_service, listeners) = serve(lab.panics_in("failed"), config).await;
    let peer = Raw::connect(listeners[0].endpoint()).await;
    events.connected().await;
    for _ in 0..3 {
        let mut refused = Raw::connect(listeners[0].endpoint()).await;
        assert_eq!(events.failed().await.2, CloseReason::SessionLimit { limit: 1 });
        assert_eq!(refused.read_to_end().await.unwrap(), b"");
    }
    drop(peer);
    assert_eq!(events.closed().await.1, CloseReason::Remote);
    let_run().await;
    assert_eq!(Raw::connect(listeners[0].endpoint()).await.ask(b"served").await, b"served");
}
