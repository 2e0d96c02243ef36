//! The pictures of products: on a card, and as a gallery on the product's page.

use leptos::prelude::*;
use till_core::view::{PictureFiles, PictureView, ProductView};

use crate::language::texts;
use ui::rendered::Rendered;

/// The width of a card's picture: that of its column in the grid, beside the text on phones.
const CARD_SIZES: &str = "(min-width: 1200px) 360px, (min-width: 992px) 300px, \
                          (min-width: 768px) 344px, (min-width: 576px) 254px, 112px";
/// The largest file on a card, in pixels. The conversion limits the bytes of those up to it.
const MAX_CARD_WIDTH: u32 = 640;
/// The width of a picture on its product's page.
const PAGE_SIZES: &str = "(min-width: 1200px) 570px, (min-width: 992px) 476px, \
                          (min-width: 768px) 350px, (min-width: 576px) 528px, \
                          calc(100vw - 2rem)";
/// The largest file on a product's page, in pixels.
const MAX_PAGE_WIDTH: u32 = 1_600;
/// The width of the small pictures that lead to the large ones.
const LINK_SIZES: &str = "88px";
/// The width of a picture in a row of what was chosen.
const ROW_SIZES: &str = "64px";
/// The file of those that do not know `srcset`, in pixels.
const FALLBACK_WIDTH: u32 = 640;
/// How many cards are visible at once when a page opens: a row, or as many on a phone.
const CARDS_ABOVE_FOLD: usize = 3;
/// The size of pictures whose own size is unknown, and the shape of the frame.
const DEFAULT_SIZE: (u32, u32) = (480, 360);

/// When browsers load a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loading {
    /// Before everything else: the first picture of the page.
    First,
    /// With the page.
    Eager,
    /// When it is nearly visible.
    Lazy,
}

/// The pictures of a product that the shop itself serves. Those that are still to be fetched from
/// their addresses are not shown: no page makes a shopper's browser call another website.
fn own_pictures(product: &ProductView) -> Vec<&PictureView> {
    let is_own =
        |picture: &&PictureView| picture.files.is_some() || picture.address.starts_with('/');
    product.pictures.iter().filter(is_own).collect()
}

/// Whether a product has a picture on its card.
pub(super) fn has_picture(product: &ProductView) -> bool {
    !own_pictures(product).is_empty()
}

/// The first picture of a product on its card, if it has one. `before` counts the pictures above it
/// on the page.
pub fn card_picture(product: &ProductView, before: usize) -> Option<impl IntoView + use<>> {
    let loading = match before {
        0 => Loading::First,
        before if before < CARDS_ABOVE_FOLD => Loading::Eager,
        _ => Loading::Lazy,
    };
    let picture = *own_pictures(product).first()?;
    Some(image(picture, CARD_SIZES, MAX_CARD_WIDTH, loading))
}

/// The first picture of a product beside its name, if it has one. Its text would repeat the name.
pub(super) fn row_picture(product: &ProductView) -> Option<AnyView> {
    let picture = *own_pictures(product).first()?;
    Some(small_image(picture, ROW_SIZES, String::new()).rendered())
}

/// All pictures of a product: one alone, or a row that scrolls sideways, with a link to each. It
/// works without JavaScript.
#[component]
pub fn Gallery(product: ProductView) -> impl IntoView {
    let large =
        |picture: &PictureView, loading| image(picture, PAGE_SIZES, MAX_PAGE_WIDTH, loading);
    let own = own_pictures(&product);
    let pictures = match own.as_slice() {
        [] => return ().rendered(),
        [only] => return large(only, Loading::First).rendered(),
        pictures => pictures,
    };
    let texts = texts();
    let count = pictures.len() as u64;
    let numbered = || (1..).zip(pictures.iter().copied());
    let items = numbered()
        .map(|(number, picture): (u64, _)| {
            let loading = if number == 1 {
                Loading::First
            } else {
                Loading::Lazy
            };
            view! { <li id=picture_id(number)>{large(picture, loading)}</li> }
        })
        .collect_view();
    let links = numbered()
        .map(|(number, picture): (u64, _)| {
            let address = format!("#{}", picture_id(number));
            // The large version has its text already. This one says what the link does.
            let small = small_image(picture, LINK_SIZES, texts.picture_number(number, count));
            view! { <li><a href=address>{small}</a></li> }
        })
        .collect_view();
    view! {
        <div class="gallery">
            // Focusable, so that the arrow keys scroll it.
            <ul class="gallery-pictures" tabindex="0" aria-label=texts.pictures_of(&product.name)>
                {items}
            </ul>
            <ul class="gallery-links">{links}</ul>
        </div>
    }
    .rendered()
}

