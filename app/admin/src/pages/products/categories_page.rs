//! `/admin/categories`: create, rename, arrange and delete.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::Shop;
use shop::catalog::categories::{self, CategoryRow};
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use crate::access::here;
use crate::api::categories::{ChangeCategory, CreateCategory};
use crate::api::products::unsigned;
use crate::form::{Field, Form};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::problems::Problems;
use ui::rendered::Rendered;

/// `/admin/categories`
#[component]
pub fn CategoriesPage() -> impl IntoView {
    page(Right::Products, |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match categories::all(&shop.database).await {
                    Ok(rows) => view! { <Categories rows /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Categories(rows: Vec<CategoryRow>) -> impl IntoView {
    let texts = texts();
    let count = rows.len();
    let rows = rows.into_iter().enumerate().map(move |(index, row)| {
        let (is_first, is_last) = (index == 0, index + 1 == count);
        view! { <li><Category row is_first is_last /></li> }
    });
    view! {
        <Layout title=texts.admin_categories()>
            <Problems of=vec![ChangeCategory::PATH] />
            <ul class="plain">{rows.collect_view()}</ul>
            <section class="admin-card">
                <h2>{texts.admin_category_add()}</h2>
                <Form action=CreateCategory::PATH>
                    <Field name="name" label=texts.admin_category_name() required=true />
                    <button type="submit" class="btn btn-primary">
                        {texts.admin_category_add()}
                    </button>
                </Form>
            </section>
        </Layout>
    }
}

#[component]
fn Category(row: CategoryRow, is_first: bool, is_last: bool) -> impl IntoView {
    let texts = texts();
    let field = format!("name-{}", row.id);
    let count = texts.admin_category_products(unsigned(row.products));
    let list = format!("/admin/products?category={}", row.slug);
    let is_empty = row.products == 0;
    let buttons = [
        ("up", texts.admin_product_up(), is_first),
        ("down", texts.admin_product_down(), is_last),
    ];
    let buttons = buttons.into_iter().filter(|(_, _, is_there)| !is_there);
    let buttons = buttons.map(|(action, label, _)| {
        view! {
            <button type="submit" class="btn btn-outline" name="action" value=action>
                {label}
            </button>
            " "
        }
    });
    let delete = is_empty.then(|| {
        view! {
            <button type="submit" class="btn btn-outline" name="action" value="delete"
                data-confirm=texts.admin_category_delete_confirm()>
                {texts.admin_category_delete()}
            </button>
        }
    });
    view! {
        <form class="admin-card" method="post" action=ChangeCategory::PATH>
            <input type="hidden" name="from" value=here() />
            <input type="hidden" name="id" value=row.id />
            <div class="field">
                <label for=field.clone()>{texts.admin_category_name()}</label>
                <input class="form-control" type="text" dir="auto" id=field name="new_name"
                    value=row.name />
            </div>
            <p class="hint"><a href=list>{count}</a></p>
            <p class="actions">
                <button type="submit" class="btn btn-outline" name="action" value="rename">
                    {texts.admin_category_rename()}
                </button>
                " "
                {buttons.collect_view()}
                {delete}
            </p>
        </form>
    }
    .rendered()
}
