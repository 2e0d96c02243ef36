//! `/admin/sign-in?next=/admin/…`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use shop::Shop;
use shop::admin::{SetupState, setup_state};
use ui::language::texts;
use ui::when_read::when_read;

use crate::api::sign_in::SignIn;
use crate::form::{Field, Form};
use crate::layout::NarrowLayout;
use ui::rendered::Rendered;

/// The form, or how to make the first owner.
#[component]
pub fn SignInPage() -> impl IntoView {
    let shop = use_context::<Shop>();
    let next = use_query_map().read_untracked().get("next");
    when_read(move || {
        let (shop, next) = (shop.clone(), next.clone());
        async move {
            let setup = match shop {
                Some(shop) => setup_state(&shop.database).await,
                None => Ok(SetupState::Ready),
            };
            match setup {
                Ok(SetupState::NoOwner) => view! { <NoOwner /> }.rendered(),
                // The form says that the database does not answer when it is sent.
                Ok(SetupState::Ready) | Err(_) => view! { <SignInForm next /> }.rendered(),
            }
        }
    })
}

#[component]
fn NoOwner() -> impl IntoView {
    let texts = texts();
    view! {
        <NarrowLayout title=texts.admin_sign_in()>
            <p>{texts.admin_no_owner()}</p>
            <pre class="command"><code>"till admin create you@example.com"</code></pre>
        </NarrowLayout>
    }
}

#[component]
fn SignInForm(next: Option<String>) -> impl IntoView {
    let texts = texts();
    view! {
        <NarrowLayout title=texts.admin_sign_in()>
            <Form action=SignIn::PATH>
                {next.map(|next| view! { <input type="hidden" name="next" value=next /> })}
                <Field name="email" kind="email" label=texts.admin_email()
                    autocomplete="username" required=true />
                <Field name="password" kind="password" label=texts.admin_password()
                    autocomplete="current-password" required=true />
                <button type="submit" class="btn btn-primary">{texts.admin_sign_in()}</button>
            </Form>
            <p><a href="/admin/forgotten">{texts.admin_forgotten()}</a></p>
        </NarrowLayout>
    }
}
