//! Name patterns, compiled.

use std::{collections::HashMap, sync::Arc};

use regex::{Error, Regex, RegexBuilder};

use super::python;

const MIB: usize = 1024 * 1024;
/// What a pattern may need once it is compiled, tried one after the other: how much it does need isn't told.
const SIZES: [usize; 6] = [16 * 1024, 64 * 1024, 256 * 1024, MIB, 4 * MIB, 10 * MIB];
/// What all patterns of a project may need together, by the same measure.
const MAX_PROJECT_BYTES: usize = 64 * MIB;

/// The patterns of one project, each text compiled once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    known: HashMap<String, Compiled>,
    bytes: usize,
}

/// A pattern that was compiled, or couldn't be. Both have cost something.
#[derive(Clone, Debug)]
struct Compiled {
    outcome: Result<Arc<Regex>, String>,
    bytes: usize,
}

impl Patterns {
    /// The pattern of that text; what `before` has compiled isn't compiled again.
    ///
    /// # Errors
    /// Why it can't be compiled, in words.
    pub(crate) fn get(&mut self, text: &str, before: &Self) -> Result<Arc<Regex>, String> {
        if let Some(known) = self.known.get(text) {
            return known.outcome.clone();
        }
        let left = MAX_PROJECT_BYTES.saturating_sub(self.bytes);
        let compiled = match before.known.get(text) {
            Some(known) => Some(known.clone()).filter(|known| known.bytes <= left),
            None => compile(text, left),
        };
        let Some(compiled) = compiled else {
            // so that those that come after cost nothing more
            self.bytes = MAX_PROJECT_BYTES;
            return Err(format!(
                "the patterns of the project need more than {} MiB together once they are compiled",
                MAX_PROJECT_BYTES / MIB
            ));
        };
        self.bytes += compiled.bytes;
        self.known.insert(text.to_owned(), compiled.clone());
        compiled.outcome
    }
}

/// Whether a name pattern of a permission can be compiled, and Python reads it as the gateway does; else why it would match
/// nothing.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_name_pattern(pattern: &str) -> Result<(), String> {
    let compiled = compile(pattern, MAX_PROJECT_BYTES);
    compiled.map_or(Ok(()), |compiled| compiled.outcome.map(drop))
}

/// `None` where it needs more than `left`.
fn compile(pattern: &str, left: usize) -> Option<Compiled> {
    let done = |outcome, bytes| Some(Compiled { outcome, bytes });
    if let Err(reason) = python::check(pattern) {
        return (SIZES[0] <= left).then_some(Compiled {
            outcome: Err(reason),
            bytes: SIZES[0],
        });
    }
    for size in SIZES {
        if size > left {
            return None;
        }
        match whole(pattern, size) {
            Ok(regex) => return done(Ok(Arc::new(regex)), size),
            Err(Error::CompiledTooBig(_)) => {}
            Err(error) => return done(Err(last_line(&error)), size),
        }
    }
    let [.., most] = SIZES;
    let reason = format!("it needs more than {} MiB once it is compiled", most / MIB);
    done(Err(reason), most)
}

/// As Python's `re.fullmatch`: some way to match reaches from the first to the last character. The pattern can be read
/// alone, so that a parenthesis too many can't close the group around it.
fn whole(pattern: &str, size: usize) -> Result<Regex, Error> {
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
        .size_limit(size)
        .build()
}

fn last_line(error: &Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MAX_PROJECT_BYTES, Patterns};

    fn alone(pattern: &str) -> Result<Arc<regex::Regex>, String> {
        Patterns::default().get(pattern, &Patterns::default())
    }

    #[test]
    fn a_pattern_matches_the_whole_name_or_not_at_all() {
        for (pattern, name, matches) in [
            ("driver_.*", "driver_stats", true),
            ("driver_.*", "my_driver_stats", false),
            ("driver", "driver_stats", false),
            ("driver|driver_stats", "driver_stats", true),
            ("a|b", "ab", false),
            ("(?i)DRIVER", "driver", true),
            ("", "", true),
            ("", "x", false),
            ("^driver$", "driver", true),
            ("driver", "driver\n", false),
            ("[]x]+", "]x", true),
            ("[^]x]+", "ab", true),
            (r"[a\-\-b\[]+", "-[", true),
            (r"\[a&&b", "[a&&b", true),
            ("[a-z]-[a-z]--", "a-b--", true),
            (r"\w{1,64}", "driver_stats", true),
            (r"[\w-]{1,40}", "driver-stats", true),
            (r"(?i)\w{6}x1", "DRIVERX1", true),
        ] {
            let regex = alone(pattern).unwrap();
            assert_eq!(regex.is_match(name), matches, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_pattern_cannot_break_out_of_its_group_or_grow_without_bounds() {
        for pattern in [
            "a)|(?:b",
            "a)",
            "(",
            r"(?:\w{100}){100}",
            "(?=a)b",
            r"(a)\1",
            "(?x)a # b",
            "a*+",
        ] {
            assert!(alone(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn the_patterns_of_a_project_are_bounded_together() {
        let (mut patterns, none) = (Patterns::default(), Patterns::default());
        let many = (0..200).map(|n| patterns.get(&format!(r"\w{{1,64}}{n}"), &none));
        let taken: Vec<bool> = many.map(|one| one.is_ok()).collect();
        let last = taken.iter().position(|taken| !taken).unwrap();
        assert!(last > 5 && taken[last..].iter().all(|taken| !taken));
        assert!(patterns.bytes <= MAX_PROJECT_BYTES);
        let refused = patterns.get("plain", &none).unwrap_err();
        assert!(refused.contains("64 MiB together"), "{refused}");
    }

    #[test]
    fn a_text_that_stays_is_not_compiled_again() {
        let (mut before, mut now) = (Patterns::default(), Patterns::default());
        let first = before.get("a.*", &Patterns::default()).unwrap();
        let second = now.get("a.*", &before).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &now.get("a.*", &before).unwrap()));
    }
}
