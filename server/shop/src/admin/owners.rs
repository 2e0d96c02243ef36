//! Whether the shop has an owner.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use till_core::admin::Role;

use crate::entity::admin_user;

/// Whether there is an owner who can sign in, other than this user.
pub(super) async fn owner_exists(
    connection: &impl ConnectionTrait,
    but: Option<i64>,
) -> Result<bool, DbErr> {
    let mut owners = admin_user::Entity::find()
        .filter(admin_user::Column::Role.eq(Role::Owner))
        .filter(admin_user::Column::PasswordHash.is_not_null())
        .filter(admin_user::Column::DeactivatedAt.is_null());
    if let Some(but) = but {
        owners = owners.filter(admin_user::Column::Id.ne(but));
    }
    Ok(owners.count(connection).await? > 0)
}
