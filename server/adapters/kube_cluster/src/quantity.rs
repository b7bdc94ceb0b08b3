//! Kubernetes quantities (`250m`, `1.5Gi`, `2e3`) as exact numbers.
//!
//! Grammar and rounding: `k8s.io/apimachinery/pkg/api/resource`, `Quantity`: values round up.

use domain::units::{Bytes, MilliCores};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Billionths in one.
const NANO: i128 = 1_000_000_000;
/// The longest quantity read, in bytes.
const LENGTH_LIMIT: usize = 64;

/// CPU in thousandths of a core, rounded up; `None` for what is not a quantity or negative.
pub(crate) fn millicores(quantity: &Quantity) -> Option<MilliCores> {
    scaled(&quantity.0, 1000).map(MilliCores)
}

/// Bytes, rounded up; `None` for what is not a quantity or negative.
pub(crate) fn bytes(quantity: &Quantity) -> Option<Bytes> {
    scaled(&quantity.0, 1).map(Bytes)
}

/// A count, rounded up; `None` for what is not a quantity or negative.
pub(crate) fn count(quantity: &Quantity) -> Option<u64> {
    scaled(&quantity.0, 1)
}

/// The value in `1/parts`, rounded up.
fn scaled(text: &str, parts: i128) -> Option<u64> {
    let nano = nano(text)?;
    let unit = NANO / parts;
    u64::try_from(nano.checked_add(unit - 1)? / unit).ok()
}

/// The value in billionths, rounded up; `None` when it is negative, malformed or too large.
fn nano(text: &str) -> Option<i128> {
    if text.len() > LENGTH_LIMIT {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let digits = format!("0{whole}{fraction}").parse::<i128>().ok()?;
    let (numerator, denominator) = multiplier(suffix)?;
    let divisor = 10_i128
        .checked_pow(u32::try_from(fraction.len()).ok()?)?
        .checked_mul(denominator)?;
    let value = digits.checked_mul(numerator)?;
    Some(value.checked_add(divisor - 1)? / divisor)
}

/// A suffix as billionths: `m` is (1 000 000, 1).
fn multiplier(suffix: &str) -> Option<(i128, i128)> {
    let decimal = |exponent: u32| 10_i128.checked_pow(exponent)?.checked_mul(NANO);
    let binary = |exponent: u32| NANO.checked_mul(1 << exponent);
    let whole = match suffix {
        "n" => Some(1),
        "u" => Some(1_000),
        "m" => Some(1_000_000),
        "" => Some(NANO),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => return exponent(suffix),
    };
    whole.map(|whole| (whole, 1))
}

/// `e3`, `E-6`.
fn exponent(suffix: &str) -> Option<(i128, i128)> {
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 {
        Some((NANO, power))
    } else {
        Some((NANO.checked_mul(power)?, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, milli: Option<u64>, whole: Option<u64>) {
        let quantity = Quantity(text.to_owned());
        assert_eq!(millicores(&quantity).map(|cpu| cpu.0), milli, "{text}");
        assert_eq!(bytes(&quantity).map(|bytes| bytes.0), whole, "{text}");
    }

    #[test]
    fn reads_what_apimachinery_reads() {
        check("0", Some(0), Some(0));
        check("250m", Some(250), Some(1));
        check("1.5", Some(1500), Some(2));
        check(".5", Some(500), Some(1));
        check("2e3", Some(2_000_000), Some(2000));
        check("5E-1", Some(500), Some(1));
        check("1Ki", Some(1_024_000), Some(1024));
        check("1.5Gi", Some(1_610_612_736_000), Some(1_610_612_736));
        check("12345678n", Some(13), Some(1));
        check("128974848", Some(128_974_848_000), Some(128_974_848));
        check("1Ei", None, Some(1 << 60));
        check("1E", None, Some(1_000_000_000_000_000_000));
    }
    #[test]
    fn refuses_what_is_not_a_quantity_without_a_panic() {
        for text in [
            "",
            ".",
            "-1",
            "1Ki1",
            "100mm",
            "NaN",
            "Infinity",
            "1e999Gi",
            "1e99",
            "９",
            "1..2",
            "e3",
            "1 Gi",
            "1gi",
            "99999999999999999999999999999999999999999",
            &"9".repeat(10_000),
        ] {
            check(text, None, None);
        }
    }
}
