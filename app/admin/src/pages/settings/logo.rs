//! The logo: what is stored, a new one, and none.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::logo::{Logo, MAX_HEIGHT_RATIO, MAX_WIDTH_RATIO};
use ui::language::texts;
use ui::rendered::Rendered;

use super::values::LogoPicture;
use crate::access::here;
use crate::api::logo::SaveLogo;
use crate::problems::Problems;
use crate::sent::sent_to;

/// The form of the logo. `stored` is the setting's value.
#[component]
pub(super) fn LogoForm(stored: String) -> impl IntoView {
    let texts = texts();
    let present = match stored.parse::<Logo>() {
        Ok(logo) => view! { <p><LogoPicture logo /></p> }.rendered(),
        Err(_) => view! { <p>{texts.admin_logo_none()}</p> }.rendered(),
    };
    let remove = (!stored.is_empty()).then(|| {
        view! {
            " "
            <button type="submit" class="btn btn-outline" name="remove" value="yes"
                data-confirm=texts.admin_logo_remove_confirm()>
                {texts.admin_logo_remove()}
            </button>
        }
    });
    let hint = texts.admin_logo_file_hint(MAX_WIDTH_RATIO.into(), MAX_HEIGHT_RATIO.into());
    let is_shown_again = sent_to(SaveLogo::PATH).is_some();
    let invalid = is_shown_again.then_some("true");
    view! {
        <section class="admin-card" id="logo">
            <h2>{texts.admin_set_logo()}</h2>
            <p class="hint">{texts.admin_set_logo_hint()}</p>
            {present}
            <Problems of=vec![SaveLogo::PATH] />
            <form class="admin-form" method="post" action=SaveLogo::PATH
                enctype="multipart/form-data">
                <input type="hidden" name="from" value=here() />
                <input type="hidden" name="shown" value=stored />
                <div class="field">
                    <label for="logo-file">{texts.admin_logo_file()}</label>
                    <input class="form-control" type="file" id="logo-file" name="logo"
                        accept="image/jpeg,image/png,image/webp,image/gif"
                        aria-describedby="logo-file-hint" aria-invalid=invalid data-preview="" />
                    <p class="hint" id="logo-file-hint">{hint}</p>
                </div>
                <p class="actions">
                    <button type="submit" class="btn btn-primary">{texts.admin_logo_save()}</button>
                    {remove}
                </p>
            </form>
        </section>
    }
    .rendered()
}
