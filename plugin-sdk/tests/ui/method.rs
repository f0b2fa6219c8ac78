use plugin_sdk::transform;

struct S;

impl S {
    #[transform]
    fn f(&self, x: f64) -> f64 {
        x
    }
}

fn main() {}
