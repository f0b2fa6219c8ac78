use plugin_sdk::transform;

#[derive(serde::Deserialize)]
struct Options {
    by: f64,
}

#[transform]
fn f(x: f64, #[parameters] options: Options) -> f64 {
    x * options.by
}

fn main() {}
