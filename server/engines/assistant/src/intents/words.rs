//! A question as words: lower case, contractions written out, punctuation gone, names whole.

/// The longest question that is read, in characters; the rest is ignored.
const MAX_CHARACTERS: usize = 2_000;

/// Contractions, with and without their apostrophe.
const CONTRACTIONS: &[(&str, &str)] = &[
    ("won't", "will not"),
    ("wont", "will not"),
    ("can't", "can not"),
    ("cant", "can not"),
    ("cannot", "can not"),
    ("don't", "do not"),
    ("dont", "do not"),
    ("doesnt", "does not"),
    ("didnt", "did not"),
    ("isnt", "is not"),
    ("arent", "are not"),
    ("wasnt", "was not"),
    ("shouldnt", "should not"),
    ("wouldnt", "would not"),
    ("mustnt", "must not"),
    ("ain't", "is not"),
    ("what's", "what is"),
    ("whats", "what is"),
    ("how's", "how is"),
    ("hows", "how is"),
    ("where's", "where is"),
    ("wheres", "where is"),
    ("who's", "who is"),
    ("why's", "why is"),
    ("there's", "there is"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("let's", "let us"),
    ("lets", "let us"),
    ("i'm", "i am"),
    ("i'd", "i would"),
    ("id", "i would"),
    ("we're", "we are"),
    ("we'd", "we would"),
    ("they're", "they are"),
    ("gimme", "give me"),
    ("wanna", "want to"),
    ("gonna", "going to"),
    ("pls", "please"),
    ("plz", "please"),
];

/// The words of a question in order.
pub(super) fn of(question: &str) -> Vec<String> {
    let text: String = crate::text::clean(question)
        .chars()
        .take(MAX_CHARACTERS)
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{2010}' | '\u{2011}' => '-',
            c => c,
        })
        .collect();
    text.to_lowercase()
        .split(|c: char| c.is_whitespace() || is_punctuation(c))
        .flat_map(written_out)
        .collect()
}

const fn is_punctuation(c: char) -> bool {
    matches!(
        c,
        ',' | ';'
            | '?'
            | '!'
            | '"'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '`'
            | '“'
            | '”'
            | '*'
            | '–'
            | '—'
            | '…'
            | '\\'
            | '|'
            | '='
    )
}

fn written_out(raw: &str) -> Vec<String> {
    let word = raw.trim_matches(['\'', '.', ':', '-', '_', '/', '&', '#', '@', '$', '+']);
    // A minus is part of a number: “scale to -1” must not become 1.
    let is_negative = raw.starts_with('-') && word.starts_with(|c: char| c.is_ascii_digit());
    if is_negative {
        return vec![format!("-{word}")];
    }
    if word.is_empty() || word == "%" {
        return Vec::new();
    }
    if let Some((_, full)) = CONTRACTIONS.iter().find(|(short, _)| *short == word) {
        return full.split(' ').map(str::to_owned).collect();
    }
    if let Some(verb) = word.strip_suffix("n't") {
        return vec![verb.to_owned(), "not".to_owned()];
    }
    let word = word.strip_suffix("'s").unwrap_or(word);
    vec![word.replace('\'', "")]
}

/// Whether `typed` is `meant` with small slips: one edit from four letters on, two from eight on, and the
/// same first letter unless two neighbours were swapped. A digit is never a slip: `node-9` is not `node-1`.
pub(super) fn is_slip(typed: &str, meant: &str) -> bool {
    let (short, long) = (typed.len().min(meant.len()), typed.len().max(meant.len()));
    let allowed = match short {
        0..=3 => return false,
        4..=7 => 1,
        _ => 2,
    };
    if !digits(typed).eq(digits(meant)) {
        return false;
    }
    let begins_alike = typed.as_bytes()[0] == meant.as_bytes()[0]
        || typed.as_bytes().get(1) == meant.as_bytes().first();
    begins_alike && long - short <= allowed && distance(typed, meant) <= allowed
}

fn digits(word: &str) -> impl Iterator<Item = char> + '_ {
    word.chars().filter(char::is_ascii_digit)
}

/// Edits from one word to the other: insert, delete, replace, swap neighbours (optimal string alignment).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let swapped: usize = before[j - 2];
                best = best.min(swapped + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_contractions_out_and_keeps_names_whole() {
        assert_eq!(
            of("What's wrong with shop/web-1, don’t you know?"),
            [
                "what",
                "is",
                "wrong",
                "with",
                "shop/web-1",
                "do",
                "not",
                "you",
                "know"
            ]
        );
        assert_eq!(of("web's pods (all)"), ["web", "pods", "all"]);
        assert_eq!(of("scale to -1"), ["scale", "to", "-1"]);
    }

    #[test]
    fn counts_a_swap_as_one_edit() {
        assert_eq!(distance("sclae", "scale"), 1);
        assert_eq!(distance("memroy", "memory"), 1);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn takes_slips_only_in_words_long_enough() {
        assert!(is_slip("memroy", "memory"));
        assert!(is_slip("deploymnets", "deployments"));
        assert!(!is_slip("pd", "pod"));
        assert!(!is_slip("load", "node"));
    }
}
