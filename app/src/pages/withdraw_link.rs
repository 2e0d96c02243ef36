//! The link to the form by which a shopper withdraws from a contract, on every page.

use leptos::prelude::*;
use shop::Shop;

use crate::language::{localized, texts};

/// The link, if the shop offers withdrawals.
#[component]
pub(super) fn WithdrawLink() -> impl IntoView {
    let offered = use_context::<Shop>().is_some_and(|shop| shop.profile().law.offers_withdrawals());
    offered.then(|| view! { <p><a href=localized("/withdraw")>{texts().withdraw_here()}</a></p> })
}
