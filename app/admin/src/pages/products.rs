//! `/admin/products?q=…`: the list of products.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use locale::Texts;
use shop::Shop;
use shop::catalog::categories::{self, CategoryRow};
use shop::catalog::list::{
    self, ListFilter, ListKey, ListPage, ProductList, ProductRow, Scarce, VariantRow,
};
use shop::catalog::search_query::SearchQuery;
use till_core::admin::Right;
use till_core::view::PictureView;
use ui::language::{language, texts};
use ui::when_read::when_read;
use url::form_urlencoded;

use crate::access::here;
use crate::api::products::MoveProduct;
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::problems::Problems;
use ui::rendered::Rendered;

pub mod categories_page;
pub mod edit;
pub mod import;
pub mod stock;
pub mod table;

type Text = Cow<'static, str>;

/// The width of a row's picture, in pixels: twice what is shown, for dense screens.
const ROW_WIDTH: u32 = 128;

/// What the address asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    query: String,
    state: String,
    stock: String,
    /// A category's slug.
    category: String,
    page: ListPage,
}

impl Asked {
    pub(super) fn read(query: &ParamsMap) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default();
        let key = |name: &str| text(name).parse::<ListKey>().ok();
        let page = match (key("after"), key("before")) {
            (Some(key), _) => ListPage::After(key),
            (None, Some(key)) => ListPage::Before(key),
            (None, None) => ListPage::First,
        };
        Self {
            query: text("q"),
            state: text("state"),
            stock: text("stock"),
            category: text("category"),
            page,
        }
    }

    /// `low` units or fewer are few.
    fn filter(&self, categories: &[CategoryRow], low: i64) -> ListFilter {
        let category = categories.iter().find(|row| row.slug == self.category);
        ListFilter {
            search: SearchQuery::parse(&self.query),
            on_sale: match self.state.as_str() {
                "on" => Some(true),
                "off" => Some(false),
                _ => None,
            },
            category: category.map(|row| row.id),
            stock: match self.stock.as_str() {
                "low" => Some(Scarce::Low(low)),
                "none" => Some(Scarce::SoldOut),
                _ => None,
            },
            reduced: self.stock == "reduced",
        }
    }

    /// The same list at another path, from another key.
    fn address(&self, path: &str, key: Option<(&str, ListKey)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.query),
            ("state", &self.state),
            ("stock", &self.stock),
            ("category", &self.category),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some((name, key)) = key {
            query.append_pair(name, &key.to_string());
        }
        let query = query.finish();
        match query.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{query}"),
        }
    }
}

/// What a page of the list shows.
pub(super) struct Listed {
    pub(super) list: ProductList,
    pub(super) categories: Vec<CategoryRow>,
}

pub(super) async fn read(shop: &Shop, asked: &Asked) -> Result<Listed, sea_orm::DbErr> {
    let categories = categories::all(&shop.database).await?;
    let low = shop.owner_settings().stock.low;
    let filter = asked.filter(&categories, low);
    let list = list::page(&shop.database, &filter, asked.page).await?;
    Ok(Listed { list, categories })
}

