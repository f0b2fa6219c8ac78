//! What Python's `re` takes for something else than our library, or for nothing. Such a pattern must not grant here what it
//! doesn't grant there.

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSetBinaryOp, ClassSetItem, Flag, FlagsItemKind, GroupKind,
    Literal, LiteralKind, Span, Visitor, parse::Parser,
};

/// Whether Python reads the pattern as our library does.
///
/// # Errors
/// What it reads otherwise, in words.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    let read = Parser::new().parse(pattern);
    let read = read.map_err(|error| error.kind().to_string())?;
    if has_set_notation(pattern) {
        return Err("a class within a class means something else to Python".to_owned());
    }
    let reader = Reader {
        end_of_leading_flags: 0,
    };
    ast::visit(&read, reader).map_err(|place| {
        let part = pattern.get(place.start.offset..place.end.offset);
        format!(
            "`{}` means something else to Python, or nothing",
            part.unwrap_or(pattern)
        )
    })
}

/// Goes through a pattern; what it stops at is read otherwise by Python.
struct Reader {
    end_of_leading_flags: usize,
}

impl Visitor for Reader {
    type Output = ();
    type Err = Span;

    fn finish(self) -> Result<(), Span> {
        Ok(())
    }

    fn visit_pre(&mut self, part: &Ast) -> Result<(), Span> {
        let is_same = match part {
            Ast::Flags(set) => {
                // later ones hold for the whole pattern, or are an error
                let leads = set.span.start.offset == self.end_of_leading_flags;
                self.end_of_leading_flags = set.span.end.offset;
                leads && set.flags.items.iter().all(|item| is_flag(&item.kind))
            }
            Ast::Group(group) => is_group(&group.kind),
            // possessive, as in `a*+`, or an error
            Ast::Repetition(repetition) => !matches!(
                *repetition.ast,
                Ast::Repetition(_) | Ast::Assertion(_) | Ast::Flags(_) | Ast::Empty(_)
            ),
            Ast::Assertion(assertion) => matches!(
                assertion.kind,
                AssertionKind::StartLine
                    | AssertionKind::EndLine
                    | AssertionKind::StartText
                    | AssertionKind::WordBoundary
                    | AssertionKind::NotWordBoundary
            ),
            Ast::Literal(literal) => is_literal(literal),
            Ast::ClassUnicode(_) => false,
            Ast::Empty(_)
            | Ast::Dot(_)
            | Ast::ClassPerl(_)
            | Ast::ClassBracketed(_)
            | Ast::Alternation(_)
            | Ast::Concat(_) => true,
        };
        if is_same { Ok(()) } else { Err(*part.span()) }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Span> {
        let is_same = match item {
            ClassSetItem::Literal(literal) => is_literal(literal),
            ClassSetItem::Range(range) => is_literal(&range.start) && is_literal(&range.end),
            ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => false,
            ClassSetItem::Empty(_) | ClassSetItem::Perl(_) | ClassSetItem::Union(_) => true,
        };
        if is_same { Ok(()) } else { Err(*item.span()) }
    }

    fn visit_class_set_binary_op_pre(&mut self, operation: &ClassSetBinaryOp) -> Result<(), Span> {
        Err(operation.span)
    }
}

fn is_flag(kind: &FlagsItemKind) -> bool {
    use Flag::{CaseInsensitive, DotMatchesNewLine, MultiLine};
    matches!(
        kind,
        FlagsItemKind::Flag(CaseInsensitive | MultiLine | DotMatchesNewLine)
    )
}

fn is_group(kind: &GroupKind) -> bool {
    match kind {
        GroupKind::CaptureIndex(_) => true,
        GroupKind::CaptureName { starts_with_p, .. } => *starts_with_p,
        GroupKind::NonCapturing(flags) => {
            let mut items = flags.items.iter().map(|item| &item.kind);
            items.all(|kind| is_flag(kind) || matches!(kind, FlagsItemKind::Negation))
        }
    }
}

fn is_literal(literal: &Literal) -> bool {
    match literal.kind {
        LiteralKind::Verbatim
        | LiteralKind::Meta
        | LiteralKind::Superfluous
        | LiteralKind::Special(_)
        | LiteralKind::HexFixed(_) => true,
        LiteralKind::Octal | LiteralKind::HexBrace(_) => false,
    }
}

/// Whether a class `[...]` holds `[`, `&&`, `--` or `~~`: plain characters to Python, set operations to our library.
fn has_set_notation(pattern: &str) -> bool {
    // what the class that is open holds so far
    let mut class: Option<String> = None;
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        let escaped = (c == '\\').then(|| characters.next());
        match (&mut class, c) {
            (None, '[') => class = Some(String::new()),
            (Some(seen), '^') if seen.is_empty() => seen.push('^'),
            (Some(seen), ']') if !matches!(seen.as_str(), "" | "^") => class = None,
            (Some(_), '[') => return true,
            (Some(seen), '&' | '-' | '~') if seen.ends_with(c) => return true,
            (Some(seen), _) => seen.push(if escaped.is_some() { 'x' } else { c }),
            (None, _) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_class_that_python_reads_otherwise_is_told() {
        for pattern in [
            "[a-z&&[^x]]",
            "[a-z&&x]",
            "[a-z--x]",
            "[a~~b]",
            "[[a]b]",
            "[^[a]]",
            "[]&&]",
            "[[:alpha:]]",
            r"[\pL]",
            r"[a-\x{7a}]",
        ] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_is_possessive_or_an_error_to_python_is_told() {
        for (pattern, part) in [
            ("a*+b", "a*+"),
            ("a++", "a++"),
            ("a?+", "a?+"),
            ("a{2,3}+", "a{2,3}+"),
            ("(?:x|[a-z]*+y)", "[a-z]*+"),
            ("a**", "a**"),
            ("a*??", "a*??"),
            ("^*", "^*"),
            (r"\<a", r"\<"),
            (r"a\>", r"\>"),
            (r"\b{start}a", r"\b{start}"),
            (r"a\z", r"\z"),
            (r"\pL+", r"\pL"),
            (r"\x{61}", r"\x{61}"),
            (r"\u{61}", r"\u{61}"),
            ("(?<n>a)", "(?<n>a)"),
            ("a(?i)b", "(?i)"),
            ("(a(?s)b)", "(?s)"),
            ("(?-i)a", "(?-i)"),
            ("(?U)a*", "(?U)"),
            ("(?x)a # b", "(?x)"),
            ("(?-u:a)", "(?-u:a)"),
        ] {
            let told = check(pattern).unwrap_err();
            assert!(told.starts_with(&format!("`{part}`")), "{pattern}: {told}");
        }
    }

    #[test]
    fn what_both_read_alike_is_taken() {
        for pattern in [
            "",
            "driver_.*?",
            "(a*)+",
            "(?:a+){2}?",
            "(?i)(?s)a|b",
            "(?i:a)(?s-i:b)",
            "(?P<n>a)",
            r"\x61\u0061\U00000061\t\-\.",
            r"\bword\B",
            r"[\w\-\x61-z]{1,3}",
            "^a$",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }
}
