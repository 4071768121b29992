//! See `laster_fuzz::codecs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| laster_fuzz::codecs(data));
