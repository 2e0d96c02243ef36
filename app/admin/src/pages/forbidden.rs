//! A page that the user's role does not include.

use leptos::prelude::*;
use ui::language::texts;

use crate::layout::Layout;
use ui::rendered::Rendered;

/// Says so, and who can help.
#[component]
pub fn ForbiddenPage() -> impl IntoView {
    let texts = texts();
    view! {
        <Layout title=texts.admin_forbidden()>
            <p>{texts.admin_forbidden_explanation()}</p>
            <p><a href=crate::ROOT>{texts.admin_to_today()}</a></p>
        </Layout>
    }
    .rendered()
}
