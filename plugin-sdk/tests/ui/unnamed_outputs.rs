use plugin_sdk::transform;

#[transform]
fn f(x: f64) -> (f64, f64) {
    (x, x)
}

fn main() {}
