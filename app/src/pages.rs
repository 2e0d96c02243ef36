//! One file per page, and components that pages share. All of it runs on the server only.

pub mod arrival;
pub mod buy_form;
pub mod cancelled;
pub mod catalog;
pub mod category;
pub mod category_links;
pub mod choice;
pub mod chosen;
pub mod error;
pub mod find_order;
pub mod form_state;
pub mod head;
pub mod icons;
pub mod island_script;
pub mod layout;
pub mod listing;
pub mod not_found;
pub mod order;
pub mod own_text;
pub mod payment_link;
pub mod picture;
pub mod policy;
pub mod policy_links;
pub mod price;
pub mod price_note;
pub mod product;
pub mod quantity;
pub mod search;
pub mod search_box;
pub mod selection;
pub mod structured_data;
pub mod withdraw;
pub mod withdraw_link;

use leptos::prelude::{IntoView, Suspend};

/// A page, or a part of one, that is read before it is rendered.
///
/// Not in `<Suspense>`: to find out what its children wait for, that begins them several times, and
/// drops what was begun in the middle of a statement.
fn when_read<V>(page: impl Future<Output = V> + Send + 'static) -> impl IntoView
where
    V: IntoView + 'static,
    Suspend<V>: IntoView,
{
    Suspend::new(page)
}
