use plugin_sdk::transform;

use plugin_sdk::Outputs;

#[derive(Outputs)]
struct Both {
    a: f64,
    b: f64,
}

#[transform(outputs("c"))]
fn f(x: f64) -> Both {
    Both { a: x, b: x }
}

fn main() {}
