//! For whoever has lost the link to an order.

use leptos::prelude::*;

use super::layout::Layout;
use crate::api::{SearchOutcome, SentSearch};
use crate::headers::{self, Keep};

/// `/orders/find`
#[component]
pub fn FindOrderPage() -> impl IntoView {
    headers::keep(Keep::Never);
    headers::unlisted();
    match use_context::<SentSearch>() {
        Some(SentSearch {
            outcome: SearchOutcome::Sent,
            email,
            ..
        }) => view! { <Sent email /> }.into_any(),
        sent => view! { <Search sent /> }.into_any(),
    }
}

/// Always the same, whether there is such an order or not.
#[component]
fn Sent(email: String) -> impl IntoView {
    view! {
        <Layout title="Please check your email" narrow=true>
            <h1>"Please check your email"</h1>
            <p class="lead" role="status">
                "If we have an order with this number and the email address "<bdi>{email}</bdi>
                ", we will email you its link within a few minutes."
            </p>
            <p>"No email? Please look in your junk folder, and check the number and the address."</p>
            <p class="actions"><a class="btn btn-outline" href="/orders/find">"Try again"</a></p>
        </Layout>
    }
}

#[component]
fn Search(sent: Option<SentSearch>) -> impl IntoView {
    let said = sent.as_ref().and_then(|sent| match &sent.outcome {
        SearchOutcome::Sent => None,
        SearchOutcome::Incomplete => {
            Some("Please enter your order number and your email address.".to_owned())
        }
        SearchOutcome::Refused(refusal) => Some(refusal.to_string()),
    });
    let (number, email) = sent
        .map(|sent| (sent.number, sent.email))
        .unwrap_or_default();
    view! {
        <Layout title="Find your order" narrow=true>
            {said.map(|said| view! { <div class="alert alert-danger" role="alert"><p>{said}</p></div> })}
            <h1>"Find your order"</h1>
            <p class="lead">"We will email the link to your order to the address that you gave when you paid."</p>
            <form class="buy-box find-order" method="post" action="/orders/find">
                <label for="number">"Order number"</label>
                <input class="form-control" type="text" id="number" name="number" required maxlength="64"
                    autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="K7QM-3XPA" value=number />
                <label for="email">"Email address"</label>
                <input class="form-control" type="email" id="email" name="email" required maxlength="254"
                    autocomplete="email" value=email />
                <button type="submit" class="btn btn-primary">"Send me the link"</button>
            </form>
        </Layout>
    }
}
