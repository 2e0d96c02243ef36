//! The first page: what waits for the owner.

use leptos::prelude::*;
use till_core::admin::Right;
use ui::language::texts;

use crate::guarded::page;
use crate::layout::Layout;

/// `/admin`
#[component]
pub fn TodayPage() -> impl IntoView {
    page(Right::Orders, |_| {
        let texts = texts();
        view! { <Layout title=texts.admin_today()><p>{texts.admin_today_explanation()}</p></Layout> }
    })
}
