//! Points in time: UTC, to the millisecond, RFC 3339 on the wire.

use std::{fmt, ops};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since 1970-01-01T00:00:00Z. The clock is read outside and handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timestamp(
    #[cfg_attr(
        feature = "schema",
        schemars(with = "String", extend("format" = "date-time"))
    )]
    pub i64,
);

impl Timestamp {
    /// From whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// From RFC 3339 text; `None` when it is not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000_000)
            .ok()
            .map(Self)
    }

    /// As a calendar time in UTC; the epoch for values outside the calendar (years beyond ±9999).
    #[must_use]
    pub fn to_offset(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Seconds from `earlier` to this; negative when `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(1000)
    }

    /// `14:05` in UTC.
    #[must_use]
    pub fn clock(self) -> String {
        let at = self.to_offset();
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// `2026-11-23 14:05` in UTC.
    #[must_use]
    pub fn date_and_clock(self) -> String {
        let at = self.to_offset();
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute()
        )
    }
}

impl ops::Add<Seconds> for Timestamp {
    type Output = Self;
    fn add(self, seconds: Seconds) -> Self {
        Self(self.0 + seconds.0 * 1000)
    }
}

impl ops::Sub<Seconds> for Timestamp {
    type Output = Self;
    fn sub(self, seconds: Seconds) -> Self {
        Self(self.0 - seconds.0 * 1000)
    }
}

/// A signed number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-unit" = "seconds")))]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    /// The way `kubectl` prints an age: `45s`, `12m`, `5h30m`, `2d4h`, `63d`, `2y`.
    ///
    /// Source: `k8s.io/apimachinery/pkg/util/duration`, `HumanDuration`.
    #[must_use]
    pub fn human(self) -> String {
        let s = self.0;
        let (minutes, hours, days) = (s / 60, s / 3600, s / 86_400);
        let pair = |a: i64, unit_a: &str, b: i64, unit_b: &str| {
            if b == 0 {
                format!("{a}{unit_a}")
            } else {
                format!("{a}{unit_a}{b}{unit_b}")
            }
        };
        match s {
            i64::MIN..-1 => "<invalid>".to_owned(),
            -1 => "0s".to_owned(),
            0..120 => format!("{s}s"),
            120..600 => pair(minutes, "m", s % 60, "s"),
            600..10_800 => format!("{minutes}m"),
            10_800..28_800 => pair(hours, "h", minutes % 60, "m"),
            28_800..172_800 => format!("{hours}h"),
            172_800..691_200 => pair(days, "d", hours % 24, "h"),
            691_200..63_072_000 => format!("{days}d"),
            63_072_000..252_288_000 => pair(days / 365, "y", days % 365, "d"),
            _ => format!("{}y", days / 365),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_offset().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("expected an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_through_rfc_3339() {
        let at = Timestamp(1_763_930_096_250);
        assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
    }

    #[test]
    fn prints_ages_as_kubectl_does() {
        for (seconds, expected) in [
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (19_800, "5h30m"),
            (28_800, "8h"),
            (172_800, "2d"),
            (187_200, "2d4h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (252_288_000, "8y"),
        ] {
            assert_eq!(Seconds(seconds).human(), expected, "{seconds}");
        }
    }
}
