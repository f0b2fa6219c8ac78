//! The function in the source text that Feast keeps of an on-demand view: without its decorators, which name objects
//! of the feature repository that a plugin doesn't have.

mod uses;

/// A function's text and what it says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Of the first argument.
    pub(crate) argument: String,
    /// From `def` to its end, at the margin.
    pub(crate) text: String,
}

/// Finds the function; tells what stands there where there is none.
pub(crate) fn function(body_text: &str) -> Result<Function, String> {
    let text = body_text.replace("\r\n", "\n");
    for line in logical_lines(&text) {
        let trimmed = line.text.trim_start();
        if trimmed.is_empty() || trimmed.starts_with(['#', '@']) {
            continue;
        }
        let Some(signature) = trimmed.strip_prefix("def ") else {
            let found = trimmed.lines().next().unwrap_or_default();
            return Err(format!(
                "its text has no function: `{found}` stands where `def` should"
            ));
        };
        let (name, argument) = names(signature)
            .ok_or_else(|| "its function takes no argument, so it has no inputs".to_owned())?;
        return Ok(Function {
            name,
            argument,
            text: at_the_margin(&text[line.start..]),
        });
    }
    Err("its text has no function".to_owned())
}

/// Of `NAME(ARGUMENT: …`.
fn names(signature: &str) -> Option<(String, String)> {
    let (name, rest) = signature.split_once('(')?;
    let rest = rest.trim_start();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let argument = &rest[..end];
    (!argument.is_empty()).then(|| (name.trim().to_owned(), argument.to_owned()))
}

/// Takes the indentation of the first line away from all.
fn at_the_margin(text: &str) -> String {
    let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
    let lines = text
        .lines()
        .map(|line| line.strip_prefix(indent).unwrap_or(line));
    let mut joined = lines.collect::<Vec<_>>().join("\n");
    joined.truncate(joined.trim_end().len());
    joined
}

/// A line of Python's grammar: it goes on within brackets, within strings of three quotes and behind a backslash.
struct LogicalLine<'t> {
    start: usize,
    text: &'t str,
}

fn logical_lines(text: &str) -> impl Iterator<Item = LogicalLine<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let end = start + logical_end(rest);
        let line = LogicalLine {
            start,
            text: text[start..end].trim_end_matches('\n'),
        };
        start = end;
        Some(line)
    })
}

/// How far the first logical line goes, its end of line included.
pub(super) fn logical_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'#' => at + until(&bytes[at..], b"\n"),
            b'"' | b'\'' => at + string(&bytes[at..]),
            b'\\' => at + 2,
            b'\n' if depth == 0 => return at + 1,
            _ => {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                at + 1
            }
        };
    }
    text.len()
}

/// How long the string is that begins here, its quotes included.
pub(super) fn string(bytes: &[u8]) -> usize {
    let quote = &bytes[..1];
    let triple = bytes.len() >= 3 && bytes[..3].iter().all(|byte| *byte == quote[0]);
    let (open, close) = if triple { (3, &bytes[..3]) } else { (1, quote) };
    let mut at = open;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at..].starts_with(close) {
            return at + close.len();
        } else if !triple && bytes[at] == b'\n' {
            return at;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

pub(super) fn until(bytes: &[u8], end: &[u8]) -> usize {
    let mut windows = bytes.windows(end.len());
    windows
        .position(|window| window == end)
        .unwrap_or(bytes.len())
}

impl Function {
    /// Whether the function's text has this name in quotes, or after a dot.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        let quoted = ["\"", "'"].map(|quote| format!("{quote}{name}{quote}"));
        let attribute = format!("{}.{name}", self.argument);
        quoted.iter().any(|it| self.text.contains(it))
            || self.text.contains(&attribute)
            || self.uses_of_argument().keys.iter().any(|key| key == name)
    }

    /// Whether it uses its argument for nothing but for columns that it names: `inputs["conv_rate"]`,
    /// `inputs.get("conv_rate")`.
    pub(crate) fn names_its_columns(&self) -> bool {
        self.uses_of_argument().others.is_empty()
    }

    /// Whether it uses a module by this name.
    pub(crate) fn uses(&self, module: &str) -> bool {
        let dotted = format!("{module}.");
        let body = logical_end(&self.text);
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        self.text
            .match_indices(dotted.as_str())
            .any(|(at, _)| at >= body && !self.text[..at].chars().next_back().is_some_and(is_name))
    }
}

#[cfg(test)]
mod tests {
    use super::function;

    const FEASTS: &str = r#"@on_demand_feature_view(
    sources=[driver_stats_fv, input_request],
    schema=[
        Field(name="a)", dtype=Float64),  # one ) in a comment
        Field(name='it\'s (', dtype=Float64),
    ],
    description="""many
def lines(
""",
    mode="python",
)
@another
# and a comment
def transformed(inputs: dict[str, Any]) -> dict[str, Any]:
    """Adds.

    def no_function(of_its_own):
    """
    return {"a)": [x + 1 for x in inputs["conv_rate"]]}
"#;

    #[test]
    fn decorators_are_taken_away_by_the_rules_of_pythons_grammar() {
        let found = function(FEASTS).unwrap();
        assert_eq!(found.name, "transformed");
        assert_eq!(found.argument, "inputs");
        assert!(found.text.starts_with("def transformed(inputs"));
        assert!(found.text.ends_with("inputs[\"conv_rate\"]]}"));
    }

    #[test]
    fn an_indented_function_comes_to_the_margin() {
        let text =
            "    @odfv(\n  sources=[])\r\n    def f(x):\n        if x:\n\n            return x\n";
        let found = function(text).unwrap();
        assert_eq!(found.text, "def f(x):\n    if x:\n\n        return x");
    }

    #[test]
    fn what_has_no_function_is_told() {
        for (text, said) in [
            ("", "has no function"),
            ("@a\n", "has no function"),
            (
                "udf = lambda x: x",
                "`udf = lambda x: x` stands where `def` should",
            ),
            ("def f():\n  return 1", "takes no argument"),
            ("\"\"\"def f(x)", "stands where `def` should"),
            ("(((", "stands where `def` should"),
            ("\\", "stands where `def` should"),
        ] {
            let error = function(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn columns_that_are_named_are_found() {
        let named = "def f(x):\n    y = x['a']\n    return {'b': x.get(\"c\"), 'max': max_x}";
        let found = function(named).unwrap();
        assert!(found.names_its_columns());
        assert!(found.mentions("a") && found.mentions("c") && !found.mentions("d"));
        for text in [
            "def f(x):\n    return x['a' + b]",
            "def f(x):\n    return x[f'a']",
            "def f(x):\n    return x['\\x61']",
            "def f(x):\n    return g(x)",
            "def f(x):\n    for k in x: pass",
            "def f(x):\n    return x[key]",
        ] {
            assert!(!function(text).unwrap().names_its_columns(), "{text}");
        }
    }

    #[test]
    fn modules_are_found_where_they_are_used() {
        let found =
            function("def f(x: pd.DataFrame) -> pd.DataFrame:\n    return np.log(x['a'])").unwrap();
        assert!(found.uses("np"));
        assert!(!found.uses("pd"));
    }
}
