//! Quantities with their unit in the type. Parse at the border, then trust the type.

use std::{fmt, num::NonZeroU32};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, OpsError};

/// Thousandths of a CPU core.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-unit" = "thousandths of a CPU core")))]
#[serde(transparent)]
pub struct MilliCores(pub u64);

/// Bytes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-unit" = "bytes")))]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A number of pod replicas.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-unit" = "pod replicas")))]
#[serde(transparent)]
pub struct Replicas(pub u32);

impl MilliCores {
    /// In cores.
    #[must_use]
    pub fn cores(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl fmt::Display for MilliCores {
    /// As Kubernetes writes it: `250m`, or `2` for whole cores.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 && self.0.is_multiple_of(1000) {
            write!(f, "{}", self.0 / 1000)
        } else {
            write!(f, "{}m", self.0)
        }
    }
}

impl fmt::Display for Bytes {
    /// With a binary unit and one decimal where it matters: `512 MiB`, `1.5 GiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit < UNITS.len() - 1 {
            value /= 1024.0;
            unit += 1;
        }
        if unit == 0 || value >= 100.0 || (value.fract() * 10.0).round() % 10.0 == 0.0 {
            write!(f, "{value:.0} {}", UNITS[unit])
        } else {
            write!(f, "{value:.1} {}", UNITS[unit])
        }
    }
}

impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Scaling limits of one workload. Invariant: `1 <= min <= max <= 1000`, checked by [`ReplicaBounds::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "UncheckedBounds", into = "UncheckedBounds")]
pub struct ReplicaBounds {
    min: Replicas,
    max: Replicas,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct UncheckedBounds {
    min: u32,
    max: u32,
}

impl ReplicaBounds {
    /// The most replicas any policy may ask for.
    pub const CEILING: u32 = 1000;

    /// Bounds, or why they are none.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] when `min` is 0, above `max`, or `max` above [`Self::CEILING`].
    pub fn new(min: u32, max: u32) -> Result<Self, OpsError> {
        let refuse = |why: String| Err(OpsError::new(ErrorCode::Invalid, why));
        if min == 0 {
            return refuse("the minimum must be at least 1 replica".to_owned());
        }
        if min > max {
            return refuse(format!(
                "the minimum of {min} replicas is above the maximum of {max}"
            ));
        }
        if max > Self::CEILING {
            return refuse(format!(
                "the maximum of {max} replicas is above the limit of {}",
                Self::CEILING
            ));
        }
        Ok(Self {
            min: Replicas(min),
            max: Replicas(max),
        })
    }

    /// Fewest replicas.
    #[must_use]
    pub fn min(self) -> Replicas {
        self.min
    }

    /// Most replicas.
    #[must_use]
    pub fn max(self) -> Replicas {
        self.max
    }

    /// `wanted` brought within the bounds.
    #[must_use]
    pub fn clamp(self, wanted: Replicas) -> Replicas {
        wanted.clamp(self.min, self.max)
    }
}

impl TryFrom<UncheckedBounds> for ReplicaBounds {
    type Error = OpsError;
    fn try_from(raw: UncheckedBounds) -> Result<Self, OpsError> {
        Self::new(raw.min, raw.max)
    }
}

impl From<ReplicaBounds> for UncheckedBounds {
    fn from(bounds: ReplicaBounds) -> Self {
        Self {
            min: bounds.min.0,
            max: bounds.max.0,
        }
    }
}

/// A CPU goal as percent of the pods' request. Never zero, so that dividing by it is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("x-unit" = "percent of the CPU request")))]
#[serde(transparent)]
pub struct CpuTarget(pub NonZeroU32);

/// How sure an interval claims to be: strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "f64", into = "f64")]
pub struct ConfidenceLevel(f64);

impl ConfidenceLevel {
    /// Eight in ten.
    pub const P80: Self = Self(0.80);
    /// Nineteen in twenty.
    pub const P95: Self = Self(0.95);
    /// One in two.
    pub const P50: Self = Self(0.50);

    /// A level, checked once here.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] unless `0 < level < 1`.
    pub fn new(level: f64) -> Result<Self, OpsError> {
        if level > 0.0 && level < 1.0 {
            Ok(Self(level))
        } else {
            Err(OpsError::new(
                ErrorCode::Invalid,
                "a confidence level lies between 0 and 1",
            ))
        }
    }

    /// The level as a share.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for ConfidenceLevel {
    type Error = OpsError;
    fn try_from(level: f64) -> Result<Self, OpsError> {
        Self::new(level)
    }
}

impl From<ConfidenceLevel> for f64 {
    fn from(level: ConfidenceLevel) -> Self {
        level.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_minimum_above_the_maximum() {
        assert!(ReplicaBounds::new(5, 2).is_err());
        assert!(ReplicaBounds::new(0, 2).is_err());
        assert!(serde_json::from_str::<ReplicaBounds>(r#"{"min":9,"max":1}"#).is_err());
    }

    #[test]
    fn writes_cpu_as_kubernetes_does() {
        assert_eq!(MilliCores(250).to_string(), "250m");
        assert_eq!(MilliCores(2000).to_string(), "2");
        assert_eq!(MilliCores(0).to_string(), "0m");
    }

    #[test]
    fn writes_bytes_with_a_binary_unit() {
        assert_eq!(Bytes(512 << 20).to_string(), "512 MiB");
        assert_eq!(Bytes(3 << 29).to_string(), "1.5 GiB");
        assert_eq!(Bytes(17).to_string(), "17 B");
    }
}
