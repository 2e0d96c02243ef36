//! Variants on sale of which few units, or none, can still be bought.
//!
//! The database computes `variant.few_left`: those units, if they are at most [`MAX_INDEXED`], and
//! nothing for all other variants. An index has it, so that scarce variants are found without
//! reading the others. A sale of a variant of which many units are left does not change it, and so
//! touches no index.

use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition};

use crate::entity::variant;

/// The most units that `few_left` has, as in the migration of `variant`. Beyond it all variants are
/// read.
pub const MAX_INDEXED: i64 = 100;

/// Units that can still be bought, of variants of which at most `most` can. They are sorted by it.
pub(crate) fn left(most: i64) -> Expr {
    let column = |column| Expr::col((variant::Entity, column));
    match most <= MAX_INDEXED {
        true => Expr::col((variant::Entity, Alias::new("few_left"))),
        false => column(variant::Column::Stock).sub(column(variant::Column::Held)),
    }
}

/// Variants on sale of which at least `least` and at most `most` units can still be bought.
pub(crate) fn between(least: i64, most: i64) -> Condition {
    let mut found = Condition::all().add(left(most).lte(most));
    if least > 0 {
        found = found.add(left(most).gte(least));
    }
    match most <= MAX_INDEXED {
        true => found,
        false => found.add(variant::Column::Active.eq(true)),
    }
}
