use plugin_sdk::transform;

#[transform]
struct S;

fn main() {}
