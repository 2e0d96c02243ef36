//! One change that a person made: who, what, when and from where. Rows are only ever added; only
//! retention deletes them.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display, EnumString};

/// What was done.
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
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Action {
    /// A refund of an order was requested.
    RequestRefund,
    /// Units of an order were put back into stock after it was refunded elsewhere.
    RestockOrder,
    /// A parcel of an order was sent.
    ShipOrder,
    /// Carrier or tracking number of a parcel were corrected.
    CorrectShipment,
    /// A parcel was not sent after all.
    UndoShipment,
    /// A note about an order was written.
    WriteNote,
    /// An email about an order was sent again.
    ResendMail,
    /// A withdrawal was accepted.
    AcceptWithdrawal,
    /// A withdrawal was refused.
    RefuseWithdrawal,
    /// An order that needed attention was resolved.
    ResolveOrder,
    /// A setting was stored.
    SetSetting,
    /// A setting was deleted, so that its default counts.
    UnsetSetting,
    /// Somebody signed in to the admin.
    SignIn,
    /// Signing in to the admin was blocked for a while, after several failures.
    BlockSignIn,
    /// Somebody signed out of the admin.
    SignOut,
    /// Sessions of the admin were ended.
    EndSessions,
    /// A user of the admin was created.
    CreateUser,
    /// The role of a user was changed.
    ChangeRole,
    /// The email address of a user was changed.
    ChangeMail,
    /// The language of a user was changed.
    ChangeLanguage,
    /// A user may no longer sign in.
    DeactivateUser,
    /// A deactivated user may sign in again.
    ActivateUser,
    /// A user was removed.
    RemoveUser,
    /// A user has changed the password.
    ChangePassword,
    /// A password was set with a one-time link.
    SetPassword,
    /// A one-time link was made.
    MakeLink,
    /// A second factor was turned on.
    TurnOnSecondFactor,
    /// A second factor was turned off.
    TurnOffSecondFactor,
    /// Recovery codes were replaced.
    ReplaceRecoveryCodes,
    /// A recovery code was used instead of the second factor.
    UseRecoveryCode,
    /// A product was created, or copied from another one.
    CreateProduct,
    /// A product or its variants were changed.
    UpdateProduct,
    /// A product was put on sale again.
    PutProductOnSale,
    /// A product was taken off sale.
    TakeProductOffSale,
    /// A product got another place in the catalog.
    MoveProduct,
    /// The stock of a variant was changed, or is counted from now on or no longer.
    ChangeStock,
    /// A product got pictures.
    AddPictures,
    /// A picture got another text or place.
    ChangePicture,
    /// A product lost a picture.
    RemovePicture,
    /// A category was created.
    CreateCategory,
    /// A category got another name, address or place.
    UpdateCategory,
    /// A category without products was deleted.
    DeleteCategory,
    /// Products were imported from files.
    ImportProducts,
    /// A policy was written.
    SavePolicy,
    /// A failed event was applied again.
    ReplayEvent,
    /// A failed event was dismissed.
    DismissEvent,
    /// A task of the outbox was made due again.
    RetryTask,
}

/// What kind of thing was changed.
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
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum SubjectKind {
    /// An order, named by its number.
    Order,
    /// A product, named by its slug.
    Product,
    /// A variant, named by its SKU.
    Variant,
    /// A category, named by its slug.
    Category,
    /// Products of files, named by the files.
    ProductFile,
    /// A setting, named by its variable.
    Setting,
    /// A policy, named by slug and language.
    Policy,
    /// A withdrawal, named by its number.
    Withdrawal,
    /// One of Stripe's events, named by its id.
    Event,
    /// A task of the outbox, named by its key.
    Task,
    /// A user of the admin, named by the email address.
    User,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: TimeDateTimeWithTimeZone,
    /// The user of the admin; `None` on the command line. Not a foreign key: the row outlives the
    /// user.
    pub user_id: Option<i64>,
    /// The user's email address, or the operating system's user name.
    pub actor: String,
    /// The client's address; `None` on the command line.
    pub address: Option<String>,
    pub action: Action,
    pub subject_kind: SubjectKind,
    pub subject: String,
    /// JSON of what was there before.
    pub before: Option<String>,
    /// JSON of what is there now.
    pub after: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
