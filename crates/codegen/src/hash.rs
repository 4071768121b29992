//! The hashes by which protocols make ids of names.

use crate::options::Hash;

/// The hash of a name; `None` for no hash.
pub(crate) fn hash(hash: Hash, name: &str) -> Option<u64> {
    let bytes = name.as_bytes();
    Some(match hash {
        Hash::Unspecified => return None,
        Hash::Crc32 => crc32(bytes).into(),
        Hash::Fnv1_32 => fnv1_32(bytes).into(),
        Hash::Fnv1a32 => fnv1a_32(bytes).into(),
        Hash::Fnv1a64 => fnv1a_64(bytes),
        Hash::Poly31_32 => times_plus(bytes, 31, 0).into(),
        Hash::Djb2_32 => times_plus(bytes, 33, 5381).into(),
        Hash::Murmur3_32 => murmur3_32(bytes).into(),
    })
}

/// How many bits a hash has.
pub(crate) fn width(hash: Hash) -> u32 {
    if hash == Hash::Fnv1a64 { 64 } else { 32 }
}

/// CRC-32 as of zip and Ethernet.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        let shift = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        (0..8).fold(crc ^ u32::from(byte), shift)
    })
}

fn fnv1_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash: u32, &byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(byte))
}

fn fnv1a_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash: u32, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn fnv1a_64(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn times_plus(bytes: &[u8], factor: u32, start: u32) -> u32 {
    bytes.iter().fold(start, |hash, &byte| hash.wrapping_mul(factor).wrapping_add(u32::from(byte)))
}

/// MurmurHash3_x86_32 with seed 0.
fn murmur3_32(bytes: &[u8]) -> u32 {
    let scramble = |block: u32| block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let little_endian = |chunk: &[u8]| chunk.iter().rev().fold(0, |block, &byte| block << 8 | u32::from(byte));
    let mut chunks = bytes.chunks_exact(4);
    let body = chunks.by_ref().fold(0u32, |hash, chunk| {
        let mixed = (hash ^ scramble(little_endian(chunk))).rotate_left(13);
        mixed.wrapping_mul(5).wrapping_add(0xe654_6b64)
    });
    // Lengths beyond 32 bits wrap in the original too.
    let mut hash = body ^ scramble(little_endian(chunks.remainder())) ^ bytes.len() as u32;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the CRC catalogue, the FNV authors' vectors, what Java's `String.hashCode` gives, what the C of
    /// djb2 gives, and vectors of MurmurHash3 that its ports share.
    #[test]
    fn published_vectors() {
        let check = |kind, name, expect: u64| assert_eq!(hash(kind, name), Some(expect), "{kind:?} {name:?}");
        check(Hash::Crc32, "", 0);
        check(Hash::Crc32, "123456789", 0xcbf4_3926);
        check(Hash::Crc32, "The quick brown fox jumps over the lazy dog", 0x414f_a339);
        check(Hash::Fnv1_32, "", 0x811c_9dc5);
        check(Hash::Fnv1_32, "a", 0x050c_5d7e);
        check(Hash::Fnv1_32, "foobar", 0x31f0_b262);
        check(Hash::Fnv1a32, "", 0x811c_9dc5);
        check(Hash::Fnv1a32, "a", 0xe40c_292c);
        check(Hash::Fnv1a32, "foobar", 0xbf9c_f968);
        check(Hash::Fnv1a64, "", 0xcbf2_9ce4_8422_2325);
        check(Hash::Fnv1a64, "a", 0xaf63_dc4c_8601_ec8c);
        check(Hash::Fnv1a64, "foobar", 0x8594_4171_f739_67e8);
        check(Hash::Poly31_32, "", 0);
        check(Hash::Poly31_32, "hello", 99_162_322);
        check(Hash::Poly31_32, "Hello World", u64::from(-862_545_276i32 as u32));
        check(Hash::Djb2_32, "", 5381);
        check(Hash::Djb2_32, "a", 177_670);
        check(Hash::Djb2_32, "hello", 261_238_937);
        check(Hash::Murmur3_32, "", 0);
        check(Hash::Murmur3_32, "test", 0xba6b_d213);
        check(Hash::Murmur3_32, "hello", 0x248b_fa47);
        check(Hash::Murmur3_32, "hello, world", 0x149b_bb7f);
        check(Hash::Murmur3_32, "The quick brown fox jumps over the lazy dog", 0x2e4f_f723);
    }

    #[test]
    fn no_hash_is_none() {
        assert_eq!(hash(Hash::Unspecified, "a"), None);
    }
}