fn picture_id(number: u64) -> String {
    format!("picture-{number}")
}

fn image(
    picture: &PictureView,
    sizes: &'static str,
    max_width: u32,
    loading: Loading,
) -> impl IntoView + use<> {
    let source = Source::of(picture, sizes, max_width);
    // Before the address: Safari otherwise loads the picture before it reads them.
    view! {
        <img class="product-picture" loading=(loading == Loading::Lazy).then_some("lazy")
            fetchpriority=(loading == Loading::First).then_some("high") width=source.width
            height=source.height sizes=source.sizes srcset=source.srcset src=source.src
            alt=picture.alt.clone() />
    }
}

/// A small picture with another text than its own.
fn small_image(picture: &PictureView, sizes: &'static str, text: String) -> impl IntoView + use<> {
    let source = Source::of(picture, sizes, MAX_CARD_WIDTH);
    view! {
        <img loading="lazy" width=source.width height=source.height sizes=source.sizes
            srcset=source.srcset src=source.src alt=text />
    }
}

/// The files of a picture, and its size.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    src: String,
    srcset: Option<String>,
    sizes: Option<&'static str>,
    width: u32,
    height: u32,
}

impl Source {
    fn of(picture: &PictureView, sizes: &'static str, max_width: u32) -> Self {
        let Some(files) = &picture.files else {
            let (width, height) = DEFAULT_SIZE;
            return Self {
                src: picture.address.clone(),
                srcset: None,
                sizes: None,
                width,
                height,
            };
        };
        let &PictureFiles { width, height, .. } = files;
        Self {
            src: files.src(FALLBACK_WIDTH),
            srcset: Some(files.srcset(max_width)),
            sizes: Some(sizes),
            width,
            height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(files: Option<PictureFiles>) -> PictureView {
        PictureView {
            address: "/pictures/cup.svg".to_owned(),
            alt: "A cup".to_owned(),
            files,
        }
    }

    #[test]
    fn a_stored_picture_names_its_files_and_another_one_its_address() {
        let files = PictureFiles {
            hash: "ab".to_owned(),
            width: 1_600,
            height: 1_200,
            widths: vec![320, 640, 960, 1_600],
        };
        let stored = Source::of(&picture(Some(files)), CARD_SIZES, MAX_CARD_WIDTH);
        assert_eq!(stored.src, "/pictures/ab-640.webp");
        // No card loads a file whose bytes are not limited.
        let srcset = "/pictures/ab-320.webp 320w, /pictures/ab-640.webp 640w";
        assert_eq!(stored.srcset.as_deref(), Some(srcset));
        assert_eq!((stored.width, stored.height), (1_600, 1_200));

        let other = Source::of(&picture(None), CARD_SIZES, MAX_CARD_WIDTH);
        assert_eq!(other.src, "/pictures/cup.svg");
        assert_eq!((other.srcset, other.sizes), (None, None));
    }

    #[test]
    fn a_picture_of_one_small_file_has_that_file() {
        let files = PictureFiles {
            hash: "ab".to_owned(),
            width: 12,
            height: 9,
            widths: vec![12],
        };
        let source = Source::of(&picture(Some(files)), PAGE_SIZES, MAX_PAGE_WIDTH);
        assert_eq!(source.src, "/pictures/ab-12.webp");
        assert_eq!(source.srcset.as_deref(), Some("/pictures/ab-12.webp 12w"));
    }
}
