use plugin_sdk::transform;

#[transform(outputs("a", "b", "c"))]
fn f(x: f64) -> (f64, f64) {
    (x, x)
}

fn main() {}
