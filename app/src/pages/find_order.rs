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
        <Layout title="Please check your mail" narrow=true>
            <h1>"Please check your mail"</h1>
            <p class="lead" role="status">
                "If you have an order with this number and paid it with the address "<bdi>{email}</bdi>
                ", we send you its link. That takes a few minutes at most."
            </p>
            <p>"No mail? Look into the folder for junk mail, and check the number and the address."</p>
            <p class="actions"><a class="btn btn-outline" href="/orders/find">"Try again"</a></p>
        </Layout>
    }
}

#[component]
fn Search(sent: Option<SentSearch>) -> impl IntoView {
    let said = sent.as_ref().and_then(|sent| match &sent.outcome {
        SearchOutcome::Sent => None,
        SearchOutcome::Incomplete => {
            Some("Please type the number of your order and your mail address.".to_owned())
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
            <p class="lead">"We send you the link to your order’s page, to the mail address that you paid with."</p>
            <form class="buy-box find-order" method="post" action="/orders/find">
                <label for="number">"Order number"</label>
                <input class="form-control" type="text" id="number" name="number" required maxlength="64"
                    autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="K7QM-3XPA" value=number />
                <label for="email">"Mail address"</label>
                <input class="form-control" type="email" id="email" name="email" required maxlength="254"
                    autocomplete="email" value=email />
                <button type="submit" class="btn btn-primary">"Send me the link"</button>
            </form>
        </Layout>
    }
}
