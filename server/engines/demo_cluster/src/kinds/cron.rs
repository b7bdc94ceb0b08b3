//! Cron schedules: the five fields of crontab(5), names of months and days, and `@daily` and its like.
//!
//! Accepts what `robfig/cron` accepts as standard, with its words for what it does not.

use super::zone::Zone;
use domain::time::{Seconds, Timestamp};
use time::{OffsetDateTime, Weekday};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// A schedule whose days never come, such as the 30th of February, is given up after this many days.
const LONGEST_WAIT_DAYS: i64 = 8 * 366;

/// A parsed schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Whenever minute, hour and day are in the fields.
    Fields {
        /// Minutes 0–59, one bit each.
        minutes: u64,
        /// Hours 0–23.
        hours: u64,
        /// Days of the month 1–31.
        days: u64,
        /// Months 1–12.
        months: u64,
        /// Days of the week, 0 is Sunday.
        weekdays: u64,
        /// Whether one of both kinds of days suffices: neither is `*`.
        either_day: bool,
    },
    /// `@every 90s`: this often, in seconds.
    Every(Seconds),
}

/// A field's range and the names its values have.
struct Field {
    first: u64,
    last: u64,
    names: &'static [&'static str],
}

const MINUTES: Field = Field {
    first: 0,
    last: 59,
    names: &[],
};
const HOURS: Field = Field {
    first: 0,
    last: 23,
    names: &[],
};
const DAYS: Field = Field {
    first: 1,
    last: 31,
    names: &[],
};
const MONTHS: Field = Field {
    first: 1,
    last: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
};
const WEEKDAYS: Field = Field {
    first: 0,
    last: 6,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// What is wrong with it, in the words of `robfig/cron`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(descriptor) = text.strip_prefix('@') {
            return Self::descriptor(descriptor, text);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            let (count, list) = (fields.len(), fields.join(" "));
            return Err(format!(
                "expected exactly 5 fields, found {count}: [{list}]"
            ));
        };
        let is_any = |field: &str| field.starts_with(['*', '?']);
        Ok(Self::Fields {
            minutes: MINUTES.parse(minutes)?,
            hours: HOURS.parse(hours)?,
            days: DAYS.parse(days)?,
            months: MONTHS.parse(months)?,
            weekdays: WEEKDAYS.parse(weekdays)?,
            either_day: !is_any(days) && !is_any(weekdays),
        })
    }

    fn descriptor(word: &str, whole: &str) -> Result<Self, String> {
        let fields = match word {
            "yearly" | "annually" => "0 0 1 1 *",
            "monthly" => "0 0 1 * *",
            "weekly" => "0 0 * * 0",
            "daily" | "midnight" => "0 0 * * *",
            "hourly" => "0 * * * *",
            _ => {
                let every = word.strip_prefix("every ").and_then(duration);
                return every
                    .map(Self::Every)
                    .ok_or_else(|| format!("unrecognized descriptor: {whole}"));
            }
        };
        Self::parse(fields)
    }

    /// The first time after `after` at which clocks of a zone show what the schedule says; `None` when there is
    /// none in the next eight years. A time that clocks skip does not come, one they show twice comes twice.
    pub(crate) fn next_in(&self, zone: &Zone, after: Timestamp) -> Option<Timestamp> {
        if matches!(self, Self::Every(_)) {
            return self.next(after);
        }
        let (mut after, mut offset) = (after, zone.offset(after));
        let mut change = zone.next_change(after);
        loop {
            let at = self.next(after + offset)? - offset;
            match change {
                Some(changed) if at >= changed => {
                    after = changed - Seconds(1);
                    offset = zone.offset(changed);
                    change = zone.next_change(changed);
                }
                Some(_) | None => return Some(at),
            }
        }
    }

    /// Like [`Self::next_in`], by clocks that show UTC.
    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(period) => Some(Timestamp::from_seconds(after.seconds()) + *period),
            Self::Fields { minutes, hours, .. } => {
                let start = after.seconds().div_euclid(MINUTE) * MINUTE + MINUTE;
                let first_day = start.div_euclid(DAY);
                (first_day..first_day + LONGEST_WAIT_DAYS)
                    .filter(|day| self.has_day(Timestamp::from_seconds(day * DAY).to_offset()))
                    .find_map(|day| {
                        let begin = start.max(day * DAY);
                        (begin..(day + 1) * DAY)
                            .step_by(usize::try_from(MINUTE).unwrap_or(1))
                            .find(|at| {
                                let minute_of_day = at.rem_euclid(DAY) / MINUTE;
                                has(*hours, minute_of_day / 60) && has(*minutes, minute_of_day % 60)
                            })
                    })
                    .map(Timestamp::from_seconds)
            }
        }
    }

    fn has_day(&self, day: OffsetDateTime) -> bool {
        match self {
            Self::Every(_) => true,
            Self::Fields {
                days,
                months,
                weekdays,
                either_day,
                ..
            } => {
                let in_month = has(*days, i64::from(day.day()));
                let in_week = has(*weekdays, i64::from(sunday_first(day.weekday())));
                let is_day = if *either_day {
                    in_month || in_week
                } else {
                    in_month && in_week
                };
                has(*months, i64::from(u8::from(day.month()))) && is_day
            }
        }
    }
}

