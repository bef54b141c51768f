use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul};

/// An amount of money in cents of the shop's one currency. Integers, because a tenth of a euro is not a binary fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cents(pub i64);

impl fmt::Display for Cents {
    /// Units, a point, two digits: `12.05`, `-0.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", amount / 100, amount % 100)
    }
}

impl Add for Cents {
    type Output = Cents;

    fn add(self, other: Cents) -> Cents {
        Cents(self.0 + other.0)
    }
}

impl Mul<u32> for Cents {
    type Output = Cents;

    fn mul(self, quantity: u32) -> Cents {
        Cents(self.0 * i64::from(quantity))
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Cents>>(amounts: I) -> Cents {
        amounts.fold(Cents(0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::Cents;

    #[test]
    fn prints_units_and_cents() {
        assert_eq!(Cents(1205).to_string(), "12.05");
        assert_eq!(Cents(7).to_string(), "0.07");
        assert_eq!(Cents(-50).to_string(), "-0.50");
    }

    #[test]
    fn adds_and_multiplies_without_rounding() {
        assert_eq!([Cents(10), Cents(20)].into_iter().sum::<Cents>(), Cents(30));
        assert_eq!(Cents(333) * 3, Cents(999));
    }
}
