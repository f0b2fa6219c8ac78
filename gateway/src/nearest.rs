//! Words for error messages: the nearest known name, and outside text cut to a length that can be shown.

use std::borrow::Cow;

/// Names longer than this are compared with none: the distance costs length times length.
const LONGEST_COMPARED: usize = 128;
const LONGEST_SHOWN: usize = 120;
const LEAST_SIMILARITY: f64 = 0.6;

/// The known name most like `name`, where one is like enough to be what was meant.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    if name.len() > LONGEST_COMPARED {
        return None;
    }
    let similarity = |known: &str| {
        strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase())
    };
    known
        .into_iter()
        .filter(|known| known.len() <= LONGEST_COMPARED)
        .map(|known| (similarity(known), known))
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        // of equally near ones the first
        .min_by(|(a, _), (b, _)| b.total_cmp(a))
        .map(|(_, known)| known.to_owned())
}

/// `; did you mean `x`?`, or nothing.
pub(crate) fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Text from outside, cut where it is too long for a message.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_SHOWN {
        return Cow::Borrowed(text);
    }
    let end = (0..=LONGEST_SHOWN)
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    Cow::Owned(format!("{}...", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::{nearest, shown};

    #[test]
    fn finds_what_was_probably_meant() {
        let known = ["driver_hourly_stats", "customer_stats", "zones"];
        assert_eq!(
            nearest("driver_hourly_stat", known).as_deref(),
            Some("driver_hourly_stats")
        );
        assert_eq!(nearest("ZONES", known).as_deref(), Some("zones"));
        assert_eq!(nearest("weather", known), None);
        assert_eq!(nearest("v", ["v1", "v2"]), None);
        assert_eq!(
            nearest("activity", ["activity_v1", "activity_v2"]).as_deref(),
            Some("activity_v1")
        );
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }

    #[test]
    fn cuts_long_text_between_characters() {
        assert_eq!(shown("short"), "short");
        let long = "é".repeat(100);
        assert_eq!(shown(&long), format!("{}...", "é".repeat(60)));
    }
}
