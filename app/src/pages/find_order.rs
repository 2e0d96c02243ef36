//! For shoppers who have lost the link to their order.

use leptos::prelude::*;

use super::layout::Layout;
use crate::api::{SearchOutcome, SubmittedSearch};
use crate::headers::{self, CachePolicy};

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
        }) => view! { <Sent email /> }.into_any(),
        submitted => view! { <SearchForm submitted /> }.into_any(),
    }
}

/// The same whether the order exists or not.
#[component]
fn Sent(email: String) -> impl IntoView {
    view! {
        <Layout title="Please check your email" narrow=true>
            <h1>"Please check your email"</h1>
            <p class="lead" role="status">
                "If we have an order with this number and the email address "<bdi>{email}</bdi>
                ", we’ll email you the link within a few minutes."
            </p>
            <p>
                "No email? Please check your spam folder, and make sure that the order number and \
                 the email address are right."
            </p>
            <p class="actions"><a class="btn btn-outline" href="/orders/find">"Try again"</a></p>
        </Layout>
    }
}

#[component]
fn SearchForm(submitted: Option<SubmittedSearch>) -> impl IntoView {
    let problem = submitted.as_ref().and_then(|search| match &search.outcome {
        SearchOutcome::Sent => None,
        SearchOutcome::Incomplete => {
            Some("Please enter your order number and email address.".to_owned())
        }
        SearchOutcome::Refused(refusal) => Some(refusal.to_string()),
    });
    let (number, email) = submitted
        .map(|search| (search.number, search.email))
        .unwrap_or_default();
    view! {
        <Layout title="Find your order" narrow=true>
            {problem.map(|problem| view! {
                <div class="alert alert-danger" role="alert"><p>{problem}</p></div>
            })}
            <h1>"Find your order"</h1>
            <p class="lead">
                "We’ll email the link to your order to the address you gave when you paid."
            </p>
            <form class="buy-box find-order" method="post" action="/orders/find">
                <label for="number">"Order number"</label>
                <input class="form-control" type="text" id="number" name="number" required
                    maxlength="64" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" placeholder="K7QM-3XPA" value=number />
                <label for="email">"Email address"</label>
                <input class="form-control" type="email" id="email" name="email" required
                    maxlength="254" autocomplete="email" value=email />
                <button type="submit" class="btn btn-primary">"Send me the link"</button>
            </form>
        </Layout>
    }
}
