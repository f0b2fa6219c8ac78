use plugin_sdk::transform;

#[transform(parameters = "x")]
fn f(x: f64) -> f64 {
    x
}

fn main() {}
