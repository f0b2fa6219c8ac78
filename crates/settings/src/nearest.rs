/// Longer texts are no misspelt names, and comparing them takes time.
const LONGEST_NAME: usize = 128;

/// The candidate that `name` is most likely a misspelling of; `None` where none is near.
///
/// Case and the choice between `_` and `-` count for nothing.
#[must_use]
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(name);
    let (distance, candidate) = candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_NAME)
        .map(|candidate| (strsim::osa_distance(&wanted, &plain(candidate)), candidate))
        .min()?;
    let tolerated = (name.chars().count() / 3).clamp(1, 4);
    (distance <= tolerated).then_some(candidate)
}

/// `; did you mean X?` with the [`nearest`] name, or nothing.
#[must_use]
pub fn did_you_mean<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelling_finds_its_name() {
        let known = ["online_store", "offline_store", "registry", "ttl"];
        for (name, wanted) in [
            ("onlinestore", Some("online_store")),
            ("Online-Store", Some("online_store")),
            ("ofline_store", Some("offline_store")),
            ("regsitry", Some("registry")),
            ("tll", Some("ttl")),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), wanted, "{name}");
        }
    }
}
