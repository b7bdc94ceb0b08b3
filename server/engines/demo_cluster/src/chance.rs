//! Chance without randomness: everything that looks random is a hash of a seed and of what it is about.
//!
//! The same seed, object and time give the same answer on every machine and in every order of calls.

/// A well-mixed 64-bit number from any number (the finaliser of splitmix64).
pub(crate) const fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A well-mixed number from two.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    scramble(a ^ scramble(b))
}

/// A number from a seed and some words; the borders between words count.
pub(crate) fn hash(seed: u64, words: &[&str]) -> u64 {
    let mut state = 0xCBF2_9CE4_8422_2325 ^ scramble(seed);
    for word in words {
        for byte in word.bytes().chain([0xFF]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    scramble(state)
}

/// The hash as a share in `[0, 1)`.
pub(crate) fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// A whole number in `low..=high`.
pub(crate) fn between(hash: u64, low: i64, high: i64) -> i64 {
    low + (hash % (high - low + 1).unsigned_abs()) as i64
}

/// One of `choices`, which must not be empty.
pub(crate) fn pick<T: Copy>(hash: u64, choices: &[T]) -> T {
    choices[(hash % choices.len() as u64) as usize]
}

/// `length` hexadecimal digits.
pub(crate) fn hex(hash: u64, length: usize) -> String {
    let mut state = hash;
    let mut digits = String::with_capacity(length + 16);
    while digits.len() < length {
        state = scramble(state);
        digits.push_str(&format!("{state:016x}"));
    }
    digits.truncate(length);
    digits
}

/// Noise in `[-1, 1]` that passes through a hashed value every `period` seconds and is smooth between.
pub(crate) fn noise(seed: u64, seconds: f64, period: f64) -> f64 {
    let position = seconds / period;
    let cell = position.floor();
    let at = |index: f64| unit(mix(seed, index as i64 as u64)) * 2.0 - 1.0;
    let (left, right) = (at(cell), at(cell + 1.0));
    left + (right - left) * smooth(position - cell)
}

/// 0 at 0 and below, 1 at 1 and above, level at both ends.
pub(crate) fn smooth(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_smooth_and_bounded() {
        for second in 0..10_000 {
            let (here, next) = (
                noise(7, f64::from(second), 60.0),
                noise(7, f64::from(second) + 1.0, 60.0),
            );
            assert!(here.abs() <= 1.0);
            assert!((here - next).abs() < 0.06, "{second}: {here} {next}");
        }
    }

    #[test]
    fn borders_between_words_count() {
        assert_ne!(hash(1, &["ab", "c"]), hash(1, &["a", "bc"]));
        assert_ne!(hash(1, &["a"]), hash(2, &["a"]));
    }
}
