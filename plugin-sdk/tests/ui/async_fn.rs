use plugin_sdk::transform;

#[transform]
async fn f(x: f64) -> f64 {
    x
}

fn main() {}
