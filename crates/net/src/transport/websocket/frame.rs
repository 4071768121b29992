//! WebSocket frames (RFC 6455, section 5), without I/O.
//!
//! Frames are unwrapped where they lie: what is left of them is never longer than they were.

use std::io::IoSlice;

use super::mask::mask;

/// The most bytes in front of a payload.
const MAX_HEADER: usize = 14;
/// The most bytes of payload in a control frame.
const MAX_CONTROL: usize = 125;
/// The most data frames in a row that carry no byte: the next one ends the connection. They are legal and cost the peer next
/// to nothing, and no limit on bytes would ever notice them.
pub const MAX_EMPTY_FRAMES: u32 = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// What the peer did wrong. Nothing of what it sends after that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("the peer sent a WebSocket text message, where binary messages carry the protocol")]
    Text,
    #[error("the peer's WebSocket frame has the opcode {0}, which means nothing")]
    Opcode(u8),
    #[error("the peer's WebSocket frame uses an extension, and none was agreed on")]
    Extension,
    #[error("the client's WebSocket frame is not masked")]
    Unmasked,
    #[error("the server's WebSocket frame is masked")]
    Masked,
    #[error("the peer's WebSocket frame continues a message that was not begun")]
    NothingToContinue,
    #[error("the peer began a WebSocket message inside another")]
    Unfinished,
    #[error("the peer's WebSocket control frame is in pieces or longer than {MAX_CONTROL} bytes")]
    Control,
    #[error("the peer's WebSocket close frame has half a status code")]
    Close,
    #[error("the peer's WebSocket frame has a length that is too large or written too long")]
    Length,
    #[error("the peer sent more than {MAX_EMPTY_FRAMES} empty WebSocket frames in a row")]
    Empty,
}

/// Finds the bytes in the frames of one direction.
pub(super) struct Deframer {
    /// Whether the frames must be masked, as a client's are; else they must not be.
    masked: bool,
    /// The header under way: `have <= header.len()`.
    header: [u8; MAX_HEADER],
    have: usize,
    /// The frame whose payload is under way.
    frame: Option<Frame>,
    /// Whether a message is under way: only a continuation may carry data.
    in_message: bool,
    empty_frames: u32,
    /// A control frame's payload, as far as it has come: at most [`MAX_CONTROL`] bytes.
    control: Vec<u8>,
    /// The last ping's payload, not yet answered.
    ping: Option<Vec<u8>>,
    closed: bool,
    violation: Option<Violation>,
}

#[derive(Clone, Copy)]
struct Frame {
    opcode: Opcode,
    last: bool,
    mask: [u8; 4],
    left: u64,
}

impl Deframer {
    pub(super) fn new(masked: bool) -> Self {
        Deframer {
            masked,
            header: [0; MAX_HEADER],
            have: 0,
            frame: None,
            in_message: false,
            empty_frames: 0,
            control: Vec::new(),
            ping: None,
            closed: false,
            violation: None,
        }
    }

    /// Moves the bytes that the frames carry to the front, and gives how many these are. How the frames are cut over several
    /// calls changes nothing. What follows a close frame or a violation is dropped.
    pub(super) fn deframe(&mut self, bytes: &mut [u8]) -> usize {
        let (mut at, mut kept) = (0, 0);
        while at < bytes.len() && !self.closed && self.violation.is_none() {
            let Some(frame) = &mut self.frame else {
                self.header[self.have] = bytes[at];
                self.have += 1;
                at += 1;
                if let Err(violation) = self.look_at_header() {
                    self.violation = Some(violation);
                }
                continue;
            };
            let len = usize::try_from(frame.left).map_or(bytes.len() - at, |left| left.min(bytes.len() - at));
            let payload = &mut bytes[at..at + len];
            if self.masked {
                mask(payload, &mut frame.mask);
            }
            frame.left -= len as u64;
            if matches!(frame.opcode, Opcode::Continuation | Opcode::Binary) {
                bytes.copy_within(at..at + len, kept);
                kept += len;
            } else {
                self.control.extend_from_slice(payload);
            }
            at += len;
            if frame.left == 0 {
                let frame = *frame;
                self.end_frame(frame);
            }
        }
        kept
    }

