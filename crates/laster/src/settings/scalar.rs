//! Single values as people write them: durations with a unit, sizes, numbers that cannot be 0.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, de};

/// Why 0 is refused, wherever it stands.
pub(super) const ZERO: &str = "is 0: a limit cannot be off, choose a large one instead";
/// Longer than any process lives.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// A duration with its unit: `500ms`, `30s`, `2m`, `1h` or `7d`. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub struct Span(Duration);

/// A number of bytes, bare or with a unit: `65536`, `64KiB`, `1MiB`. Never 0, and less than 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub struct Size(u32);

/// A number of things. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub struct Count(u32);

impl Span {
    /// How long it is: at least 1 ms.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Size {
    /// How many bytes: at least 1.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Count {
    /// How many: at least 1.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<Scalar> for Span {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        let text = scalar.to_string();
        let no_span = || format!("{text:?} is no duration: write a whole number and a unit, such as 500ms, 30s or 2m");
        let (number, unit) = split_unit(&text).filter(|(_, unit)| !unit.starts_with('.')).ok_or_else(no_span)?;
        let millis: u64 = match unit {
            "" => return Err(format!("{number} has no unit: write {number}ms, {number}s or {number}m")),
            "ms" => 1,
            "s" => 1000,
            "m" => 60 * 1000,
            "h" => 60 * 60 * 1000,
            "d" => 24 * 60 * 60 * 1000,
            _ => return Err(format!("the unit {unit:?} is not known: write ms, s, m, h or d")),
        };
        let span = number.parse().ok().and_then(|number: u64| number.checked_mul(millis)).map(Duration::from_millis);
        match span.filter(|span| *span <= LONGEST) {
            Some(Duration::ZERO) => Err(ZERO.into()),
            Some(span) => Ok(Span(span)),
            None => Err(format!("{text} is too long: 3650d is the longest")),
        }
    }
}

impl TryFrom<Scalar> for Size {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        let text = scalar.to_string();
        let no_size =
            || format!("{text:?} is no size: write a whole number of bytes, or one with a unit such as 64KiB");
        let (number, unit) = split_unit(&text).filter(|(_, unit)| !unit.starts_with('.')).ok_or_else(no_size)?;
        let bytes: u64 = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(format!("the unit {unit:?} is not known: write B, KiB, MiB or GiB")),
        };
        let size = number.parse().ok().and_then(|number: u64| number.checked_mul(bytes));
        match size.and_then(|size| u32::try_from(size).ok()) {
            Some(0) => Err(ZERO.into()),
            Some(size) => Ok(Size(size)),
            None => Err(format!("{text} is too much: {} bytes are the most", u32::MAX)),
        }
    }
}

impl TryFrom<Scalar> for Count {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Self, String> {
        match scalar.whole_number()? {
            0 => Err(ZERO.into()),
            number => Ok(Count(number)),
        }
    }
}

/// Splits `30s` into `30` and `s`.
fn split_unit(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    (!number.is_empty()).then(|| (number, unit.trim_start()))
}

/// Any single value, before it is known what it is to be.
pub(super) enum Scalar {
    Bool(bool),
    Number(i128),
    Float(f64),
    Text(String),
}

impl Scalar {
    /// A whole number that may be 0.
    pub(super) fn whole_number(&self) -> Result<u32, String> {
        let text = self.to_string();
        let digits = text.trim();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("{text:?} is no whole number"));
        }
        digits.parse().map_err(|_| format!("{digits} is too much: {} is the most", u32::MAX))
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Bool(value) => value.fmt(f),
            Scalar::Number(number) => number.fmt(f),
            Scalar::Float(number) => write!(f, "{number:?}"),
            Scalar::Text(text) => text.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number.into()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Scalar, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }
}
