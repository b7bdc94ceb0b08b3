//! Words as sentences, and text where Leptos writes it as it is.

/// A message as a sentence: with a capital, unless it begins with a name, and a full stop.
#[must_use]
pub fn sentence(message: &str) -> String {
    let first_word = message.split_whitespace().next().unwrap_or_default();
    let mut text = if first_word.contains(['/', '-', '.', ':']) {
        message.to_owned()
    } else {
        let mut letters = message.chars();
        let first = letters.next().map(char::to_uppercase);
        first.into_iter().flatten().chain(letters).collect()
    };
    if !text.ends_with(['.', '?', '!', ':']) {
        text.push('.');
    }
    text
}

/// `text` as the child of a `<textarea>`: as [`raw_text`], and with a first line break doubled, because the
/// parser drops one.
#[cfg(feature = "ssr")]
#[must_use]
pub fn area_text(text: String) -> String {
    if text.starts_with('\n') {
        return raw_text(format!("\n{text}"));
    }
    raw_text(text)
}

/// `text` for an element whose children Leptos writes as they are: a text area, the title.
#[cfg(feature = "ssr")]
#[must_use]
pub fn raw_text(text: String) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "ssr")]
    #[test]
    fn leaves_no_tag_in_a_text_area() {
        let text = area_text("\n</textarea><script>&".to_owned());
        assert_eq!(text, "\n\n&lt;/textarea&gt;&lt;script&gt;&amp;");
    }

    #[test]
    fn makes_a_sentence_of_a_message() {
        assert_eq!(sentence("there is no such job"), "There is no such job.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(
            sentence("kube-system/coredns belongs to the control plane"),
            "kube-system/coredns belongs to the control plane."
        );
        assert_eq!(sentence(""), ".");
    }
}
