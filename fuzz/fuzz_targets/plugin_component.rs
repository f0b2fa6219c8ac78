//! A component's bytes: any of them are a component or an error, and whoever may import WASI may import nothing.
#![no_main]

use feature_model::Wasi;
use libfuzzer_sys::fuzz_target;
use plugin_host::Host;

fuzz_target!(|bytes: &[u8]| {
    let Ok(inspection) = Host::inspect(bytes) else {
        return;
    };
    assert_eq!(inspection.size, bytes.len());
    if inspection.check(Wasi::None).is_ok() {
        assert!(!inspection.needs_wasi);
        assert!(inspection.check(Wasi::Empty).is_ok());
    }
});
