//! Whatever a server sends that should be Redis.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|sent: (u8, &[u8])| {
    let (piece, bytes) = sent;
    online_store::read_replies(bytes, piece.into());
});
