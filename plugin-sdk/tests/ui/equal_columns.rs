use plugin_sdk::transform;

#[transform]
fn f(x: f64, #[column("x")] y: f64) -> f64 {
    x + y
}

fn main() {}
