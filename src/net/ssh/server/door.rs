//! One connection to an emulated chassis: who is let in, and what carries the bytes of a shell.

use std::collections::BTreeMap;
use std::sync::Arc;

use russh::server::{
    self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Pty};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};

use super::{Credential, ServerConfig, Session};
use crate::net::Stream;
use crate::net::memory::{End, pair};
use crate::net::tether::Scissors;

/// Bytes a shell may leave unread or unsent in each direction before the other side waits.
const BUFFER: usize = 1 << 20;
/// Bytes sent in one packet at most.
const CHUNK: usize = 32 << 10;
/// One connection's side of the library's callbacks.
pub(super) struct Door {
    config: Arc<ServerConfig>,
    sessions: mpsc::Sender<Session>,
    line: Scissors<Stream>,
    user: String,
    channels: BTreeMap<ChannelId, Place>,
}

/// A channel before and after its shell was asked for.
struct Place {
    channel: Option<Channel<Msg>>,
    term: Option<String>,
    size: watch::Sender<(u32, u32)>,
}

impl Door {
    pub(super) fn new(
        config: Arc<ServerConfig>,
        sessions: mpsc::Sender<Session>,
        line: Scissors<Stream>,
    ) -> Self {
        Self {
            config,
            sessions,
            line,
            user: String::new(),
            channels: BTreeMap::new(),
        }
    }

    fn judge(&mut self, user: &str, credential: &Credential<'_>) -> Auth {
        if !(self.config.auth)(credential) {
            return Auth::reject();
        }
        user.clone_into(&mut self.user);
        Auth::Accept
    }

    /// Starts what was asked for; false when the channel has something already or nobody serves.
    async fn start(&mut self, id: ChannelId, exec: Option<String>) -> bool {
        let Some(place) = self.channels.get_mut(&id) else {
            return false;
        };
        let Some(channel) = place.channel.take() else {
            return false;
        };
        let (near, far) = pair(BUFFER);
        let (width, height) = *place.size.borrow();
        let session = Session {
            user: self.user.clone(),
            width,
            height,
            term: place.term.clone(),
            exec,
            stream: far,
            resized: place.size.subscribe(),
            line: self.line.clone(),
        };
        if self.sessions.send(session).await.is_err() {
            return false;
        }
        let (reading, writing) = channel.split();
        let (output, input) = tokio::io::split(near);
        tokio::spawn(take_input(reading, input));
        tokio::spawn(give_output(output, writing));
        true
    }
}

/// Carries what the user types to the shell and keeps the channel empty after the shell left.
async fn take_input(mut reading: ChannelReadHalf, mut input: WriteHalf<End>) {
    while let Some(message) = reading.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let _shell_left = input.write_all(&data).await;
            }
            ChannelMsg::Eof => {
                let _shell_left = input.shutdown().await;
            }
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    let _shell_left = input.shutdown().await;
}

/// Carries what the shell says to the user, then ends the channel in order.
async fn give_output(mut output: ReadHalf<End>, writing: ChannelWriteHalf<Msg>) {
    let mut buffer = vec![0; CHUNK];
    while let Ok(count @ 1..) = output.read(&mut buffer).await {
        if writing.data_bytes(buffer[..count].to_vec()).await.is_err() {
            return;
        }
    }
    let goodbye = async {
        writing.exit_status(0).await?;
        writing.eof().await?;
        writing.close().await
    };
    // A user who is gone already needs no goodbye.
    let _user_left: Result<(), russh::Error> = goodbye.await;
}

impl server::Handler for Door {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(self.judge(user, &Credential::Password { user, password }))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.judge(
            user,
            &Credential::PublicKey {
                user,
                key: offer.public_key,
            },
        ))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.judge(
            user,
            &Credential::PublicKey {
                user,
                key: key.public_key,
            },
        ))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(response) = response else {
            let prompts = vec![("Password: ".into(), false)];
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: prompts.into(),
            });
        };
        let answers: Vec<String> = response
            .map(|answer| String::from_utf8_lossy(&answer).into_owned())
            .collect();
        Ok(self.judge(
            user,
            &Credential::Interactive {
                user,
                answers: &answers,
            },
        ))
    }

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(self.config.banner.clone())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let (size, _) = watch::channel((0, 0));
        let place = Place {
            channel: None,
            term: None,
            size,
        };
        let id = channel.id();
        self.channels.insert(
            id,
            Place {
                channel: Some(channel),
                ..place
            },
        );
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        width: u32,
        height: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let Some(place) = self.channels.get_mut(&id) else {
            return session.channel_failure(id);
        };
        place.term = Some(term.to_owned());
        place.size.send_replace((width, height));
        session.channel_success(id)
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        width: u32,
        height: u32,
        _: u32,
        _: u32,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        // RFC 4254, 6.7: no answer must be sent.
        if let Some(place) = self.channels.get(&id) {
            place.size.send_replace((width, height));
        }
        Ok(())
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        answer(self.start(id, None).await, id, session)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        let command = String::from_utf8_lossy(command).into_owned();
        answer(self.start(id, Some(command)).await, id, session)
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        _: &str,
        _: &str,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn channel_close(
        &mut self,
        id: ChannelId,
        _: &mut server::Session,
    ) -> Result<(), Self::Error> {
        self.channels.remove(&id);
        Ok(())
    }
}

fn answer(granted: bool, id: ChannelId, session: &mut server::Session) -> Result<(), russh::Error> {
    if granted {
        session.channel_success(id)
    } else {
        session.channel_failure(id)
    }
}
