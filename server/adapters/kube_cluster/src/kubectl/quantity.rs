//! Kubernetes quantities: `250m`, `1536Mi`, `2e3`, with kubectl's canonical form and rounding.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource`, "Quantity".

use std::{fmt, ops::AddAssign};

/// Which suffixes a quantity is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Format {
    /// `n u m k M G T P E`.
    #[default]
    Decimal,
    /// `Ki Mi Gi Ti Pi Ei`.
    Binary,
}

const NANO: i128 = 1_000_000_000;

/// Decimal suffixes with their power of ten in units of 10⁻⁹, largest first.
const DECIMAL: [(&str, u32); 10] = [
    ("E", 27),
    ("P", 24),
    ("T", 21),
    ("G", 18),
    ("M", 15),
    ("k", 12),
    ("", 9),
    ("m", 6),
    ("u", 3),
    ("n", 0),
];

/// Binary suffixes with their power of two, largest first.
const BINARY: [(&str, u32); 6] = [
    ("Ei", 60),
    ("Pi", 50),
    ("Ti", 40),
    ("Gi", 30),
    ("Mi", 20),
    ("Ki", 10),
];

/// An amount, exact to 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Quantity {
    nanos: i128,
    format: Format,
}

impl Quantity {
    /// The quantity a text means; `None` when it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits_end = text
            .char_indices()
            .find(|&(at, c)| !(c.is_ascii_digit() || c == '.' || at == 0 && "+-".contains(c)))
            .map_or(text.len(), |(at, _)| at);
        let (digits, suffix) = text.split_at(digits_end);
        if let Some(&(_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
            let nanos = scaled(digits, 0)?.checked_mul(1 << power)?;
            return Some(Self {
                nanos,
                format: Format::Binary,
            });
        }
        let power = match DECIMAL.iter().find(|(name, _)| *name == suffix) {
            Some(&(_, power)) => i32::try_from(power).ok()? - 9,
            None => suffix.strip_prefix(['e', 'E'])?.parse().ok()?,
        };
        Some(Self {
            nanos: scaled(digits, power)?,
            format: Format::Decimal,
        })
    }

    /// Thousandths, rounded up (Go's `MilliValue`).
    pub(super) fn milli(self) -> i128 {
        ceiling(self.nanos, NANO / 1000)
    }

    /// Whole units, rounded up (Go's `Value`).
    pub(super) fn whole(self) -> i128 {
        ceiling(self.nanos, NANO)
    }

    /// Whether it is nothing.
    pub(super) fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The larger of two.
    pub(super) fn max(self, other: Self) -> Self {
        if other.nanos > self.nanos {
            other
        } else {
            self
        }
    }

    /// The amount in units of 10⁻⁹, to compare by.
    pub(super) fn nanos(self) -> i128 {
        self.nanos
    }
}

impl AddAssign for Quantity {
    /// An empty sum takes the other's way of writing.
    fn add_assign(&mut self, other: Self) {
        if self.is_zero() {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        if self.format == Format::Binary && self.nanos.abs() >= 1024 * NANO {
            let whole = self.whole();
            let (suffix, power) = BINARY
                .into_iter()
                .find(|(_, power)| whole % (1 << power) == 0)
                .unwrap_or(("", 0));
            return write!(f, "{}{suffix}", whole >> power);
        }
        let (suffix, power) = DECIMAL
            .into_iter()
            .find(|(_, power)| self.nanos % 10_i128.pow(*power) == 0)
            .unwrap_or(("n", 0));
        write!(f, "{}{suffix}", self.nanos / 10_i128.pow(power))
    }
}

/// Decimal digits times `10^power`, in units of 10⁻⁹, rounded up.
fn scaled(digits: &str, power: i32) -> Option<i128> {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || digits.len() > 30 {
        return None;
    }
    let mantissa: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let exponent = power + 9 - i32::try_from(fraction.len()).ok()?;
    let factor = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent >= 0 {
        mantissa.checked_mul(factor).map(|value| sign * value)
    } else {
        Some(sign * ceiling(mantissa, factor))
    }
}

fn ceiling(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_canonical_form() {
        for (text, expected) in [
            ("100m", "100m"),
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1.5Gi", "1536Mi"),
            ("1024Mi", "1Gi"),
            ("512", "512"),
            ("16384256Ki", "16384256Ki"),
            ("1e3", "1k"),
            ("128974848", "128974848"),
            ("512Ki", "512Ki"),
            ("0.5Ki", "512"),
            ("0", "0"),
            ("123456789n", "123456789n"),
            ("-5", "-5"),
        ] {
            assert_eq!(
                Quantity::parse(text).unwrap().to_string(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn rounds_up() {
        let small = Quantity::parse("1n").unwrap();
        assert_eq!((small.milli(), small.whole()), (1, 1));
        assert_eq!(Quantity::parse("250m").unwrap().milli(), 250);
        assert_eq!(Quantity::parse("1Mi").unwrap().whole(), 1_048_576);
    }

    #[test]
    fn sums_keep_the_way_of_writing_of_the_first() {
        let mut sum = Quantity::default();
        for text in ["128Mi", "1Gi"] {
            sum += Quantity::parse(text).unwrap();
        }
        assert_eq!(sum.to_string(), "1152Mi");
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for text in ["", "m", "abc", "1x", "1.2.3", "2026-11-23T10:00:00Z", "--1"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }
}
