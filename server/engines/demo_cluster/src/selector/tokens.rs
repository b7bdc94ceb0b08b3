//! The words of a label selector, and the grammar of one requirement.

use std::fmt;

use super::{Operator, Requirement};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Comma,
    Open,
    Close,
    Not,
    Sign(Operator),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Word(word) => word,
            Self::Comma => ",",
            Self::Open => "(",
            Self::Close => ")",
            Self::Not => "!",
            Self::Sign(Operator::NotEquals) => "!=",
            Self::Sign(Operator::GreaterThan) => ">",
            Self::Sign(Operator::LessThan) => "<",
            Self::Sign(
                Operator::Equals
                | Operator::In
                | Operator::NotIn
                | Operator::Exists
                | Operator::DoesNotExist,
            ) => "=",
            Self::End => "",
        })
    }
}

pub(super) struct Tokens {
    /// In reverse: the next is the last.
    waiting: Vec<Token>,
}

impl Tokens {
    pub(super) fn new(text: &str) -> Self {
        let mut found = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(first) = characters.next() {
            let followed_by_equals = characters.peek() == Some(&'=');
            let token = match first {
                c if c.is_whitespace() => continue,
                ',' => Token::Comma,
                '(' => Token::Open,
                ')' => Token::Close,
                '>' => Token::Sign(Operator::GreaterThan),
                '<' => Token::Sign(Operator::LessThan),
                '!' if followed_by_equals => {
                    characters.next();
                    Token::Sign(Operator::NotEquals)
                }
                '!' => Token::Not,
                '=' => {
                    if followed_by_equals {
                        characters.next();
                    }
                    Token::Sign(Operator::Equals)
                }
                c => {
                    let mut word = String::from(c);
                    while let Some(c) =
                        characters.next_if(|c| !c.is_whitespace() && !",()><!=".contains(*c))
                    {
                        word.push(c);
                    }
                    Token::Word(word)
                }
            };
            found.push(token);
        }
        found.reverse();
        Self { waiting: found }
    }

    pub(super) fn peek(&self) -> &Token {
        self.waiting.last().unwrap_or(&Token::End)
    }

    pub(super) fn next(&mut self) -> Token {
        self.waiting.pop().unwrap_or(Token::End)
    }

    pub(super) fn requirement(&mut self) -> Result<Requirement, String> {
        let (key, negated) = match self.next() {
            Token::Not => match self.next() {
                Token::Word(key) => (key, true),
                other @ (Token::Comma
                | Token::Open
                | Token::Close
                | Token::Not
                | Token::Sign(_)
                | Token::End) => return Err(format!("found '{other}', expected: identifier")),
            },
            Token::Word(key) => (key, false),
            other @ (Token::Comma | Token::Open | Token::Close | Token::Sign(_) | Token::End) => {
                return Err(format!(
                    "found '{other}', expected: !, identifier, or 'end of string'"
                ));
            }
        };
        let bare = |operator| Requirement {
            key: key.clone(),
            operator,
            values: Vec::new(),
        };
        if negated {
            return Ok(bare(Operator::DoesNotExist));
        }
        let operator = match self.peek().clone() {
            Token::End | Token::Comma => return Ok(bare(Operator::Exists)),
            Token::Sign(operator) => operator,
            Token::Word(word) if word == "in" => Operator::In,
            Token::Word(word) if word == "notin" => Operator::NotIn,
            other @ (Token::Word(_) | Token::Open | Token::Close | Token::Not) => {
                return Err(format!(
                    "found '{other}', expected: in, notin, =, ==, !=, gt, lt"
                ));
            }
        };
        self.next();
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            Operator::Equals
            | Operator::NotEquals
            | Operator::Exists
            | Operator::DoesNotExist
            | Operator::GreaterThan
            | Operator::LessThan => vec![self.exact_value()?],
        };
        Ok(Requirement {
            key,
            operator,
            values,
        })
    }

    fn exact_value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Comma => Ok(String::new()),
            Token::Word(_) => Ok(self.next().to_string()),
            other @ (Token::Open | Token::Close | Token::Not | Token::Sign(_)) => {
                Err(format!("found '{other}', expected: identifier"))
            }
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Open => {}
            other @ (Token::Word(_)
            | Token::Comma
            | Token::Close
            | Token::Not
            | Token::Sign(_)
            | Token::End) => return Err(format!("found '{other}', expected: '('")),
        }
        let mut values = vec![String::new()];
        loop {
            match self.next() {
                Token::Word(word) => {
                    *values.last_mut().expect("the list begins with one value") = word
                }
                Token::Comma => values.push(String::new()),
                Token::Close => break,
                other @ (Token::Open | Token::Not | Token::Sign(_) | Token::End) => {
                    return Err(format!("found '{other}', expected: ',' or ')'"));
                }
            }
        }
        values.sort();
        values.dedup();
        Ok(values)
    }
}
