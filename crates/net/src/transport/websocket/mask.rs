//! The masks that a client lays over what it sends (RFC 6455, section 5.3).

use std::hash::{BuildHasher, RandomState};

/// Masks or unmasks, and turns the key to where the next bytes begin.
pub(super) fn mask(bytes: &mut [u8], key: &mut [u8; 4]) {
    let wide = u64::from_ne_bytes([key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
    let len = rest.len();
    key.rotate_left(len % 4);
}

/// The keys that a client masks its frames with.
///
/// They must not be guessed by whoever chose the bytes, so that these cannot be made to look like something else to a proxy
/// (RFC 6455, section 10.3). A keyed hash of a counter will do, with a key that std takes from the system.
#[derive(Default)]
pub(super) struct Masks {
    key: RandomState,
    count: u64,
}

impl Masks {
    pub(super) fn next(&mut self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.next_word();
        [a, b, c, d]
    }

    fn next_word(&mut self) -> [u8; 8] {
        self.count += 1;
        self.key.hash_one(self.count).to_ne_bytes()
    }

    /// Sixteen bytes, as the handshake wants them.
    pub(super) fn nonce() -> [u8; 16] {
        let mut masks = Masks::default();
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&masks.next_word());
        nonce[8..].copy_from_slice(&masks.next_word());
        nonce
    }
}
