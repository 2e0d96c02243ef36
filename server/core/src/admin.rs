//! Who may do what in the owner's admin.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter, EnumString};

/// The role of a user of the admin.
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveActiveEnum))]
#[cfg_attr(
    feature = "sea-orm",
    sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")
)]
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    EnumString,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// May do everything.
    Owner,
    /// May do everything but manage users and change what decides about payments.
    Manager,
    /// Sees orders, and ships them.
    Staff,
}

/// What a user may be allowed to do. Every page and server function of the admin names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, Display, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Right {
    /// See orders and what is to be done, write notes, resend emails, print and export.
    Orders,
    /// Mark orders as shipped.
    Ship,
    /// Refund money.
    Refund,
    /// Resolve flagged orders, and accept or refuse withdrawals.
    Resolve,
    /// Change products, their stock and their pictures.
    Products,
    /// Change the shop's settings and policies.
    Settings,
    /// Change what decides about payments: countries, tax, shipping rates, checkout options.
    PaymentSettings,
    /// Create, change and remove users.
    Users,
    /// Read who did what.
    Audit,
    /// Change one's own password, second factor and devices.
    Account,
}

impl Role {
    /// Whether this role includes a right.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        match right {
            Right::Orders | Right::Ship | Right::Account => true,
            Right::Refund | Right::Resolve | Right::Products | Right::Settings | Right::Audit => {
                self != Self::Staff
            }
            Right::PaymentSettings | Right::Users => self == Self::Owner,
        }
    }
}

impl Right {
    /// Whether a user with a second factor must have proved it within the last minutes.
    #[must_use]
    pub fn needs_recent_proof(self) -> bool {
        matches!(
            self,
            Self::Refund | Self::Settings | Self::PaymentSettings | Self::Users
        )
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn each_role_has_its_rights() {
        for right in Right::iter() {
            assert!(Role::Owner.may(right), "{right}");
            let only_owners = matches!(right, Right::PaymentSettings | Right::Users);
            assert_eq!(Role::Manager.may(right), !only_owners, "{right}");
            let everybody = matches!(right, Right::Orders | Right::Ship | Right::Account);
            assert_eq!(Role::Staff.may(right), everybody, "{right}");
        }
    }
}
