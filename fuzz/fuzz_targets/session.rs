//! See `laster_fuzz::session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| laster_fuzz::session(data));
