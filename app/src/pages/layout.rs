//! What stands around every page.

use leptos::prelude::*;
use leptos_meta::Title;

use super::icons::Padlock;

/// The shop as its pages present it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: String,
    /// Whether real money is taken.
    pub(super) livemode: bool,
}

/// Reads the shop's name. Pages call it, `App` does not: Leptos runs `App` once without any context to list the routes.
pub(super) fn site() -> Site {
    use_context::<shop::Shop>().map_or_else(
        || Site {
            name: "Till".to_owned(),
            livemode: true,
        },
        |shop| Site {
            name: shop.settings.name,
            livemode: shop.settings.livemode,
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
    let Site { name, livemode } = site();
    let class = if narrow {
        "container page-narrow"
    } else {
        "container"
    };
    view! {
        <Title text=escape(&format!("{title} · {name}")) />
        <a class="skip-link visually-hidden-focusable" href="#main">"Skip to content"</a>
        <header class="site-header">
            {(!livemode).then(|| view! { <p class="sandbox-banner">"Test shop: no real payment is taken."</p> })}
            <div class="container">
                <a class="site-name" href="/"><img src="/favicon.svg" width="36" height="36" alt="" />{name}</a>
                <p class="site-promise"><Padlock />" Secure payment with Stripe"</p>
            </div>
        </header>
        <main class=class id="main">{children().into_any()}</main>
        <footer class="site-footer">
            <div class="container">
                <p>"Payments are handled by Stripe. Your card details never reach this shop, and no account is needed."</p>
            </div>
        </footer>
    }
    .into_any()
}
