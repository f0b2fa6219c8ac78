use plugin_sdk::transform;

#[transform]
fn f(x: f64) -> f64 {
    x
}

struct NoTransform;

plugin_sdk::export!(f, NoTransform);

fn main() {}