/// `/admin/products`
#[component]
pub fn ProductsPage() -> impl IntoView {
    page(Right::Products, |_| {
        let shop = expect_context::<Shop>();
        let asked = Asked::read(&use_query_map().read_untracked());
        when_read(move || {
            let (shop, asked) = (shop.clone(), asked.clone());
            async move {
                match read(&shop, &asked).await {
                    Ok(listed) => view! { <Products asked listed /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Products(asked: Asked, listed: Listed) -> impl IntoView {
    let texts = texts();
    let Listed { list, categories } = listed;
    let is_empty = list.products.is_empty();
    let rows = list.products.iter().map(|product| {
        view! { <Row product=product.clone() /> }
    });
    let rows = rows.collect_view();
    let table = asked.address("/admin/products/table", None);
    view! {
        <Layout title=texts.admin_products()>
            <Problems of=vec![MoveProduct::PATH] />
            <p class="actions">
                <a class="btn btn-primary" href="/admin/products/new">
                    {texts.admin_products_new()}
                </a>
                " " <a class="btn btn-outline" href=table>{texts.admin_products_table()}</a>
                " " <a class="btn btn-outline" href="/admin/categories">
                    {texts.admin_categories()}
                </a>
                " " <a class="btn btn-outline" href="/admin/products/import">
                    {texts.admin_products_import()}
                </a>
                " " <a class="btn btn-outline" href="/admin/products/export" download="">
                    {texts.admin_products_export()}
                </a>
            </p>
            <Filters asked=asked.clone() categories path="/admin/products" />
            {is_empty.then(|| view! { <p>{texts.admin_products_none()}</p> })}
            {(!is_empty).then(|| view! {
                <table class="rows products">
                    <thead><tr>
                        <th>{texts.admin_product_picture()}</th>
                        <th>{texts.admin_product_name()}</th>
                        <th>{texts.admin_variant_price()}</th>
                        <th>{texts.admin_variant_stock()}</th>
                        <th>{texts.admin_product_place()}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            })}
            <Pager asked list path="/admin/products" />
        </Layout>
    }
}

/// The list's filters: an ordinary form, so that they are in the address.
#[component]
pub(super) fn Filters(
    asked: Asked,
    categories: Vec<CategoryRow>,
    path: &'static str,
) -> impl IntoView {
    let texts = texts();
    let states = vec![
        ("", texts.admin_products_all()),
        ("on", texts.admin_products_on_sale()),
        ("off", texts.admin_products_off_sale()),
    ];
    let stocks = vec![
        ("", texts.admin_products_all()),
        ("low", texts.admin_products_low()),
        ("none", texts.admin_products_none_left()),
        ("reduced", texts.admin_products_reduced()),
    ];
    let all = (String::new(), texts.admin_products_any_category());
    let categories = categories.into_iter();
    let categories = categories.map(|category| (category.slug, category.name.into()));
    let categories: Vec<(String, Text)> = std::iter::once(all).chain(categories).collect();
    let owned = |options: Vec<(&str, Text)>| -> Vec<(String, Text)> {
        let options = options.into_iter();
        options
            .map(|(value, text)| (value.to_owned(), text))
            .collect()
    };
    view! {
        <form class="filters" method="get" action=path role="search">
            <div class="field">
                <label for="q">{texts.admin_products_search()}</label>
                <input class="form-control" type="search" id="q" name="q" dir="auto"
                    value=asked.query.clone() />
            </div>
            <FilterBy name="state" label=texts.admin_products_state() options=owned(states)
                chosen=asked.state.clone() />
            <FilterBy name="category" label=texts.admin_product_category() options=categories
                chosen=asked.category.clone() />
            <FilterBy name="stock" label=texts.admin_products_stock_filter()
                options=owned(stocks) chosen=asked.stock.clone() />
            <button type="submit" class="btn btn-outline">{texts.admin_products_filter()}</button>
        </form>
    }
}

#[component]
fn FilterBy(
    name: &'static str,
    label: Text,
    options: Vec<(String, Text)>,
    chosen: String,
) -> impl IntoView {
    let options = options.into_iter().map(|(value, label)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{label}</option> }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select class="form-control" id=name name=name>{options.collect_view()}</select>
        </div>
    }
}

#[component]
fn Row(product: ProductRow) -> impl IntoView {
    let texts = texts();
    let address = format!("/admin/products/{}", product.id);
    let prices = product.variants.iter().map(|variant| {
        view! { <li>{variant_price(variant)}</li> }
    });
    let stocks = product.variants.iter().map(|variant| {
        view! { <li>{variant_stock(variant, texts)}</li> }
    });
    let off_sale = (!product.on_sale).then(|| {
        view! { " " <span class="badge">{texts.admin_products_off_sale()}</span> }
    });
    let category = product.category.map(|category| {
        view! { <br /><span class="hint" dir="auto">{category}</span> }
    });
    let alt = String::new();
    view! {
        <tr>
            <td data-label=texts.admin_product_picture()>
                {product.picture.map(|picture| small_picture(picture, alt))}
            </td>
            <td data-label=texts.admin_product_name()>
                <span><a href=address dir="auto">{product.name}</a>{off_sale}{category}</span>
            </td>
            <td data-label=texts.admin_variant_price()>
                <ul class="plain">{prices.collect_view()}</ul>
            </td>
            <td data-label=texts.admin_variant_stock()>
                <ul class="plain">{stocks.collect_view()}</ul>
            </td>
            <td data-label=texts.admin_product_place()>
                <MoveButtons product=product.id />
            </td>
        </tr>
    }
    .rendered()
}

/// Buttons that move a product in the catalog and come back to this page.
#[component]
fn MoveButtons(product: i64) -> impl IntoView {
    let texts = texts();
    let buttons = [
        ("first", "⤒", texts.admin_product_first()),
        ("up", "↑", texts.admin_product_up()),
        ("down", "↓", texts.admin_product_down()),
        ("last", "⤓", texts.admin_product_last()),
    ];
    let buttons = buttons.map(|(to, sign, label)| {
        view! {
            <button type="submit" class="btn btn-outline" name="to" value=to
                aria-label=label.clone() title=label>{sign}</button>
        }
    });
    view! {
        <form class="move-buttons" method="post" action=MoveProduct::PATH>
            <input type="hidden" name="id" value=product />
            <input type="hidden" name="back" value=here() />
            <input type="hidden" name="from" value=here() />
            {buttons.into_iter().collect_view()}
        </form>
    }
}

/// A variant's SKU and what it costs now.
fn variant_price(variant: &VariantRow) -> impl IntoView + use<> {
    let language = language();
    let money = |money| language.money(money);
    let price = variant.price.map(money);
    let regular = variant.regular.map(|regular| {
        view! { " " <s>{money(regular)}</s> }
    });
    view! { <code>{variant.sku.clone()}</code> " " {price} {regular} }
}

/// A variant's stock, and what is held of it.
pub(super) fn variant_stock(variant: &VariantRow, texts: Texts) -> impl IntoView + use<> {
    stock_and_held(variant.stock, variant.held, texts)
}

pub(super) fn stock_and_held(stock: Option<i64>, held: i64, texts: Texts) -> impl IntoView + use<> {
    let reserved = match stock {
        Some(stock) if stock > 0 && stock <= held => Some(texts.admin_variant_all_held()),
        _ if held > 0 => Some(texts.admin_variant_held(held.unsigned_abs()).into()),
        _ => None,
    };
    let reserved = reserved.map(|reserved| {
        view! { " " <span class="hint">"(" {reserved} ")"</span> }
    });
    let stock = match stock {
        Some(0) => texts.admin_variant_sold_out(),
        Some(units) => units.to_string().into(),
        None => texts.admin_variant_uncounted(),
    };
    view! { {stock} {reserved} }
}

/// A picture in a row. The shop's own files only: no page loads one of another website.
pub(super) fn small_picture(picture: PictureView, alt: String) -> AnyView {
    let address = match &picture.files {
        Some(files) => files.src(ROW_WIDTH),
        None => picture.address.clone(),
    };
    if !address.starts_with('/') {
        return ().rendered();
    }
    view! { <img class="row-picture" src=address alt=alt width="64" loading="lazy" /> }.rendered()
}

/// Links to the pages before and after this one.
#[component]
pub(super) fn Pager(asked: Asked, list: ProductList, path: &'static str) -> impl IntoView {
    let texts = texts();
    let previous = list.previous.map(|key| {
        let address = asked.address(path, Some(("before", key)));
        view! { <a rel="prev" href=address>{texts.admin_products_previous()}</a> }
    });
    let next = list.next.map(|key| {
        let address = asked.address(path, Some(("after", key)));
        view! { <a rel="next" href=address>{texts.admin_products_next()}</a> }
    });
    view! { <p class="pager">{previous} " " {next}</p> }
}
