use plugin_sdk::transform;

#[transform]
fn f(#[parameter] x: &f64) -> f64 {
    *x
}

fn main() {}
