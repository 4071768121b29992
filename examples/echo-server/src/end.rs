//! Being asked to end: by Ctrl-C, or by the system.

use std::io;

/// Hears it when this process is asked to end. From [`End::listen`] on that does not end the process by itself, so that the
/// service can be stopped and the terminal be given back first.
pub(crate) struct End {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl End {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<End> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(End { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    pub(crate) fn listen() -> io::Result<End> {
        Ok(End { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Returns when this process is asked to end.
    ///
    /// # Cancel safety
    /// Nothing is missed.
    pub(crate) async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
