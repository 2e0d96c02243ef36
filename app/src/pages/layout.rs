//! Header and footer of every page.

use std::borrow::Cow;

use leptos::prelude::*;
use locale::Texts;
use shop::contact::Contact;
use shop::face::Face;

use super::icons::Padlock;
use super::own_text::own_paragraph;
use super::policy_links::{BeforeOrdering, PolicyLinks};
use super::price_note::provide_price_note;
use super::search_box::SearchBox;
use super::withdraw_link::WithdrawLink;
use crate::head::PageTitle;
use crate::language::{self, localized, texts};
use ui::rendered::{Rendered, RenderedChildren};

/// What pages show about the shop.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: String,
    /// Whether payments are real.
    pub(super) livemode: bool,
    pub(super) contact: Contact,
    pub(super) face: Face,
}

/// Returns the shop's details, or defaults without context: Leptos renders `App` once without any
/// to list the routes.
pub(super) fn site() -> Site {
    use_context::<shop::Shop>().map_or_else(
        || Site {
            name: "Till".to_owned(),
            livemode: true,
            contact: Contact::default(),
            face: Face::default(),
        },
        |shop| {
            let profile = shop.profile();
            Site {
                name: profile.name.clone(),
                livemode: shop.settings.livemode,
                contact: profile.contact.clone(),
                face: profile.face.clone(),
            }
        },
    )
}

/// A page with header, main part and footer.
#[component]
pub fn Layout(
    /// The page's title, shown before the shop's name.
    #[prop(into)]
    title: Cow<'static, str>,
    /// For pages of text: a narrower column.
    #[prop(optional)]
    narrow: bool,
    /// The main part.
    children: RenderedChildren,
) -> impl IntoView {
    let Site {
        name,
        livemode,
        contact,
        face,
    } = site();
    provide_price_note();
    let texts = texts();
    let (owner, page_title) = (name.clone(), format!("{title} · {name}"));
    let brand = match &face.logo {
        Some(logo) => view! {
            <img class="site-logo" src=logo.path() width=logo.width height=logo.height alt=name />
        }
        .rendered(),
        None => view! {
            <img src="/favicon.svg" width="36" height="36" alt="" /><bdi>{name}</bdi>
        }
        .rendered(),
    };
    let class = if narrow {
        "container page-narrow"
    } else {
        "container"
    };
    view! {
        <PageTitle text=page_title />
        <a class="skip-link visually-hidden-focusable" href="#main">{texts.skip_to_content()}</a>
        <header class="site-header">
            {(!livemode).then(|| view! {
                <p class="sandbox-banner">{texts.test_shop()}</p>
            })}
            {own_paragraph(&face.announcement, "announcement")}
            <div class="container">
                <a class="site-name" href=localized("/")>
                    {brand}
                </a>
                {own_paragraph(&face.tagline, "site-tagline")}
                <SearchBox />
                <p class="site-promise"><Padlock />" "{texts.secure_payment()}</p>
            </div>
        </header>
        <main class=class id="main">{children.render()}</main>
        <footer class="site-footer">
            <div class="container">
                <ContactDetails name=owner contact />
                <p><a href=localized("/orders/find")>{texts.find_order()}</a></p>
                <WithdrawLink />
                <p>{texts.payments_by_stripe()}</p>
                <BeforeOrdering />
                <PolicyLinks />
                <LanguageSwitch />
            </div>
        </footer>
    }
    .rendered()
}

/// Links to the page in the shop's other languages; nothing if there is only one.
#[component]
fn LanguageSwitch() -> impl IntoView {
    let texts = texts();
    let links = language::switch();
    (!links.is_empty()).then(|| {
        let items = links.into_iter().map(|(language, address)| {
            let name = Texts::of(language).language_name();
            let code = language.code();
            if language == texts.language() {
                view! { <li lang=code><span aria-current="true">{name}</span></li> }.rendered()
            } else {
                view! { <li><a href=address rel="nofollow" hreflang=code lang=code>{name}</a></li> }
                    .rendered()
            }
        });
        view! {
            <nav aria-label=texts.language_switch()>
                <ul class="site-links">{items.collect_view()}</ul>
            </nav>
        }
    })
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
    .rendered()
}
