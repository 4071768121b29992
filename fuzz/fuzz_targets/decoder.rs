//! See `laster_fuzz::decoder`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| laster_fuzz::decoder(data));
