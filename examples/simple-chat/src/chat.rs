//! The chat: what one says, all hear.

use laster::{
    Group,
    net::{Application, CloseReason, GroupLimits, MessageError, Service, ServiceConfig, ServiceError},
};
use wire::simple_chat::{
    CMsgBye, CMsgChat, CMsgHello, SMsgBye, SMsgChat, SMsgHello,
    protocol::{FromServer, Handler, Peer, serve},
    s_msg_hello::Ret,
};

/// The chat as a service, not yet started.
///
/// # Errors
/// A limit in the configuration is 0.
///
/// # Panics
/// Outside of a tokio runtime.
pub(crate) fn service(config: ServiceConfig) -> Result<Service<impl Application>, ServiceError> {
    let everyone = Group::spawn(GroupLimits::default());
    let enter = move |peer: &Peer| {
        // Who is connected hears the others, also before Hello: so it was.
        everyone.join(peer.session());
        Guest { account: None, everyone: everyone.clone() }
    };
    serve(enter, config)
}

/// One session.
struct Guest {
    /// Who it is, once it has said Hello.
    account: Option<String>,
    everyone: Group<FromServer>,
}

impl Handler for Guest {
    async fn c_msg_hello(&mut self, peer: &Peer, request: CMsgHello) -> SMsgHello {
        tracing::info!(session = %peer.session().id(), account = request.account, "hello");
        self.account = Some(request.account);
        SMsgHello { return_value: Ret::Ok.into() }
    }

    /// The protocol has no word for "refused": who speaks before Hello, or too much to be passed on, is disconnected.
    async fn c_msg_chat(&mut self, peer: &Peer, message: CMsgChat) {
        let Some(sender) = self.account.clone() else {
            let text = "the chat message came before Hello".into();
            return peer.session().close_for(CloseReason::BadMessage(MessageError { offset: 0, id: 3, text }));
        };
        if let Err(error) = self.everyone.send(SMsgChat { sender, chat_msg: message.chat_msg }).await {
            peer.session().close_for(error.into_reason());
        }
    }

    async fn c_msg_bye(&mut self, _: &Peer, _: CMsgBye) -> SMsgBye {
        SMsgBye {}
    }

    fn closed(&mut self, peer: &Peer, reason: &CloseReason) {
        tracing::info!(session = %peer.session().id(), account = self.account, "gone: {reason}");
    }
}
