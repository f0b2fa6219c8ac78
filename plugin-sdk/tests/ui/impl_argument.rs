use plugin_sdk::transform;

#[transform]
fn f(x: impl Into<f64>) -> f64 {
    x.into()
}

fn main() {}
