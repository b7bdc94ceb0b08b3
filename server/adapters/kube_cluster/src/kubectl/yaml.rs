//! YAML as kubectl writes it: keys sorted, lists not indented, quotes only where a reader needs them.
//!
//! The style rules are those of libyaml as ported to Go, with YAML 1.1 resolution deciding what has to be
//! quoted. Source: `sigs.k8s.io/yaml/goyaml.v2`, `encode.go`, `emitterc.go` and `resolve.go`.

use serde_json::Value;

use super::json::members;

/// Column after which a line is folded at the next space.
const FOLD_AFTER: usize = 80;

/// A value as a YAML document.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, value, 0),
        Value::Array(items) if !items.is_empty() => sequence(&mut out, items, 0),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => inline(&mut out, value, 2),
    }
    out
}

/// The members of a mapping; the cursor stands where its first key goes.
fn mapping(out: &mut String, value: &Value, indent: usize) {
    for (index, (key, value)) in members(value, "").into_iter().enumerate() {
        if index > 0 {
            spaces(out, indent);
        }
        out.push_str(&key_text(key));
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                spaces(out, indent + 2);
                mapping(out, value, indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                spaces(out, indent);
                sequence(out, items, indent);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => {
                out.push(' ');
                inline(out, value, indent + 2);
            }
        }
    }
}

/// The items of a sequence; the cursor stands where its first dash goes.
fn sequence(out: &mut String, items: &[Value], indent: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            spaces(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if !map.is_empty() => mapping(out, item, indent + 2),
            Value::Array(items) if !items.is_empty() => sequence(out, items, indent + 2),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => inline(out, item, indent + 2),
        }
    }
}

/// A scalar or an empty collection, with its line break; folded lines continue at `indent`.
fn inline(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => return string(out, text, indent),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
    out.push('\n');
}

fn string(out: &mut String, text: &str, indent: usize) {
    match style(text) {
        Style::Plain => folded(out, text, indent),
        Style::Single => folded(out, &format!("'{}'", text.replace('\'', "''")), indent),
        Style::Double => folded(out, &double_quoted(text), indent),
        Style::Literal => return literal(out, text, indent),
    }
    out.push('\n');
}

