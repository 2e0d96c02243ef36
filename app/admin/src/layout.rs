//! Header, navigation and main part of every page.

use std::borrow::Cow;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use till_core::admin::Right;
use ui::head::PageTitle;
use ui::language::texts;

use crate::access::{Admin, here, signed_in};
use crate::api::sign_out::SignOut;
use crate::notice::NoticeText;
use crate::sent::{SentForm, shown_by_none};
use ui::rendered::{Rendered, RenderedChildren};

/// A part of the admin: its path, the right that it needs, and its name.
type Area = (&'static str, Right, fn(Texts) -> Cow<'static, str>);

/// The parts of the admin, as in the navigation.
const AREAS: &[Area] = &[
    ("/admin", Right::Orders, |texts| texts.admin_today()),
    ("/admin/orders", Right::Orders, |texts| texts.admin_orders()),
    ("/admin/products", Right::Products, |texts| {
        texts.admin_products()
    }),
    ("/admin/settings", Right::Settings, |texts| {
        texts.admin_settings()
    }),
    ("/admin/audit", Right::Audit, |texts| texts.admin_audit()),
    ("/admin/users", Right::Users, |texts| texts.admin_users()),
];

/// A page for a user who is signed in.
#[component]
pub(crate) fn Layout(
    /// The page's title and heading.
    #[prop(into)]
    title: Cow<'static, str>,
    children: RenderedChildren,
) -> impl IntoView {
    let texts = texts();
    let name = shop_name();
    let page_title = format!("{title} · {name}");
    let admin = signed_in();
    let children = children.render();
    let left = shown_by_none().map(|sent| view! { <Left sent /> });
    view! {
        <PageTitle text=page_title />
        <a class="skip-link visually-hidden-focusable" href="#main">{texts.skip_to_content()}</a>
        <header class="admin-header">
            <div class="container">
                <a class="admin-name" href=crate::ROOT><bdi>{name}</bdi></a>
                {admin.map(|admin| view! { <Navigation admin /> })}
            </div>
        </header>
        <main class="container" id="main">
            <h1>{title}</h1>
            {notice()}
            {left}
            {children}
        </main>
    }
    .rendered()
}

/// A small page for somebody who is not signed in.
#[component]
pub(crate) fn NarrowLayout(
    #[prop(into)] title: Cow<'static, str>,
    children: RenderedChildren,
) -> impl IntoView {
    let name = shop_name();
    let page_title = format!("{title} · {name}");
    let children = children.render();
    let left = shown_by_none().map(|sent| view! { <Left sent /> });
    view! {
        <PageTitle text=page_title />
        <main class="container admin-narrow" id="main">
            <p class="admin-name"><bdi>{name}</bdi></p>
            <h1>{title}</h1>
            {notice()}
            {left}
            {children}
        </main>
    }
    .rendered()
}

/// What was done before; nothing beside what is wrong with a form that is shown again.
fn notice() -> Option<AnyView> {
    let sent = use_context::<Arc<SentForm>>();
    sent.is_none().then(|| view! { <NoticeText /> }.rendered())
}

/// What is wrong with a form that is not on the page any more.
#[component]
fn Left(sent: Arc<SentForm>) -> impl IntoView {
    let problems = sent.problems.iter();
    let problems = problems.map(|problem| view! { <p>{problem.text.clone()}</p> });
    view! { <div class="alert alert-danger" role="alert">{problems.collect_view()}</div> }
}

/// Links to the parts that the user may see, and the way out.
#[component]
fn Navigation(admin: Admin) -> impl IntoView {
    let texts = texts();
    let here = here();
    let here = here.split('?').next().unwrap_or_default();
    let here = match here {
        // A part of the products.
        "/admin/categories" => "/admin/products".to_owned(),
        here => here.to_owned(),
    };
    let role = admin.signed_in.role;
    let areas = AREAS.iter().filter(|(_, right, _)| role.may(*right));
    let links = areas.map(|(path, _, name)| {
        let current = match *path {
            crate::ROOT => here == crate::ROOT,
            path => here == path || here.starts_with(&format!("{path}/")),
        };
        let current = current.then_some("page");
        view! { <li><a href=*path aria-current=current>{name(texts)}</a></li> }
    });
    view! {
        <nav aria-label=texts.admin_navigation()>
            <ul class="admin-areas">{links.collect_view()}</ul>
        </nav>
        <form class="admin-sign-out" method="post" action=SignOut::PATH>
            <a class="admin-shop" href="/">{texts.admin_view_shop()}</a>
            <a class="admin-user" href="/admin/account" dir="auto">{admin.signed_in.mail}</a>
            <button type="submit" class="btn btn-outline">{texts.admin_sign_out()}</button>
        </form>
    }
    .rendered()
}

fn shop_name() -> String {
    use_context::<shop::Shop>()
        .map_or_else(|| "Till".to_owned(), |shop| shop.profile().name.clone())
}
