//! What a page says after something was done.

use std::borrow::Cow;

use http::request::Parts;
use leptos::prelude::*;
use locale::Texts;
use strum::{Display, EnumIter, EnumString};
use ui::language::texts;
use url::form_urlencoded;

/// What was done. The page that follows says so; its address has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Notice {
    /// The user has signed out.
    SignedOut,
    /// What was typed is stored.
    Saved,
    /// The second factor was proved by a recovery code.
    RecoveryCodeUsed,
    /// A link was asked for; it is sent if there is such a user.
    LinkRequested,
    /// No link is sent, because there is no mail server.
    LinkInFile,
    /// A password was set with a link.
    PasswordSet,
    /// The password was changed, and other devices are signed out.
    PasswordChanged,
    /// A device was signed out.
    DeviceSignedOut,
    /// All other devices were signed out.
    OtherDevicesSignedOut,
    /// The second factor is off.
    SecondFactorOff,
    /// An invitation is on its way.
    UserInvited,
    /// The invitation is a file, because there is no mail server.
    UserInvitedInFile,
    /// A user has another role, and was signed out.
    RoleChanged,
    /// A user has another email address, and was signed out.
    MailChanged,
    /// A user may sign in again.
    UserActivated,
    /// A user may not sign in any more.
    UserDeactivated,
    /// A user was removed.
    UserRemoved,
    /// There is no such user any more.
    UserGone,
    /// A parcel is recorded.
    Shipped,
    /// Orders are marked as shipped.
    OrdersShipped,
    /// A parcel is corrected.
    ShipmentCorrected,
    /// A shipment is undone.
    ShipmentUndone,
    /// A refund is requested.
    RefundRequested,
    /// Units are back in stock.
    Restocked,
    /// A note is saved.
    NoteWritten,
    /// An email is sent again.
    MailResent,
    /// An email is written to a file again, because there is no mail server.
    MailInFile,
    /// What needed attention is resolved.
    Resolved,
    /// A withdrawal is decided.
    WithdrawalDecided,
    /// A product was created.
    Created,
    /// A product was copied.
    Duplicated,
    /// A product was taken off sale.
    TakenOffSale,
    /// A product was put on sale.
    PutOnSale,
    /// The stock of a variant was changed.
    StockChanged,
    /// Products were imported.
    Imported,
    /// A file is removed without being imported.
    ImportCancelled,
    /// The mail server has taken the test email.
    TestMailSent,
    /// The test email is a file, because there is no mail server.
    TestMailWritten,
    /// The event is applied now, or ignored.
    EventApplied,
    /// The event could not be applied again.
    EventFailedAgain,
    /// The event is dismissed.
    EventDismissed,
    /// The task runs again soon.
    TaskRetried,
    /// Somebody else was faster.
    NothingToDo,
}

impl Notice {
    fn text(self, texts: Texts) -> Cow<'static, str> {
        match self {
            Self::SignedOut => texts.admin_done_signed_out(),
            Self::Saved => texts.admin_done_saved(),
            Self::RecoveryCodeUsed => texts.admin_done_recovery_code_used(),
            Self::LinkRequested => texts.admin_done_link_requested(),
            Self::LinkInFile => texts.admin_done_link_in_file(),
            Self::PasswordSet => texts.admin_done_password_set(),
            Self::PasswordChanged => texts.admin_done_password_changed(),
            Self::DeviceSignedOut => texts.admin_done_device_signed_out(),
            Self::OtherDevicesSignedOut => texts.admin_done_other_devices_signed_out(),
            Self::SecondFactorOff => texts.admin_done_second_factor_off(),
            Self::UserInvited => texts.admin_done_user_invited(),
            Self::UserInvitedInFile => texts.admin_done_user_invited_in_file(),
            Self::RoleChanged => texts.admin_done_role_changed(),
            Self::MailChanged => texts.admin_done_mail_changed(),
            Self::UserActivated => texts.admin_done_user_activated(),
            Self::UserDeactivated => texts.admin_done_user_deactivated(),
            Self::UserRemoved => texts.admin_done_user_removed(),
            Self::UserGone => texts.admin_done_user_gone(),
            Self::Shipped => texts.admin_done_shipped(),
            Self::OrdersShipped => texts.admin_done_orders_shipped(),
            Self::ShipmentCorrected => texts.admin_done_shipment_corrected(),
            Self::ShipmentUndone => texts.admin_done_shipment_undone(),
            Self::RefundRequested => texts.admin_done_refund_requested(),
            Self::Restocked => texts.admin_done_restocked(),
            Self::NoteWritten => texts.admin_done_note_written(),
            Self::MailResent => texts.admin_done_mail_resent(),
            Self::MailInFile => texts.admin_done_mail_in_file(),
            Self::Resolved => texts.admin_done_resolved(),
            Self::WithdrawalDecided => texts.admin_done_withdrawal_decided(),
            Self::Created => texts.admin_done_created(),
            Self::Duplicated => texts.admin_done_duplicated(),
            Self::TakenOffSale => texts.admin_done_taken_off_sale(),
            Self::PutOnSale => texts.admin_done_put_on_sale(),
            Self::StockChanged => texts.admin_done_stock_changed(),
            Self::Imported => texts.admin_done_imported(),
            Self::ImportCancelled => texts.admin_done_import_cancelled(),
            Self::TestMailSent => texts.admin_done_test_mail_sent(),
            Self::TestMailWritten => texts.admin_done_test_mail_written(),
            Self::EventApplied => texts.admin_done_event_applied(),
            Self::EventFailedAgain => texts.admin_done_event_failed_again(),
            Self::EventDismissed => texts.admin_done_event_dismissed(),
            Self::TaskRetried => texts.admin_done_task_retried(),
            Self::NothingToDo => texts.admin_done_nothing_to_do(),
        }
    }
}

/// What was done before this page was shown.
#[component]
pub(crate) fn NoticeText() -> impl IntoView {
    let parts = use_context::<Parts>();
    let query = parts.as_ref().and_then(|parts| parts.uri.query());
    let mut parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let done = parameters.find(|(name, _)| name == "done");
    let notice = done.and_then(|(_, done)| done.parse::<Notice>().ok());
    notice.map(|notice| {
        view! { <p class="alert alert-info" role="status">{notice.text(texts())}</p> }
    })
}
