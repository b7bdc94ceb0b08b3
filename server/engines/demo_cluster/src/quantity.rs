//! Resource quantities: `250m`, `1.5Gi`, `2e3`, with the semantics of Kubernetes.
//!
//! Follows `k8s.io/apimachinery/pkg/api/resource`: precision is a billionth, what is smaller is rounded
//! away from zero, and the canonical form has no fraction, the largest suffix that keeps it whole, and the
//! family of suffixes the quantity was written with.

use std::{cmp::Ordering, fmt, ops};

/// One unit in billionths.
const UNIT: i128 = 1_000_000_000;
/// Cap of quantities written with binary suffixes: what fits a signed 64-bit integer.
const BINARY_CAP: i128 = i64::MAX as i128 * UNIT;
/// Cap of all others, so that sums of thousands of them still fit.
const DECIMAL_CAP: i128 = 100_000_000_000_000_000_000_000_000_000_000_000;

/// An amount of a resource. Compares by amount; the notation only matters for display.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quantity {
    nanos: i128,
    notation: Notation,
}

/// The family of suffixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Notation {
    #[default]
    Decimal,
    Binary,
    Exponent,
}

/// Text that is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// It does not have the shape of one.
    #[error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    Format,
    /// Its suffix is unknown.
    #[error("unable to parse quantity's suffix")]
    Suffix,
    /// Its number cannot be read.
    #[error("unable to parse numeric part of quantity")]
    Number,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self {
        nanos: 0,
        notation: Notation::Decimal,
    };

    /// Reads a quantity.
    ///
    /// # Errors
    /// [`QuantityError`] with the words the API server uses.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let (negative, rest) = match text.as_bytes().first() {
            None => return Err(QuantityError::Format),
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
        };
        let (whole, rest) = split_digits(rest);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => split_digits(rest),
            None => ("", rest),
        };
        if !has_suffix_shape(suffix) {
            return Err(QuantityError::Format);
        }
        let (base, exponent, notation) = read_suffix(suffix)?;
        let amount = scaled(whole, fraction, base, exponent).ok_or(QuantityError::Number)?;
        let cap = if notation == Notation::Binary {
            BINARY_CAP
        } else {
            DECIMAL_CAP
        };
        let amount = amount.min(cap);
        let notation = if notation == Notation::Binary && amount < UNIT && amount > 0 {
            Notation::Decimal
        } else {
            notation
        };
        Ok(Self {
            nanos: if negative { -amount } else { amount },
            notation,
        })
    }

    /// Thousandths, in decimal notation: CPU.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self {
            nanos: i128::from(millis) * (UNIT / 1000),
            notation: Notation::Decimal,
        }
    }

    /// Billionths, in decimal notation: what metrics.k8s.io reports CPU in.
    #[must_use]
    pub fn from_nanos(nanos: i64) -> Self {
        Self {
            nanos: i128::from(nanos),
            notation: Notation::Decimal,
        }
    }

    /// Whole units, in decimal notation.
    #[must_use]
    pub fn from_units(units: i64) -> Self {
        Self::from_millis(1000) * units
    }

    /// Bytes, in binary notation: memory.
    #[must_use]
    pub fn from_bytes(bytes: i64) -> Self {
        Self {
            nanos: i128::from(bytes) * UNIT,
            notation: Notation::Binary,
        }
    }

    /// Whole units, rounded up, as Go's `Value()`.
    #[must_use]
    pub fn units(self) -> i64 {
        self.rounded_up(UNIT)
    }

    /// Thousandths, rounded up, as Go's `MilliValue()`.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.rounded_up(UNIT / 1000)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// Whether it is below nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.nanos < 0
    }

    fn rounded_up(self, unit: i128) -> i64 {
        let whole = self.nanos.div_euclid(unit) + i128::from(self.nanos.rem_euclid(unit) != 0);
        i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
    }

    fn is_written_binary(self) -> bool {
        self.notation == Notation::Binary
            && self.nanos.abs() >= 1024 * UNIT
            && self.nanos % UNIT == 0
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// Letters of a suffix, then an optional sign and digits.
fn has_suffix_shape(suffix: &str) -> bool {
    let rest = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    rest.bytes().all(|b| b.is_ascii_digit())
}

fn read_suffix(suffix: &str) -> Result<(u32, i32, Notation), QuantityError> {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    if let Some((_, exponent)) = DECIMAL.iter().find(|(word, _)| *word == suffix) {
        return Ok((10, *exponent, Notation::Decimal));
    }
    if let Some(place) = BINARY_SUFFIXES[1..].iter().position(|word| *word == suffix) {
        let exponent = 10 * (i32::try_from(place).expect("there are six suffixes") + 1);
        return Ok((2, exponent, Notation::Binary));
    }
    suffix
        .strip_prefix(['e', 'E'])
        .and_then(|exponent| exponent.parse().ok())
        .map(|exponent| (10, exponent, Notation::Exponent))
        .ok_or(QuantityError::Suffix)
}

const BINARY_SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// `whole.fraction × base^exponent` in billionths, rounded up; capped where it does not fit.
fn scaled(whole: &str, fraction: &str, base: u32, exponent: i32) -> Option<i128> {
    let digits: String = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let places = i64::try_from(fraction.len()).ok()?;
    let tens = if base == 10 { i64::from(exponent) } else { 0 } + 9 - places;
    let twos = if base == 2 {
        exponent.unsigned_abs()
    } else {
        0
    };
    // Beyond these lengths the answer is the cap or one billionth, whatever the digits are.
    let magnitude = i64::try_from(digits.len()).ok()? + tens;
    if magnitude > 36 {
        return Some(DECIMAL_CAP);
    }
    if magnitude + 19 < 0 {
        return Some(1);
    }
    let (kept, dropped) = digits.split_at(digits.len().min(30));
    let lost = i64::try_from(dropped.len()).ok()?;
    let mut number: i128 = kept.parse().ok()?;
    number = match number.checked_mul(1_i128 << twos) {
        Some(number) => number,
        None => return Some(DECIMAL_CAP),
    };
    let inexact = dropped.bytes().any(|b| b != b'0');
    Some(shift(number, tens + lost)?.saturating_add(i128::from(inexact && tens + lost < 0)))
}

/// `number × 10^tens`, rounded up; capped where it does not fit.
fn shift(number: i128, tens: i64) -> Option<i128> {
    let power = u32::try_from(tens.unsigned_abs()).ok()?;
    let Some(factor) = 10_i128.checked_pow(power) else {
        return Some(if tens > 0 { DECIMAL_CAP } else { 1 });
    };
    if tens >= 0 {
        return Some(number.checked_mul(factor).unwrap_or(DECIMAL_CAP));
    }
    Some(number / factor + i128::from(number % factor != 0))
}

impl fmt::Display for Quantity {
    /// The canonical form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        if self.is_written_binary() {
            return write_binary(self.nanos / UNIT, f);
        }
        let (number, exponent) = whole_number(self.nanos);
        if self.notation == Notation::Exponent {
            return match exponent {
                0 => write!(f, "{number}"),
                _ => write!(f, "{number}e{exponent}"),
            };
        }
        let suffix = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
            [usize::try_from((exponent + 9) / 3).expect("the exponent is between -9 and 18")];
        write!(f, "{number}{suffix}")
    }
}

