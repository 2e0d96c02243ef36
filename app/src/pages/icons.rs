//! Icons as inline SVG: they need no request and use the text's colour.

use leptos::prelude::*;

/// A padlock.
#[component]
pub fn Padlock() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor"
            stroke-width="1.5" aria-hidden="true">
            <rect x="3" y="7" width="10" height="7" rx="1.5"></rect>
            <path d="M5 7V5a3 3 0 0 1 6 0v2"></path>
        </svg>
    }
}

/// The icon of an order's status.
#[component]
pub fn OrderStatusIcon(
    /// SVG path data in a view box of 40 by 40.
    path: &'static str,
    /// Whether to draw a circle around it.
    circle: bool,
) -> impl IntoView {
    view! {
        <svg class="order-status-icon" viewBox="0 0 40 40" fill="none" stroke="currentColor"
            stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
            {circle.then(|| view! { <circle cx="20" cy="20" r="17"></circle> })}
            <path d=path></path>
        </svg>
    }
}
