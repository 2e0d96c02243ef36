//! What stands around every page.

use leptos::prelude::*;
use leptos_meta::Title;

use shop::contact::Contact;

use super::icons::Padlock;

/// The shop as its pages present it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: String,
    pub(super) sandbox: bool,
    pub(super) contact: Contact,
}

/// Reads the shop's name. Pages call it, `App` does not: Leptos runs `App` once without any context to list the routes.
pub(super) fn site() -> Site {
    use_context::<shop::Shop>().map_or_else(
        || Site {
            name: "Till".to_owned(),
            sandbox: false,
            contact: Contact::default(),
        },
        |shop| Site {
            name: shop.settings.name,
            sandbox: shop.settings.sandbox,
            contact: shop.settings.contact,
        },
    )
}

/// The window's title goes into the document as it stands, so that a name could close the element and open another.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Header, main part and footer.
#[component]
pub fn Layout(
    /// Stands before the shop's name in the window's title.
    #[prop(into)]
    title: String,
    /// For pages that are read, not browsed.
    #[prop(optional)]
    narrow: bool,
    /// The main part.
    children: Children,
) -> impl IntoView {
    let Site {
        name,
        sandbox,
        contact,
    } = site();
    let owner = name.clone();
    let class = if narrow {
        "container page-narrow"
    } else {
        "container"
    };
    view! {
        <Title text=escape(&format!("{title} · {name}")) />
        <a class="skip-link visually-hidden-focusable" href="#main">"Skip to content"</a>
        <header class="site-header">
            {sandbox.then(|| view! { <p class="sandbox-banner">"Test shop: no real payment is taken."</p> })}
            <div class="container">
                <a class="site-name" href="/"><img src="/favicon.svg" width="36" height="36" alt="" /><bdi>{name}</bdi></a>
                <p class="site-promise"><Padlock />" Secure payment with Stripe"</p>
            </div>
        </header>
        <main class=class id="main">{children().into_any()}</main>
        <footer class="site-footer">
            <div class="container">
                <ContactDetails name=owner contact />
                <p><a href="/orders/find">"Find your order"</a></p>
                <p>"Payments are handled by Stripe. Your card details never reach this shop, and no account is needed."</p>
            </div>
        </footer>
    }
    .into_any()
}

/// Who keeps the shop, as far as the owner has said so.
#[component]
fn ContactDetails(name: String, contact: Contact) -> impl IntoView {
    let dialled = contact.dialled().unwrap_or_default();
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
        let address = format!("tel:{dialled}");
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
