use plugin_sdk::transform;

#[transform]
fn f(x: f64) -> f64 {
    x
}

#[transform(name = "f")]
fn g(x: f64) -> f64 {
    x
}

plugin_sdk::export!(f, g);

fn main() {}