    /// Judges the header as soon as its second byte is there, and begins the frame when all of it is.
    fn look_at_header(&mut self) -> Result<(), Violation> {
        if self.have < 2 {
            return Ok(());
        }
        let [first, second, ..] = self.header;
        let opcode = self.judge(first, second)?;
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let len_end = 2 + extended;
        if self.have < len_end + if self.masked { 4 } else { 0 } {
            return Ok(());
        }
        let mut wide = [0; 8];
        wide[8 - extended..].copy_from_slice(&self.header[2..len_end]);
        let len = match (extended, u64::from_be_bytes(wide)) {
            (0, _) => u64::from(second & 0x7f),
            (2, len @ 126..) | (8, len @ 0x1_0000..=0x7fff_ffff_ffff_ffff) => len,
            _ => return Err(Violation::Length),
        };
        let mut mask = [0; 4];
        if self.masked {
            mask.copy_from_slice(&self.header[len_end..len_end + 4]);
        }
        self.have = 0;
        let frame = Frame { opcode, last: first & 0x80 != 0, mask, left: len };
        self.begin_frame(frame)
    }

    fn judge(&self, first: u8, second: u8) -> Result<Opcode, Violation> {
        if first & 0x70 != 0 {
            return Err(Violation::Extension);
        }
        match (second & 0x80 != 0, self.masked) {
            (true, false) => return Err(Violation::Masked),
            (false, true) => return Err(Violation::Unmasked),
            _ => {}
        }
        let opcode = match first & 0x0f {
            0 if !self.in_message => return Err(Violation::NothingToContinue),
            0 => return Ok(Opcode::Continuation),
            1 | 2 if self.in_message => return Err(Violation::Unfinished),
            1 => return Err(Violation::Text),
            2 => return Ok(Opcode::Binary),
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            other => return Err(Violation::Opcode(other)),
        };
        match first & 0x80 != 0 && usize::from(second & 0x7f) <= MAX_CONTROL {
            true => Ok(opcode),
            false => Err(Violation::Control),
        }
    }

    fn begin_frame(&mut self, frame: Frame) -> Result<(), Violation> {
        if matches!(frame.opcode, Opcode::Continuation | Opcode::Binary) {
            self.in_message = !frame.last;
            self.empty_frames = if frame.left == 0 { self.empty_frames + 1 } else { 0 };
            if self.empty_frames > MAX_EMPTY_FRAMES {
                return Err(Violation::Empty);
            }
        }
        match frame.left {
            0 => self.end_frame(frame),
            _ => self.frame = Some(frame),
        }
        Ok(())
    }

    fn end_frame(&mut self, frame: Frame) {
        self.frame = None;
        let payload = std::mem::take(&mut self.control);
        match frame.opcode {
            Opcode::Close if payload.len() == 1 => self.violation = Some(Violation::Close),
            Opcode::Close => self.closed = true,
            Opcode::Ping => self.ping = Some(payload),
            Opcode::Pong | Opcode::Continuation | Opcode::Binary => {}
        }
    }

    pub(super) fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// Whether the peer's close frame has come.
    pub(super) fn closed(&self) -> bool {
        self.closed
    }

    /// Whether nothing is cut off if the connection ends here.
    pub(super) fn is_between_messages(&self) -> bool {
        !self.in_message && self.frame.is_none() && self.have == 0
    }

    pub(super) fn has_ping(&self) -> bool {
        self.ping.is_some()
    }

    /// What the pong is to carry.
    pub(super) fn take_ping(&mut self) -> Option<Vec<u8>> {
        self.ping.take()
    }

    /// What our close frame says: the peer's fault, or none.
    pub(super) fn close_code(&self) -> u16 {
        match self.violation {
            None => 1000,
            Some(Violation::Text) => 1003,
            Some(Violation::Empty) => 1008,
            Some(_) => 1002,
        }
    }
}

/// Appends one whole frame.
pub(super) fn put_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[IoSlice<'_>], key: Option<[u8; 4]>) {
    let len: usize = payload.iter().map(|slice| slice.len()).sum();
    out.reserve(MAX_HEADER + len);
    out.push(0x80 | opcode as u8);
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ ..126), _) => out.push(mask_bit | len),
        (_, Ok(len)) => {
            out.push(mask_bit | 126);
            out.extend_from_slice(&len.to_be_bytes());
        }
        _ => {
            out.push(mask_bit | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(key.as_ref().map_or(&[], |key| &key[..]));
    let start = out.len();
    for slice in payload {
        out.extend_from_slice(slice);
    }
    if let Some(mut key) = key {
        mask(&mut out[start..], &mut key);
    }
}
