use plugin_sdk::transform;

use plugin_sdk::Column;

#[transform]
fn f(x: &Column<'_, f64>, y: f64) -> Vec<f64> {
    x.values().iter().map(|x| x + y).collect()
}

fn main() {}