fn write_binary(mut number: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut suffix = 0;
    while number % 1024 == 0 && suffix < BINARY_SUFFIXES.len() - 1 {
        number /= 1024;
        suffix += 1;
    }
    write!(f, "{number}{}", BINARY_SUFFIXES[suffix])
}

/// Billionths as a whole number times a power of ten that is a multiple of three, at most 10^18.
fn whole_number(mut number: i128) -> (i128, i32) {
    let mut exponent = -9;
    while number % 1000 == 0 && exponent < 18 {
        number /= 1000;
        exponent += 3;
    }
    (number, exponent)
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl ops::Add for Quantity {
    type Output = Self;

    /// The notation is the left one's unless that is zero, as in Go's `Add`.
    fn add(self, other: Self) -> Self {
        let notation = if self.is_zero() {
            other.notation
        } else {
            self.notation
        };
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            notation,
        }
    }
}

impl ops::Neg for Quantity {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            nanos: self.nanos.saturating_neg(),
            notation: self.notation,
        }
    }
}

impl ops::Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        ops::Add::add(self, -other)
    }
}

impl ops::Mul<i64> for Quantity {
    type Output = Self;

    fn mul(self, times: i64) -> Self {
        Self {
            nanos: self.nanos.saturating_mul(i128::from(times)),
            notation: self.notation,
        }
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, ops::Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Cases of `quantity_test.go`, `TestQuantityParse` and `TestQuantityString`.
    #[test]
    fn writes_the_canonical_form() {
        for (text, canonical) in [
            ("0", "0"),
            ("0n", "0"),
            ("0Mi", "0"),
            ("0.5", "500m"),
            ("100m", "100m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1000", "1k"),
            ("1000000", "1M"),
            ("1024", "1024"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("1.5Gi", "1536Mi"),
            ("1Ki", "1Ki"),
            ("1023Ki", "1023Ki"),
            ("0.1Ki", "102400m"),
            ("1.1Ki", "1126400m"),
            ("1e3", "1e3"),
            ("1E3", "1e3"),
            ("12e1", "120"),
            ("100e-3", "100e-3"),
            ("1E", "1E"),
            ("10E", "10E"),
            ("-5m", "-5m"),
            ("+5", "5"),
            ("1.1n", "2n"),
            ("0.1n", "1n"),
            ("9999999999999999999Ki", "9223372036854775807"),
            ("007", "7"),
            (".5", "500m"),
            ("5.", "5"),
        ] {
            assert_eq!(
                Quantity::parse(text).unwrap().to_string(),
                canonical,
                "{text}"
            );
        }
    }

    /// Cases of `quantity_test.go`, `TestQuantityParse` (invalid).
    #[test]
    fn refuses_what_is_no_quantity() {
        for text in [
            "", "1.1.M", "1+1.0M", "0.1am", "aoeu", "-3.01e-", "1 Gi", " 1", "1,5", "1️⃣",
        ] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
        for text in [".5i", "1i", "0.1mi", "1e", "1Kib"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rounds_up_to_units_and_thousandths() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!(quantity("250m").units(), 1);
        assert_eq!(quantity("250m").millis(), 250);
        assert_eq!(quantity("1n").millis(), 1);
        assert_eq!(quantity("-1500m").units(), -1);
        assert_eq!(quantity("1Gi").units(), 1 << 30);
    }

    #[test]
    fn keeps_the_notation_of_what_is_added_to() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!((quantity("1Gi") + quantity("1Gi")).to_string(), "2Gi");
        assert_eq!((quantity("0") + quantity("1Gi")).to_string(), "1Gi");
        assert_eq!(
            [quantity("100m"), quantity("1")]
                .into_iter()
                .sum::<Quantity>()
                .to_string(),
            "1100m"
        );
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(nanos in any::<i64>()) {
            let quantity = Quantity::from_nanos(nanos);
            prop_assert_eq!(Quantity::parse(&quantity.to_string()).unwrap(), quantity);
        }

        #[test]
        fn reads_back_bytes(bytes in any::<i64>()) {
            prop_assume!(bytes != i64::MIN);
            let quantity = Quantity::from_bytes(bytes);
            prop_assert_eq!(Quantity::parse(&quantity.to_string()).unwrap(), quantity);
        }

        #[test]
        fn orders_by_amount(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
            let milli = |n: i64| Quantity::parse(&format!("{n}m")).unwrap();
            prop_assert_eq!(milli(a).cmp(&milli(b)), a.cmp(&b));
        }

        #[test]
        fn never_panics(text in "[-+]?[0-9]{0,45}\\.?[0-9]{0,45}([eEinumkKMGTP]{0,3})[-+]?[0-9]{0,12}") {
            if let Ok(quantity) = Quantity::parse(&text) {
                let again = Quantity::parse(&quantity.to_string());
                prop_assert!(again.is_ok());
            }
        }
    }
}
