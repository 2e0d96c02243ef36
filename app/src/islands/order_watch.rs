//! Turns the order page as soon as there is news.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shop::token::OrderToken;
use shop::view::OrderStatus;

use crate::api::read_order_status;

/// While the confirmation is a matter of seconds.
const SOON: Duration = Duration::from_millis(500);
/// Afterwards, and for payments that take days.
const LATER: Duration = Duration::from_secs(5);
/// Questions at the quick pace.
const QUICK_QUESTIONS: u32 = 240;

/// Asks where the order stands until it stands elsewhere, and loads the page anew then.
#[island]
pub fn OrderWatch(
    /// The order's token.
    token: OrderToken,
    /// What the page shows.
    status: OrderStatus,
) -> impl IntoView {
    Effect::new(move || ask(token.clone(), status, 0));
}

fn ask(token: OrderToken, shown: OrderStatus, asked: u32) {
    let quick = shown == OrderStatus::Confirming && asked < QUICK_QUESTIONS;
    set_timeout(
        move || {
            spawn_local(async move {
                match read_order_status(token.clone()).await {
                    Ok(Some(status)) if status != shown => {
                        // The page is rendered on the server; nothing is lost by loading it again.
                        let _ = window().location().reload();
                    }
                    _ => ask(token, shown, asked.saturating_add(1)),
                }
            });
        },
        if quick { SOON } else { LATER },
    );
}
