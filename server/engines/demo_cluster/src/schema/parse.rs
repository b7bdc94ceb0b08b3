//! Reads the table: one line a field, as described in the parent module.

use super::{Definition, Field, MergeRules, Scalar, Shape};

/// Structures in `text`, in order.
///
/// # Errors
/// The line that is not understood.
pub(super) fn definitions(text: &'static str) -> Result<Vec<Definition>, &'static str> {
    let mut package = "";
    let mut out: Vec<Definition> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(name) = line.strip_prefix("package ") {
            package = name;
        } else if let Some(head) = line.strip_prefix("struct ") {
            out.push(heading(package, head));
        } else {
            let field = field(line).ok_or(line)?;
            out.last_mut().ok_or(line)?.fields.push(field);
        }
    }
    Ok(out)
}

fn heading(package: &'static str, head: &'static str) -> Definition {
    let (words, description) = head.split_once(" : ").unwrap_or((head, ""));
    let (words, atomic) = flag(words.trim_end_matches(" :"), " atomic");
    let (name, open) = flag(words, " open");
    let (name, published) = name.split_once(" = ").unwrap_or((name, name));
    Definition {
        package,
        name,
        published,
        description,
        atomic,
        open,
        inline: false,
        fields: Vec::new(),
    }
}

fn flag(words: &'static str, flag: &str) -> (&'static str, bool) {
    match words.strip_suffix(flag) {
        Some(rest) => (rest, true),
        None => (words, false),
    }
}

fn field(line: &'static str) -> Option<Field> {
    let (words, description) = line.split_once(" :")?;
    let mut words = words.split(' ');
    let name = words.next()?;
    let shape = shape(words.next()?)?;
    let mut rules = MergeRules {
        always: name.ends_with('!'),
        ..MergeRules::default()
    };
    let mut values = Vec::new();
    for flag in words {
        match flag.strip_prefix("enum=") {
            Some(words) => values = words.split(',').collect(),
            None => set_flag(&mut rules, flag)?,
        }
    }
    Some(Field {
        name: name.trim_end_matches('!'),
        required: name.ends_with('!'),
        shape,
        rules,
        values,
        description: description.trim_start(),
    })
}

fn set_flag(rules: &mut MergeRules, flag: &'static str) -> Option<()> {
    match flag.split_once('=') {
        Some(("map", keys)) => rules.list_keys = keys.split(',').collect(),
        Some(("merge", key)) => {
            rules.merge = true;
            rules.merge_key = Some(key);
        }
        None if flag == "merge" => rules.merge = true,
        None if flag == "set" => rules.set = true,
        None if flag == "atomic" => rules.atomic = true,
        None if flag == "retainKeys" => rules.retain_keys = true,
        None if flag == "value" => rules.always = true,
        Some(_) | None => return None,
    }
    Some(())
}

fn shape(word: &'static str) -> Option<Shape> {
    if let Some(inner) = word.strip_prefix('[') {
        return Some(Shape::List(Box::new(shape(inner.strip_suffix(']')?)?)));
    }
    if let Some(inner) = word.strip_prefix('{') {
        return Some(Shape::Map(Box::new(shape(inner.strip_suffix('}')?)?)));
    }
    let scalar = match word {
        "any" => return Some(Shape::Any),
        "string" => Scalar::Text,
        "bool" => Scalar::Bool,
        "int32" => Scalar::Int32,
        "int64" => Scalar::Int64,
        "double" => Scalar::Double,
        "bytes" => Scalar::Bytes,
        "time" => Scalar::Time,
        "microTime" => Scalar::MicroTime,
        "quantity" => Scalar::Quantity,
        "intOrString" => Scalar::IntOrString,
        name if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
            return Some(Shape::Object(name));
        }
        _ => return None,
    };
    Some(Shape::Scalar(scalar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_structure_with_flags() {
        let text = "package p\nstruct T atomic : Text.\na! [T] map=x,y merge=x : About a.\nb {string} enum=X,Y :\n";
        let read = definitions(text).unwrap();
        assert_eq!(read.len(), 1);
        assert!(read[0].atomic && read[0].fields[0].required);
        assert_eq!(read[0].fields[0].rules.list_keys, ["x", "y"]);
        assert_eq!(read[0].fields[0].description, "About a.");
        assert_eq!(read[0].fields[1].values, ["X", "Y"]);
        assert_eq!(
            read[0].fields[1].shape,
            Shape::Map(Box::new(Shape::Scalar(Scalar::Text)))
        );
    }

    #[test]
    fn publishes_a_structure_under_another_name() {
        let read = definitions("package p\nstruct PT = T atomic : Text.\na string :\n").unwrap();
        assert_eq!(read[0].name, "PT");
        assert_eq!(read[0].full_name(), "p.T");
        assert!(read[0].atomic);
    }

    #[test]
    fn names_the_line_it_cannot_read() {
        assert_eq!(
            definitions("struct T : d\na strin : d\n"),
            Err("a strin : d")
        );
        assert_eq!(
            definitions("a string : before any type"),
            Err("a string : before any type")
        );
    }
}
