//! What was chosen on other pages, as a part of the form.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::chosen::ChosenRows;
use super::form_state::FormState;
use super::selection::Selection;
use crate::headers::{self, CachePolicy};
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// The fields of chosen variants, for a form that was opened on another page: the response to
/// [`crate::api::CHOICE_PATH`].
#[component]
pub fn Choice(
    /// Quantities by variant id.
    typed: BTreeMap<i64, String>,
) -> impl IntoView {
    headers::cache_control(CachePolicy::NoStore);
    when_read(move || {
        let state = FormState {
            typed: typed.clone(),
            ..FormState::default()
        };
        async move {
            let shop = expect_context::<shop::Shop>();
            let read = async {
                let snapshot = shop.database.begin_snapshot().await?;
                Selection::read(&snapshot, state.typed.keys().copied()).await
            };
            match read.await {
                Ok(selection) => view! {
                    <ul class="variants"><ChosenRows selection state /></ul>
                }
                .rendered(),
                Err(error) => {
                    tracing::error!(
                        error = shop::error_chain::with_causes(&error),
                        "could not read what was chosen"
                    );
                    headers::status(http::StatusCode::SERVICE_UNAVAILABLE);
                    ().rendered()
                }
            }
        }
    })
}