fn key_text(key: &str) -> String {
    match style(key) {
        Style::Plain => key.to_owned(),
        Style::Single => format!("'{}'", key.replace('\'', "''")),
        Style::Double | Style::Literal => double_quoted(key),
    }
}

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// libyaml's choice for a string in block context.
fn style(text: &str) -> Style {
    let printable = text.chars().all(|c| c == '\n' || is_printable(c));
    let space_before_break = text.contains(" \n");
    if text.contains('\n') {
        let literal = printable && !space_before_break && !text.ends_with(' ');
        return if literal {
            Style::Literal
        } else {
            Style::Double
        };
    }
    if !printable || resolves_to_something_else(text) {
        return Style::Double;
    }
    if text.starts_with(' ') || text.ends_with(' ') || has_indicators(text) {
        return Style::Single;
    }
    Style::Plain
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Characters that would mean something to a YAML reader where they stand.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") || text.ends_with(':') {
        return true;
    }
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let starts = match first {
        Some(
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`',
        ) => true,
        Some('?' | ':' | '-') => second.is_none_or(|c| c == ' '),
        Some(_) | None => false,
    };
    starts || text.contains(": ") || text.contains(" #")
}

/// Whether YAML 1.1 would read the text as anything but a string.
fn resolves_to_something_else(text: &str) -> bool {
    const WORDS: [&str; 23] = [
        "", "~", "null", "true", "false", "y", "n", "yes", "no", "on", "off", ".nan", ".inf",
        "+.inf", "-.inf", "<<", "Null", "True", "False", "Yes", "No", "On", "Off",
    ];
    let lower = text.to_ascii_lowercase();
    let one_case = text == lower || text == text.to_ascii_uppercase() || is_capitalised(text);
    if one_case && WORDS.contains(&lower.as_str()) || text == "<<" {
        return true;
    }
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && (is_number(text) || is_timestamp(text) || is_sexagesimal(text))
}

/// `Yes`, `.Inf`, `+.Inf`: one capital, at the first letter. `.NaN` is the exception.
fn is_capitalised(text: &str) -> bool {
    let letters = text.trim_start_matches(['+', '-', '.']);
    let mut characters = letters.chars();
    text == ".NaN"
        || characters.next().is_some_and(|c| c.is_ascii_uppercase())
            && characters.all(|c| c.is_ascii_lowercase())
}

fn is_number(text: &str) -> bool {
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let digits_of = |digits: &str, radix| {
        !digits.is_empty() && digits.len() <= 64 && digits.chars().all(|c| c.is_digit(radix))
    };
    for (prefixes, radix) in [(["0x", "0X"], 16), (["0o", "0O"], 8), (["0b", "0B"], 2)] {
        if let Some(digits) = prefixes
            .iter()
            .find_map(|prefix| unsigned.strip_prefix(prefix))
        {
            return digits_of(digits, radix);
        }
    }
    is_decimal(unsigned)
}

/// `12`, `1.5`, `.5`, `1e3`, `12.`.
fn is_decimal(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_is_one = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            all_digits(whole) && all_digits(fraction) && whole.len() + fraction.len() > 0
        }
        None => !mantissa.is_empty() && all_digits(mantissa),
    };
    let exponent_is_one = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa_is_one && exponent_is_one
}

/// `2026-11-24`, `2026-11-24T06:12:15Z`, `2026-1-2 6:12:15`.
fn is_timestamp(text: &str) -> bool {
    let (date, clock) = match text.split_once(['T', 't', ' ']) {
        Some((date, clock)) => (date, Some(clock)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_date = matches!(parts.as_slice(), [year, month, day]
        if year.len() == 4 && month.len() <= 2 && day.len() <= 2)
        && parts.iter().all(|part| digits(part));
    let is_clock = clock.is_none_or(|clock| {
        let groups: Vec<&str> = clock.splitn(3, ':').collect();
        groups.len() == 3 && digits(groups[0]) && digits(groups[1])
    });
    is_date && is_clock
}

/// `12:30:45`: a number to base 60 in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (groups, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut groups = groups.split(':');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && !rest.is_empty()
        && rest
            .iter()
            .all(|group| group.parse::<u8>().is_ok_and(|value| value < 60))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&escaped(u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02X}"),
        0x100..=0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}

/// A one-line scalar, broken at single spaces beyond [`FOLD_AFTER`].
fn folded(out: &mut String, text: &str, indent: usize) {
    let line_start = out.rfind('\n').map_or(0, |at| at + 1);
    let mut column = out[line_start..].chars().count();
    let characters: Vec<char> = text.chars().collect();
    for (at, &c) in characters.iter().enumerate() {
        let alone = c == ' '
            && at > 0
            && characters[at - 1] != ' '
            && characters.get(at + 1).is_some_and(|&next| next != ' ');
        if alone && column > FOLD_AFTER {
            out.push('\n');
            spaces(out, indent);
            column = indent;
        } else {
            out.push(c);
            column += 1;
        }
    }
}

/// A block scalar with its chomping hint; ends with its own line break.
fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") || text == "\n" {
        out.push('+');
    }
    out.push('\n');
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            spaces(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sorts_keys_and_does_not_indent_lists() {
        let value = json!({"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [
            {"name": "web", "args": [], "env": [{"name": "A"}, ["x", "y"]]}], "replicas": 3},
            "status": {}, "none": null});
        assert_eq!(
            document(&value),
            "apiVersion: v1\nkind: Pod\nnone: null\nspec:\n  containers:\n  - args: []\n    env:\n    - name: A\n    - - x\n      - \"y\"\n    name: web\n  replicas: 3\nstatus: {}\n"
        );
    }

    /// Expected values printed by kubectl v1.32 (`create configmap --dry-run=client -o yaml`).
    #[test]
    fn quotes_what_would_be_read_as_something_else() {
        for (text, expected) in [
            ("plain text", "plain text"),
            ("true", "\"true\""),
            ("Off", "\"Off\""),
            ("", "\"\""),
            ("12", "\"12\""),
            ("1.5", "\"1.5\""),
            ("0x1F", "\"0x1F\""),
            ("12:30:45", "\"12:30:45\""),
            ("8080:80", "8080:80"),
            ("2026-11-24T06:12:15Z", "\"2026-11-24T06:12:15Z\""),
            ("1.2.3", "1.2.3"),
            ("10.0.0.1", "10.0.0.1"),
            ("100m", "100m"),
            ("key: value", "'key: value'"),
            ("it's: x", "'it''s: x'"),
            ("- dash", "'- dash'"),
            ("-dash", "-dash"),
            ("*star", "'*star'"),
            ("a #b", "'a #b'"),
            ("ends:", "'ends:'"),
            ("tab\there", "\"tab\\there\""),
            (" padded", "' padded'"),
            ("{}", "'{}'"),
            ("é", "é"),
            ("😀", "\"\\U0001F600\""),
            ("1_000", "\"1_000\""),
            ("YeS", "YeS"),
            ("089", "\"089\""),
            ("1:", "'1:'"),
            ("?x", "?x"),
            ("2026-1-2 1:2:3", "\"2026-1-2 1:2:3\""),
        ] {
            assert_eq!(document(&json!(text)), format!("{expected}\n"), "{text}");
        }
    }

    #[test]
    fn writes_several_lines_as_a_block() {
        for (text, expected) in [
            ("a\nb\n", "k: |\n  a\n  b\n"),
            ("a\nb", "k: |-\n  a\n  b\n"),
            ("a\n\n", "k: |+\n  a\n\n"),
            (" a\nb\n", "k: |2\n   a\n  b\n"),
            ("a \nb", "k: \"a \\nb\"\n"),
        ] {
            assert_eq!(document(&json!({"k": text})), expected, "{text:?}");
        }
    }

    #[test]
    fn folds_long_lines_at_a_space() {
        let message = "containers with unready status: [storefront] and then some more words so that it becomes long enough";
        assert_eq!(
            document(&json!({"message": message})),
            "message: 'containers with unready status: [storefront] and then some more words so\n  that it becomes long enough'\n"
        );
    }
}
