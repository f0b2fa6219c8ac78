//! The Python function that stands for an on-demand view which Salver computes.
//!
//! Feast executes the text of every on-demand view that it loads, and raises for the whole project where
//! the text defines no function. So there is always one, and only calling it fails.

/// Words that can't name a Python function (Python 3.13).
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// A Python identifier as near to the view's name as can be.
pub(super) fn function_name(view: &str) -> String {
    let name: String = view
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if KEYWORDS.contains(&name.as_str()) {
        format!("{name}_")
    } else if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else {
        name
    }
}

/// Source text of a function that says who computes the view.
pub(super) fn body_text(function: &str) -> String {
    format!("def {function}(inputs):\n    raise RuntimeError(\"served by Salver\")\n")
}

#[cfg(test)]
mod tests {
    use super::function_name;

    #[test]
    fn names_that_python_would_not_take_are_bent() {
        for (view, function) in [
            ("transformed_conv_rate", "transformed_conv_rate"),
            ("conv-rate", "conv_rate"),
            ("2nd", "_2nd"),
            ("lambda", "lambda_"),
        ] {
            assert_eq!(function_name(view), function);
        }
    }
}
