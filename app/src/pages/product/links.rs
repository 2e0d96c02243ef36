//! From a product's page to others: its category, and other products of that.

use leptos::prelude::*;
use till_core::view::ProductView;

use crate::language::{localized, texts};
use crate::pages::buy_form::lowest_price;
use crate::pages::picture::card_picture;
use crate::pages::price_note::PriceNote;
use ui::rendered::Rendered;

/// The way from the first page to the product, with a link back.
#[component]
pub fn Breadcrumbs(category: Option<(String, String)>, product: String) -> impl IntoView {
    let texts = texts();
    let Some((slug, name)) = category else {
        return view! { <a class="back-link" href=localized("/")>{texts.all_products()}</a> }
            .rendered();
    };
    let category = localized(&format!("/categories/{slug}"));
    view! {
        <nav aria-label=texts.breadcrumbs()>
            <ol class="breadcrumbs">
                <li><a class="back-link" href=localized("/")>{texts.products()}</a></li>
                <li><a href=category dir="auto">{name}</a></li>
                <li><span aria-current="page" dir="auto">{product}</span></li>
            </ol>
        </nav>
    }
    .rendered()
}

/// Links to other products of the category; nothing if there is none.
#[component]
pub fn Related(products: Vec<ProductView>) -> impl IntoView {
    let texts = texts();
    (!products.is_empty()).then(|| {
        let items = products.into_iter().map(|product| {
            let address = localized(&format!("/products/{}", product.slug));
            let price = product.lowest_price();
            let price = price.map(|(price, several)| lowest_price(texts, price, several));
            view! {
                <li>
                    <a href=address>
                        {card_picture(&product, usize::MAX)}
                        <span dir="auto">{product.name.clone()}</span>
                    </a>
                    <span class="price">{price}</span>
                    <PriceNote />
                </li>
            }
        });
        view! {
            <section class="related-products" aria-labelledby="related">
                <h2 id="related">{texts.related_products()}</h2>
                <ul>{items.collect_view()}</ul>
            </section>
        }
    })
}
