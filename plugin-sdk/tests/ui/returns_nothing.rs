use plugin_sdk::transform;

#[transform]
fn f(x: f64) {
    let _ = x;
}

fn main() {}
