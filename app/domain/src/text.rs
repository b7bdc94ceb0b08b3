//! Characters that are not what they seem.

/// Whether a character changes how its neighbours are read without being seen itself.
///
/// Zero-width characters, marks and overrides of direction, byte order marks. Source: Unicode Standard Annex 9, “Unicode Bidirectional Algorithm”,
/// and the general category `Cf`.
#[must_use]
pub const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}
