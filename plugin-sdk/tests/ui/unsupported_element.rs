use plugin_sdk::transform;

#[transform]
fn f(x: &str) -> Vec<Option<f64>> {
    vec![x.parse().ok()]
}

fn main() {}
