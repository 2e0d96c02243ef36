//! Times as the owner reads them.

use leptos::prelude::*;
use shop::Shop;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A time in the shop's time zone.
#[component]
pub(crate) fn Time(at: OffsetDateTime) -> impl IntoView {
    let zone = use_context::<Shop>().map(|shop| shop.profile().time_zone.clone());
    let shown = zone.unwrap_or_default().format_short(at);
    let machine = at.format(&Rfc3339).ok();
    view! { <time datetime=machine>{shown}</time> }
}
