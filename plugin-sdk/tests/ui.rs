//! What the compiler says of functions that can't be transforms. `TRYBUILD=overwrite cargo test --test ui` writes it anew.

#[test]
fn errors_speak_of_the_function() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