fn sunday_first(weekday: Weekday) -> u8 {
    weekday.number_days_from_sunday()
}

fn has(set: u64, value: i64) -> bool {
    u32::try_from(value).is_ok_and(|bit| set.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

/// Go's durations of whole hours, minutes and seconds: `1h30m`.
fn duration(text: &str) -> Option<Seconds> {
    let mut total = 0_i64;
    let mut digits = String::new();
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    (total > 0 && digits.is_empty()).then_some(Seconds(total))
}

impl Field {
    /// `*/15`, `1-5`, `mon,wed`, `10-40/10`.
    fn parse(&self, text: &str) -> Result<u64, String> {
        text.split(',')
            .try_fold(0, |set, part| Ok(set | self.range(part)?))
    }

    fn range(&self, text: &str) -> Result<u64, String> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(number(step)?)),
            None => (text, None),
        };
        let (start, end) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (self.first, self.last),
            Some((start, end)) => (self.value(start)?, self.value(end)?),
            None => {
                let only = self.value(range)?;
                (only, if step.is_some() { self.last } else { only })
            }
        };
        let (first, last) = (self.first, self.last);
        if start < first {
            return Err(format!(
                "beginning of range ({start}) below minimum ({first}): {text}"
            ));
        }
        if end > last {
            return Err(format!(
                "end of range ({end}) above maximum ({last}): {text}"
            ));
        }
        if start > end {
            return Err(format!(
                "beginning of range ({start}) beyond end of range ({end}): {text}"
            ));
        }
        match step {
            Some(0) => Err(format!("step of range should be a positive number: {text}")),
            step => {
                let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
                Ok((start..=end)
                    .step_by(step)
                    .fold(0, |set, value| set | 1 << value))
            }
        }
    }

    fn value(&self, text: &str) -> Result<u64, String> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        match named.and_then(|place| u64::try_from(place).ok()) {
            Some(place) => Ok(place + self.first),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-23, a Sunday, 20:34:56 UTC.
    const NOW: Timestamp = Timestamp(1_763_930_096_000);

    #[track_caller]
    fn check(schedule: &str, expected: &str) {
        let next = Schedule::parse(schedule).unwrap().next(NOW);
        assert_eq!(next.map(crate::value::wire_time).as_deref(), Some(expected));
    }

    #[test]
    fn finds_the_next_time() {
        check("* * * * *", "2025-11-23T20:35:00Z");
        check("*/15 * * * *", "2025-11-23T20:45:00Z");
        check("0 3 * * *", "2025-11-24T03:00:00Z");
        check("30 2 29 2 *", "2028-02-29T02:30:00Z");
        check("0 0 1 * fri", "2025-11-28T00:00:00Z");
        check("0 9 * * MON-FRI", "2025-11-24T09:00:00Z");
        check("@hourly", "2025-11-23T21:00:00Z");
        check("@every 1m30s", "2025-11-23T20:36:26Z");
    }

    #[track_caller]
    fn check_in_berlin(schedule: &str, after: &str, expected: &str) {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let after = Timestamp::parse(after).unwrap();
        let next = Schedule::parse(schedule).unwrap().next_in(&zone, after);
        assert_eq!(next.map(crate::value::wire_time).as_deref(), Some(expected));
    }

    #[test]
    fn goes_by_the_clocks_of_a_zone() {
        check_in_berlin("0 3 * * *", "2026-01-15T12:00:00Z", "2026-01-16T02:00:00Z");
        check_in_berlin("0 3 * * *", "2026-07-15T12:00:00Z", "2026-07-16T01:00:00Z");
        check_in_berlin("0 0 1 7 *", "2026-01-15T12:00:00Z", "2026-06-30T22:00:00Z");
    }

    /// Clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.
    #[test]
    fn skips_what_clocks_skip_and_comes_twice_when_they_go_back() {
        check_in_berlin("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z");
        check_in_berlin("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
        check_in_berlin("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    }

    #[test]
    fn never_comes_to_the_30th_of_february() {
        assert_eq!(Schedule::parse("0 0 30 2 *").unwrap().next(NOW), None);
    }

    #[test]
    fn says_what_is_wrong_as_the_api_server_does() {
        for (schedule, expected) in [
            ("* * *", "expected exactly 5 fields, found 3: [* * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            (
                "5-1 * * * *",
                "beginning of range (5) beyond end of range (1): 5-1",
            ),
            (
                "*/0 * * * *",
                "step of range should be a positive number: */0",
            ),
            (
                "x * * * *",
                "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            ("@often", "unrecognized descriptor: @often"),
        ] {
            assert_eq!(Schedule::parse(schedule).unwrap_err(), expected);
        }
    }
}
