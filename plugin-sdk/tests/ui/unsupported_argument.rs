use plugin_sdk::transform;

#[transform]
fn f(x: u64) -> f64 {
    x as f64
}

fn main() {}
