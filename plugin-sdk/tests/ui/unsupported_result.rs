use plugin_sdk::transform;

#[transform]
fn f(x: f64) -> u8 {
    x as u8
}

fn main() {}
