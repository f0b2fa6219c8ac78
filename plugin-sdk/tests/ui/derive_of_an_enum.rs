use plugin_sdk::transform;

#[derive(plugin_sdk::Outputs)]
enum Either {
    A,
    B,
}

#[derive(plugin_sdk::Struct)]
struct Pair(f64, f64);

#[transform]
fn f(x: f64) -> f64 {
    x
}

fn main() {}
