//! For shoppers who have lost the link to their order.

use leptos::prelude::*;

use super::layout::Layout;
use crate::api::{SearchOutcome, SubmittedSearch};
use crate::headers::{self, CachePolicy};
use crate::language::{localized, texts};
use ui::rendered::Rendered;

/// `/orders/find`
#[component]
pub fn FindOrderPage() -> impl IntoView {
    headers::cache_control(CachePolicy::NoStore);
    headers::noindex();
    match use_context::<SubmittedSearch>() {
        Some(SubmittedSearch {
            outcome: SearchOutcome::Sent,
            email,
            ..
        }) => view! { <Sent email /> }.rendered(),
        submitted => view! { <SearchForm submitted /> }.rendered(),
    }
}

/// The same whether the order exists or not.
#[component]
fn Sent(email: String) -> impl IntoView {
    let texts = texts();
    view! {
        <Layout title=texts.check_email() narrow=true>
            <h1>{texts.check_email()}</h1>
            <p class="lead" role="status">{texts.check_email_explanation(&email)}</p>
            <p>{texts.check_email_hint()}</p>
            <p class="actions">
                <a class="btn btn-outline" href=localized("/orders/find")>{texts.try_again()}</a>
            </p>
        </Layout>
    }
}

#[component]
fn SearchForm(submitted: Option<SubmittedSearch>) -> impl IntoView {
    let texts = texts();
    let problem = submitted.as_ref().and_then(|search| match &search.outcome {
        SearchOutcome::Sent => None,
        SearchOutcome::Incomplete => Some(texts.order_search_incomplete()),
        SearchOutcome::Refused(refusal) => Some(texts.refusal(refusal)),
    });
    let (number, email) = submitted
        .map(|search| (search.number, search.email))
        .unwrap_or_default();
    view! {
        <Layout title=texts.find_order() narrow=true>
            {problem.map(|problem| view! {
                <div class="alert alert-danger" role="alert"><p>{problem}</p></div>
            })}
            <h1>{texts.find_order()}</h1>
            <p class="lead">{texts.find_order_explanation()}</p>
            <form class="buy-box find-order" method="post"
                action=localized("/orders/find")>
                <label for="number">{texts.order_number()}</label>
                <input class="form-control" type="text" id="number" name="number" required
                    maxlength="64" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" placeholder="K7QM-3XPA" value=number />
                <label for="email">{texts.email_address()}</label>
                <input class="form-control" type="email" id="email" name="email" required
                    maxlength="254" autocomplete="email" value=email />
                <button type="submit" class="btn btn-primary">{texts.send_link()}</button>
            </form>
        </Layout>
    }
}
