//! Header and footer of every page.

use leptos::prelude::*;
use leptos_meta::Title;

use shop::contact::Contact;

use super::icons::Padlock;

/// What pages show about the shop.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: String,
    /// Whether payments are real.
    pub(super) livemode: bool,
    pub(super) contact: Contact,
}

/// Returns the shop's details, or defaults without context: Leptos renders `App` once without any
/// to list the routes.
pub(super) fn site() -> Site {
    use_context::<shop::Shop>().map_or_else(
        || Site {
            name: "Till".to_owned(),
            livemode: true,
            contact: Contact::default(),
        },
        |shop| Site {
            name: shop.settings.profile.name,
            livemode: shop.settings.livemode,
            contact: shop.settings.profile.contact,
        },
    )
}

/// Escapes HTML. `leptos_meta` inserts the title unescaped: a shop or product name could otherwise
/// close the element and open another.
fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A page with header, main part and footer.
#[component]
pub fn Layout(
    /// The page's title, shown before the shop's name.
    #[prop(into)]
    title: String,
    /// For pages of text: a narrower column.
    #[prop(optional)]
    narrow: bool,
    /// The main part.
    children: Children,
) -> impl IntoView {
    let Site {
        name,
        livemode,
        contact,
    } = site();
    let owner = name.clone();
    let class = if narrow {
        "container page-narrow"
    } else {
        "container"
    };
    view! {
        <Title text=escape_html(&format!("{title} · {name}")) />
        <a class="skip-link visually-hidden-focusable" href="#main">"Skip to content"</a>
        <header class="site-header">
            {(!livemode).then(|| view! {
                <p class="sandbox-banner">"Test shop: no real payment is taken."</p>
            })}
            <div class="container">
                <a class="site-name" href="/">
                    <img src="/favicon.svg" width="36" height="36" alt="" /><bdi>{name}</bdi>
                </a>
                <p class="site-promise"><Padlock />" Secure payment with Stripe"</p>
            </div>
        </header>
        <main class=class id="main">{children().into_any()}</main>
        <footer class="site-footer">
            <div class="container">
                <ContactDetails name=owner contact />
                <p><a href="/orders/find">"Find your order"</a></p>
                <p>
                    "Payments are handled by Stripe. Your card details never reach this shop, and \
                     you don’t need an account."
                </p>
            </div>
        </footer>
    }
    .into_any()
}

/// The owner's contact details, as far as they are set.
#[component]
fn ContactDetails(name: String, contact: Contact) -> impl IntoView {
    let tel_number = contact.tel_number().unwrap_or_default();
    let Contact {
        address,
        email,
        phone,
        links,
    } = contact;
    let lines = (!address.is_empty()).then(|| {
        let lines = address
            .into_iter()
            .map(|line| view! { <span>{line}</span> });
        view! { <span class="site-owner">{name}</span>{lines.collect_view()} }
    });
    let email = email.map(|email| {
        let address = format!("mailto:{email}");
        view! { <span><a href=address>{email}</a></span> }
    });
    let phone = phone.map(|phone| {
        let address = format!("tel:{tel_number}");
        view! { <span><a href=address>{phone}</a></span> }
    });
    let known = lines.is_some() || email.is_some() || phone.is_some();
    let links = (!links.is_empty()).then(|| {
        let links = links
            .into_iter()
            .map(|link| view! { <li><a href=link.url>{link.label}</a></li> });
        view! { <ul class="site-links">{links.collect_view()}</ul> }
    });
    view! {
        {known.then(|| view! { <address dir="auto">{lines}{email}{phone}</address> })}
        {links}
    }
    .into_any()
}
