//! Header, navigation and main part of every page.

use std::borrow::Cow;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use till_core::admin::{Right, Role};
use ui::head::PageTitle;
use ui::language::texts;

use crate::access::{Admin, here, signed_in};
use crate::api::sign_out::SignOut;
use crate::notice::NoticeText;
use crate::sent::{SentForm, shown_by_none};
use ui::rendered::{Rendered, RenderedChildren};

/// A part of the admin.
struct Area {
    path: &'static str,
    /// What it needs.
    right: Right,
    name: fn(Texts) -> Cow<'static, str>,
    /// Pages of it that have no other place; links to them are below all its pages.
    pages: &'static [Area],
}

/// The parts of the admin, as in the navigation.
const AREAS: &[Area] = &[
    Area {
        path: crate::ROOT,
        right: Right::Orders,
        name: |texts| texts.admin_today(),
        pages: &[
            Area {
                path: "/admin/events",
                right: Right::Resolve,
                name: |texts| texts.admin_events(),
                pages: &[],
            },
            Area {
                path: "/admin/outbox",
                right: Right::Resolve,
                name: |texts| texts.admin_outbox(),
                pages: &[],
            },
        ],
    },
    Area {
        path: "/admin/orders",
        right: Right::Orders,
        name: |texts| texts.admin_orders(),
        pages: &[Area {
            path: "/admin/withdrawals",
            right: Right::Resolve,
            name: |texts| texts.admin_withdrawals(),
            pages: &[],
        }],
    },
    Area {
        path: "/admin/products",
        right: Right::Products,
        name: |texts| texts.admin_products(),
        pages: &[Area {
            path: "/admin/categories",
            right: Right::Products,
            name: |texts| texts.admin_categories(),
            pages: &[],
        }],
    },
    Area {
        path: "/admin/settings",
        right: Right::Settings,
        name: |texts| texts.admin_settings(),
        pages: &[],
    },
    Area {
        path: "/admin/audit",
        right: Right::Audit,
        name: |texts| texts.admin_audit(),
        pages: &[],
    },
    Area {
        path: "/admin/users",
        right: Right::Users,
        name: |texts| texts.admin_users(),
        pages: &[],
    },
];

impl Area {
    /// Whether this path is the area's own page or below it.
    fn has(&self, here: &str) -> bool {
        let below = here.strip_prefix(self.path);
        let is_below = below.is_some_and(|rest| rest.starts_with('/') && self.path != crate::ROOT);
        here == self.path || is_below
    }

    /// Whether this path is in the area.
    fn is_around(&self, here: &str) -> bool {
        self.has(here) || self.pages.iter().any(|page| page.has(here))
    }

    /// The link to it, for users who may see it. `current` is the value of `aria-current`.
    fn link(&self, role: Role, texts: Texts, current: Option<&'static str>) -> Option<AnyView> {
        let name = role.may(self.right).then(|| (self.name)(texts))?;
        let link = view! { <li><a href=self.path aria-current=current>{name}</a></li> };
        Some(link.rendered())
    }
}

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
    let role = admin.as_ref().map(|admin| admin.signed_in.role);
    let navigation = admin.map(|admin| view! { <Navigation admin /> });
    let pages = role.map(|role| view! { <AreaPages role /> });
    let children = children.render();
    let elsewhere = shown_by_none().map(|sent| view! { <ProblemsElsewhere sent /> });
    view! {
        <PageTitle text=page_title />
        <a class="skip-link visually-hidden-focusable" href="#main">{texts.skip_to_content()}</a>
        <header class="admin-header">
            <div class="container">
                <a class="admin-name" href=crate::ROOT><bdi>{name}</bdi></a>
                {navigation}
            </div>
        </header>
        <main class="container" id="main">
            <h1>{title}</h1>
            {notice()}
            {elsewhere}
            {children}
            {pages}
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
    let elsewhere = shown_by_none().map(|sent| view! { <ProblemsElsewhere sent /> });
    view! {
        <PageTitle text=page_title />
        <main class="container admin-narrow" id="main">
            <p class="admin-name"><bdi>{name}</bdi></p>
            <h1>{title}</h1>
            {notice()}
            {elsewhere}
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
fn ProblemsElsewhere(sent: Arc<SentForm>) -> impl IntoView {
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
    let role = admin.signed_in.role;
    let links = AREAS.iter().map(|area| {
        let current = match (area.has(here), area.is_around(here)) {
            (true, _) => Some("page"),
            (false, true) => Some("true"),
            (false, false) => None,
        };
        area.link(role, texts, current)
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

/// Links to the pages that belong to the part that the user is in.
#[component]
fn AreaPages(role: Role) -> impl IntoView {
    let texts = texts();
    let here = here();
    let here = here.split('?').next().unwrap_or_default();
    let around = AREAS.iter().find(|area| area.is_around(here));
    let pages = around.map_or(&[][..], |area| area.pages).iter();
    let links = pages.filter_map(|page| {
        let current = page.has(here).then_some("page");
        page.link(role, texts, current)
    });
    let links: Vec<_> = links.collect();
    (!links.is_empty()).then(|| {
        view! {
            <nav class="admin-area-pages" aria-labelledby="area-pages">
                <span id="area-pages">{texts.admin_area_pages()}</span>
                <ul>{links}</ul>
            </nav>
        }
    })
}

fn shop_name() -> String {
    use_context::<shop::Shop>()
        .map_or_else(|| "Till".to_owned(), |shop| shop.profile().name.clone())
}
