//! The grammar of kubectl's `JSONPath` templates.
//!
//! Text outside braces is printed as it stands; inside them stand fields, indices, slices, unions, filters, the
//! wildcard, recursive descent, quoted text, numbers and `range … end`. Source: `k8s.io/client-go/util/jsonpath`,
//! `parser.go`, whose messages are kept because kubectl prints them.

/// One step of an expression, or what stands for a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// What stands between one pair of braces, step by step.
    List(Vec<Self>),
    /// Text as it is.
    Text(String),
    /// A member by its key.
    Field(String),
    /// Items of an array.
    Slice(Slice),
    /// Items of an array that pass a comparison.
    Filter(Box<Filter>),
    /// A number without a fraction.
    Int(i64),
    /// A number with one.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Everything within.
    Wildcard,
    /// Everything within, at any depth.
    Recursive,
    /// What several expressions give, one after the other.
    Union(Vec<Vec<Self>>),
    /// The start of a loop over what precedes it.
    Range,
    /// The end of a loop.
    End,
}

/// `[from:to:step]`; `[n]` is from `n` to just after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Slice {
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    /// Whether `to` was worked out from `from`, as for `[n]`.
    pub(super) is_index: bool,
    pub(super) step: Option<i64>,
}

/// `[?(left operator right)]`; without an operator, whether `left` gives anything.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) left: Vec<Node>,
    pub(super) comparison: Option<(String, Vec<Node>)>,
}

/// The nodes of a template.
///
/// # Errors
/// kubectl's words for what is wrong with it.
pub(super) fn parse(template: &str) -> Result<Vec<Node>, String> {
    let mut parser = Parser { rest: template };
    let mut nodes = Vec::new();
    while !parser.rest.is_empty() {
        let (text, action) = match parser.rest.find('{') {
            Some(at) => (&parser.rest[..at], Some(&parser.rest[at + 1..])),
            None => (parser.rest, None),
        };
        if !text.is_empty() {
            nodes.push(Node::Text(text.to_owned()));
        }
        parser.rest = action.unwrap_or_default();
        if action.is_some() {
            nodes.push(Node::List(parser.action()?));
        }
    }
    Ok(nodes)
}

