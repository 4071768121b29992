//! The same for `tokio_util::codec`, where frames are owned.

use std::io;

use bytes::{Buf, Bytes, BytesMut};

use crate::{
    Header,
    decode::{Decoder, Frame},
    encode::Encoder,
    error::{DecodeError, EncodeError},
    framing::Framing,
    layout::Side,
};

/// A frame that owns its payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawFrame {
    /// What the header says.
    pub header: Header,
    /// What follows the header.
    pub payload: Bytes,
}

impl From<Frame<'_>> for RawFrame {
    fn from(frame: Frame<'_>) -> Self {
        RawFrame { header: frame.header, payload: Bytes::copy_from_slice(frame.payload) }
    }
}

/// A decoder of what the peer sends and an encoder of what this side sends, for `tokio_util::codec::Framed`.
///
/// It never reserves room for a frame: the buffer grows with the bytes that come.
#[derive(Clone, Debug)]
pub struct Codec<F> {
    decoder: Decoder<F>,
    encoder: Encoder<F>,
}

impl<F: Framing> Codec<F> {
    /// A codec for the end that is `side`.
    pub fn new(framing: F, side: Side) -> Self {
        Codec { decoder: Decoder::new(framing.clone(), side.peer()), encoder: Encoder::new(framing, side) }
    }
}

impl<F: Framing> tokio_util::codec::Decoder for Codec<F> {
    type Item = RawFrame;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<RawFrame>, CodecError> {
        let mut rest = &buffer[..];
        let frame = self.decoder.next(&mut rest)?.map(|frame| (frame.header, frame.payload.len()));
        let taken = buffer.len() - rest.len();
        Ok(match frame {
            None => {
                buffer.advance(taken);
                None
            }
            Some((header, payload_len)) => {
                let mut frame = buffer.split_to(taken);
                frame.advance(taken - payload_len);
                Some(RawFrame { header, payload: frame.freeze() })
            }
        })
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<RawFrame>, CodecError> {
        match self.decode(buffer)? {
            None => Ok(self.decoder.finish(buffer).map(|()| None)?),
            frame => Ok(frame),
        }
    }
}

impl<F: Framing> tokio_util::codec::Encoder<RawFrame> for Codec<F> {
    type Error = CodecError;

    fn encode(&mut self, frame: RawFrame, out: &mut BytesMut) -> Result<(), CodecError> {
        out.reserve(self.encoder.framing().layout().max_header_len() + frame.payload.len());
        Ok(self.encoder.encode(&frame.header, &frame.payload, out)?)
    }
}

/// Why a [`Codec`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The peer's bytes are no frame.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The caller's frame cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The stream below failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
