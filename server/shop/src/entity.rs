//! The tables as SeaORM entities, one file per table. Rules are elsewhere.

pub mod admin_known_device;
pub mod admin_link;
pub mod admin_recovery_code;
pub mod admin_session;
pub mod admin_user;
pub mod audit_log;
pub mod catalog_change;
pub mod category;
pub mod checkout;
pub mod checkout_line;
pub mod dispute;
pub mod import_draft;
pub mod lease;
pub mod order;
pub mod order_difference;
pub mod order_line;
pub mod order_note;
pub mod order_resolution;
pub mod order_resolution_item;
pub mod order_search;
pub mod order_tax;
pub mod outbox;
pub mod page;
pub mod payment_origin;
pub mod picture;
pub mod picture_file;
pub mod price_history;
pub mod product;
pub mod product_listing;
pub mod product_text;
pub mod rate_limit;
pub mod reconciliation;
pub mod refund;
pub mod refund_request;
pub mod refund_request_line;
pub mod setting;
pub mod shipment;
pub mod shipment_line;
pub mod sign_in_failure;
pub mod slug_history;
pub mod stock_change;
pub mod stripe_event;
pub mod stripe_fact;
pub mod variant;
pub mod withdrawal;

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum;
    use till_core::admin::Role;
    use till_core::lifecycle::CheckoutState;
    use till_core::limits::LimitedAction;
    use till_core::refunds::Certainty;

    fn check_names<T: ActiveEnum<Value = String> + AsRef<str>>() {
        for value in T::iter() {
            assert_eq!(value.to_value(), value.as_ref());
        }
    }

    #[test]
    fn the_database_and_the_log_use_the_same_names() {
        check_names::<Role>();
        check_names::<CheckoutState>();
        check_names::<LimitedAction>();
        check_names::<Certainty>();
        check_names::<super::admin_link::LinkPurpose>();
        check_names::<super::admin_session::SessionState>();
        check_names::<super::audit_log::Action>();
        check_names::<super::audit_log::SubjectKind>();
        check_names::<super::lease::Job>();
        check_names::<till_core::carrier::Carrier>();
        check_names::<till_core::fulfilment::Fulfilment>();
        check_names::<super::order::DisputedMark>();
        check_names::<super::order::Flag>();
        check_names::<super::order::RefundedMark>();
        check_names::<super::order::WithdrawnMark>();
        check_names::<super::order_difference::Kind>();
        check_names::<super::outbox::TaskKind>();
        check_names::<super::outbox::TaskState>();
        check_names::<super::picture_file::Format>();
        check_names::<super::reconciliation::Cursor>();
        check_names::<super::refund_request::RequestState>();
        check_names::<super::page::PolicySlug>();
        check_names::<super::sign_in_failure::Scope>();
        check_names::<super::stripe_event::EventState>();
        check_names::<super::stripe_event::Source>();
        check_names::<super::withdrawal::WithdrawalState>();
    }
}
