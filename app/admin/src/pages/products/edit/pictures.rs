//! The pictures of a product: add, describe, arrange and remove.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::catalog::editing::StoredPictureView;
use shop::pictures::{MAX_BYTES, Unfit};
use ui::language::texts;

use super::super::small_picture;
use crate::access::here;
use crate::api::pictures::{AddPictures, ChangePicture};
use crate::problems::Problems;
use crate::product_words::unfit_text;
use ui::rendered::Rendered;

/// A new product has no id yet that pictures could belong to.
#[component]
pub(super) fn NoPicturesYet() -> impl IntoView {
    let texts = texts();
    view! {
        <section class="admin-card">
            <h2>{texts.admin_pictures()}</h2>
            <p>{texts.admin_pictures_after_saving()}</p>
        </section>
    }
}

#[component]
pub(super) fn Pictures(product: i64, pictures: Vec<StoredPictureView>) -> impl IntoView {
    let texts = texts();
    let count = pictures.len();
    let rows = pictures.into_iter().enumerate().map(|(index, picture)| {
        let (is_first, is_last) = (index == 0, index + 1 == count);
        view! { <li><Picture product picture is_first is_last /></li> }
    });
    view! {
        <section class="admin-card" id="pictures">
            <h2>{texts.admin_pictures()}</h2>
            <ul class="plain">{rows.collect_view()}</ul>
            <AddForm product />
        </section>
    }
    .rendered()
}

#[component]
fn Picture(
    product: i64,
    picture: StoredPictureView,
    is_first: bool,
    is_last: bool,
) -> impl IntoView {
    let texts = texts();
    let number = picture.number;
    let alt = picture.view.alt.clone();
    let field = format!("alt-{number}");
    let buttons = [
        ("up", texts.admin_product_up(), is_first),
        ("down", texts.admin_product_down(), is_last),
        ("first", texts.admin_product_first(), is_first),
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
    view! {
        <form class="picture-row" method="post" action=ChangePicture::PATH
            aria-label=texts.admin_picture_number(number.unsigned_abs())>
            <input type="hidden" name="from" value=here() />
            <input type="hidden" name="product" value=product />
            <input type="hidden" name="number" value=number />
            <input type="hidden" name="address" value=picture.address />
            {small_picture(picture.view, alt.clone())}
            <div class="field">
                <label for=field.clone()>{texts.admin_picture_alt()}</label>
                <input class="form-control" type="text" dir="auto" id=field name="alt" value=alt />
            </div>
            <p class="actions">
                <button type="submit" class="btn btn-outline" name="action" value="describe">
                    {texts.admin_product_save()}
                </button>
                " "
                {buttons.collect_view()}
                <button type="submit" class="btn btn-outline" name="action" value="remove"
                    data-confirm=texts.admin_picture_remove_confirm()>
                    {texts.admin_picture_remove()}
                </button>
            </p>
        </form>
    }
    .rendered()
}

/// A form with files. What is wrong with it, or with one of a picture, is said here.
#[component]
fn AddForm(product: i64) -> impl IntoView {
    let texts = texts();
    view! {
        <Problems of=vec![AddPictures::PATH, ChangePicture::PATH] />
        <form class="admin-form" method="post" action=AddPictures::PATH
            enctype="multipart/form-data">
            <input type="hidden" name="from" value=here() />
            <input type="hidden" name="product" value=product />
            <div class="field">
                <label for="new-pictures">{texts.admin_pictures_add()}</label>
                <input class="form-control" type="file" id="new-pictures" name="pictures" multiple
                    accept="image/jpeg,image/png,image/webp,image/gif"
                    aria-describedby="new-pictures-hint" data-preview=""
                    data-max-bytes=MAX_BYTES
                    data-kind=unfit_text(Unfit::Kind, texts)
                    data-bytes=unfit_text(Unfit::Bytes, texts)
                    data-unreadable=unfit_text(Unfit::Unreadable, texts) />
                <p class="hint" id="new-pictures-hint">{texts.admin_pictures_hint()}</p>
            </div>
            <div class="field">
                <label for="new-alt">{texts.admin_picture_alt()}</label>
                <input class="form-control" type="text" dir="auto" id="new-alt" name="alt" />
            </div>
            <button type="submit" class="btn btn-primary">{texts.admin_pictures_add()}</button>
        </form>
    }
}
