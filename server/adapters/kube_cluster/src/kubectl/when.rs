//! Times and ages in kubectl's two spellings.

use domain::time::{Seconds, Timestamp};

/// How long before `now` an RFC 3339 time was, as kubectl prints ages; `<unknown>` when there is none.
pub(super) fn age(now: Timestamp, at: &str) -> String {
    match Timestamp::parse(at) {
        Some(at) => Seconds(now.seconds_since(at)).human(),
        None => "<unknown>".to_owned(),
    }
}

/// An RFC 3339 time as `Mon, 02 Jan 2006 15:04:05 -0700` in UTC; Go's zero time when there is none.
pub(super) fn rfc1123(at: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    let Some(at) = Timestamp::parse(at) else {
        return "Mon, 01 Jan 0001 00:00:00 +0000".to_owned();
    };
    let at = at.to_offset();
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
        DAYS[usize::from(at.weekday().number_days_from_sunday())],
        at.day(),
        MONTHS[usize::from(u8::from(at.month())) - 1],
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A time in whole seconds as RFC 3339 has it, in UTC.
pub(super) fn rfc3339(at: Timestamp) -> String {
    let at = at.to_offset();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// An RFC 3339 time as Go prints one by itself: `2026-11-24 06:12:15 +0000 UTC`.
pub(super) fn go_time(at: &str) -> String {
    let Some(at) = Timestamp::parse(at) else {
        return "<nil>".to_owned();
    };
    let at = at.to_offset();
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} +0000 UTC",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_times_in_utc() {
        assert_eq!(
            rfc1123("2026-11-24T08:12:15+02:00"),
            "Tue, 24 Nov 2026 06:12:15 +0000"
        );
        assert_eq!(rfc1123(""), "Mon, 01 Jan 0001 00:00:00 +0000");
    }

    #[test]
    fn a_time_written_and_read_is_the_same() {
        let at = "2026-11-24T06:12:15Z";
        assert_eq!(rfc3339(Timestamp::parse(at).unwrap()), at);
    }

    #[test]
    fn writes_times_as_go_prints_them() {
        assert_eq!(
            go_time("2026-11-24T06:12:15Z"),
            "2026-11-24 06:12:15 +0000 UTC"
        );
    }

    #[test]
    fn an_age_without_a_time_is_unknown() {
        let now = Timestamp::parse("2026-11-24T06:12:15Z").unwrap();
        assert_eq!(age(now, "2026-11-24T06:02:15Z"), "10m");
        assert_eq!(age(now, ""), "<unknown>");
    }
}