/// An expression as if it stood within braces.
fn expression(text: &str) -> Result<Vec<Node>, String> {
    let closed = format!("{text}}}");
    Parser { rest: &closed }.action()
}

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    /// The steps up to and with the closing brace.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return Ok(nodes);
            }
            if let Some(rest) = self.rest.strip_prefix("[?(") {
                self.rest = rest;
                nodes.push(self.filter()?);
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix("..") {
                self.rest = rest;
                if nodes.last() == Some(&Node::Recursive) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                nodes.push(Node::Recursive);
                if self.rest.starts_with(is_word) {
                    nodes.push(self.field());
                }
                continue;
            }
            self.step(&mut nodes)?;
        }
    }

    fn step(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        match self.rest.chars().next() {
            None | Some('\r' | '\n') => return Err("unclosed action".to_owned()),
            // The current object is where every expression begins.
            Some(' ' | '@' | '$') => self.rest = &self.rest[1..],
            Some('[') => {
                self.rest = &self.rest[1..];
                self.array(nodes)?;
            }
            Some(quote @ ('"' | '\'')) => nodes.push(Node::Text(self.quoted(quote)?)),
            Some('.') => {
                self.rest = &self.rest[1..];
                nodes.push(self.field());
            }
            Some(c) if matches!(c, '+' | '-') || c.is_numeric() => nodes.push(self.number()?),
            Some(c) if is_word(c) => nodes.push(self.identifier()?),
            Some(c) => {
                let code = c as u32;
                return Err(format!(
                    "unrecognized character in action: U+{code:04X} '{c}'"
                ));
            }
        }
        Ok(())
    }

    fn take(&mut self, end: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn identifier(&mut self) -> Result<Node, String> {
        let end = self.rest.find(is_terminator).unwrap_or(self.rest.len());
        match self.take(end) {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            "range" => Ok(Node::Range),
            "end" => Ok(Node::End),
            other => Err(format!("unrecognized identifier {other}")),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        let signed = usize::from(self.rest.starts_with(['+', '-']));
        let end = self.rest[signed..]
            .find(|c: char| c != '.' && !c.is_numeric())
            .map_or(self.rest.len(), |at| at + signed);
        let text = self.take(end);
        if let Ok(whole) = text.parse() {
            return Ok(Node::Int(whole));
        }
        text.parse()
            .map(Node::Float)
            .map_err(|_| format!("cannot parse number {text}"))
    }

    /// A key up to a terminator that no backslash stands before.
    fn field(&mut self) -> Node {
        let mut key = String::new();
        let mut characters = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = characters.next() {
            if c == '\\' {
                key.extend(characters.next().map(|(_, escaped)| escaped));
            } else if is_terminator(c) {
                end = at;
                break;
            } else {
                key.push(c);
            }
        }
        self.take(end);
        match key.as_str() {
            "*" => Node::Wildcard,
            _ => Node::Field(key),
        }
    }

    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        let end = self.rest.find([']', '\n']);
        let Some(end) = end.filter(|&at| self.rest[at..].starts_with(']')) else {
            return Err("unterminated array".to_owned());
        };
        let inside = self.take(end);
        self.take(1);
        let inside = if inside == "*" { ":" } else { inside };
        if inside.contains(',') {
            let parts = inside
                .split(',')
                .map(|part| expression(&format!("[{}]", part.trim_matches(' '))));
            nodes.push(Node::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = inside
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
            .filter(|key| !key.contains('\''));
        match key {
            Some(key) => nodes.extend(expression(&format!(".{key}"))?),
            None => nodes.push(Node::Slice(slice(inside)?)),
        }
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, String> {
        let end = filter_end(self.rest)?;
        let inside = self.take(end);
        self.take(1);
        self.rest = self
            .rest
            .strip_prefix(']')
            .ok_or_else(|| "unclosed array expect ]".to_owned())?;
        let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
        let compared = inside
            .find(is_operator)
            .filter(|&at| at > 0)
            .and_then(|at| {
                let length = inside[at..].find(|c| !is_operator(c))?;
                Some((
                    &inside[..at],
                    &inside[at..at + length],
                    &inside[at + length..],
                ))
            });
        let filter = match compared {
            Some((left, operator, right)) => Filter {
                left: expression(left)?,
                comparison: Some((operator.to_owned(), expression(right)?)),
            },
            None => Filter {
                left: expression(inside)?,
                comparison: None,
            },
        };
        Ok(Node::Filter(Box::new(filter)))
    }

    /// Text in quotes, with Go's escapes.
    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, c)) = characters.next() {
            match c {
                '\n' => break,
                '\\' => {
                    let escaped = characters.next().map(|(_, escaped)| escaped);
                    text.push(unescaped(escaped, quote).ok_or_else(|| {
                        format!("unquote string {} error invalid syntax", self.rest)
                    })?);
                }
                c if c == quote => {
                    self.take(at + 1);
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err("unterminated quoted string".to_owned())
    }
}

/// Where the parenthesis of a filter closes that is not within quotes.
fn filter_end(text: &str) -> Result<usize, String> {
    let mut quote = None;
    let mut closed = false;
    let mut before = '(';
    for (at, c) in text.char_indices() {
        match (c, quote) {
            ('\n', _) => break,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open && before != '\\' => closed = true,
            (')', _) if quote.is_some() == closed => return Ok(at),
            _ => {}
        }
        before = c;
    }
    Err("unterminated filter".to_owned())
}

/// What a backslash and a character mean in a Go string.
fn unescaped(escaped: Option<char>, quote: char) -> Option<char> {
    Some(match escaped? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' => '\\',
        c if c == quote => c,
        _ => return None,
    })
}

/// `2`, `-1`, `1:3`, `:`, `::2`.
fn slice(text: &str) -> Result<Slice, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_number = |part: &&str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        digits.bytes().all(|b| b.is_ascii_digit())
    };
    if parts.len() > 3 || !parts.iter().all(is_number) {
        return Err(format!("invalid array index {text}"));
    }
    let number = |index: usize| -> Result<Option<i64>, String> {
        match parts.get(index).copied().unwrap_or_default() {
            "" => Ok(None),
            part => part
                .parse()
                .map(Some)
                .map_err(|_| format!("array index {part} is not a number")),
        }
    };
    let from = number(0)?;
    let is_index = parts.len() == 1;
    Ok(Slice {
        from,
        to: if is_index {
            Some(from.unwrap_or_default().saturating_add(1))
        } else {
            number(1)?
        },
        is_index,
        step: number(2)?,
    })
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

const fn is_terminator(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}'
    )
}
