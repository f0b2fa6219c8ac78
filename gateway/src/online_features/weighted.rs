//! Request headers that list what a client takes, with weights (RFC 9110, 12.4.2 and 12.5).

use http::{HeaderMap, HeaderName};

/// The items of all headers of that name, in their order, with their weights in thousandths: 1,000 where there is none, 0
/// where it can't be read. Parameters other than the weight are passed over.
pub(super) fn items(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, u16)> {
    let values = headers.get_all(name).into_iter();
    let lists = values.map(|value| value.to_str().unwrap_or_default());
    lists.flat_map(|list| list.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        (name, parts.find_map(weight).unwrap_or(1_000))
    })
}

fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let weight: Option<f32> = value.trim().parse().ok();
    let weight = weight.filter(|weight| (0.0..=1.0).contains(weight));
    Some(weight.map_or(0, |weight| (weight * 1_000.0).round() as u16))
}
