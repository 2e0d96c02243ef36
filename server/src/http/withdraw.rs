//! `POST /withdraw`: a shopper withdraws from a contract, in three steps on one path.

use app::withdrawal::{SentWithdrawal, WithdrawalStep};
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use locale::Language;
use shop::Shop;
use shop::checkout::CheckoutError;
use shop::withdrawals::{
    KnownOrder, Problems, Statement, Submission, WithdrawalForm, known_order, submit,
};
use till_core::limits::Client;
use till_core::refusal::Refusal;
use till_core::token::OrderToken;

use super::pages::{Pages, no_store};
use super::storable::form_fields;

/// The path of the form's page, to which all its forms are sent.
pub const PATH: &str = "/withdraw";
/// What is typed is cut to this many characters; less is allowed, and what is too long is shown
/// again with a sentence.
const MAX_FIELD_CHARS: usize = 4_000;
/// The maximum number of lines that are read.
const MAX_LINES: usize = 200;

/// Which button was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Show the form with what is known.
    Form,
    /// Show everything again.
    Review,
    /// Store it.
    Confirm,
}

/// Responds with the next page. It depends only on what was typed, never on which orders exist,
/// unless the form has the token of an order.
pub async fn receive(
    State(shop): State<Shop>,
    State(pages): State<Pages>,
    client: Option<Extension<Client>>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !shop.profile().law.offers_withdrawals() {
        let form = WithdrawalForm::default();
        let page = SentWithdrawal {
            form,
            order: None,
            step: WithdrawalStep::Form(Problems::default()),
        };
        return no_store(pages.render(&headers, PATH, language, page).await);
    }
    let (step, form) = read(&body);
    let client = client.map(|Extension(client)| client);
    let sent = match answer(&shop, step, form, language, client.as_ref()).await {
        Ok(sent) => sent,
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not read the order of a withdrawal"
            );
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let (status, retry_after) = match &sent.step {
        WithdrawalStep::Form(problems) if *problems != Problems::default() => {
            (StatusCode::UNPROCESSABLE_ENTITY, None)
        }
        WithdrawalStep::Review(_, Some(refusal)) => match refusal.retry_after() {
            Some(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
            None => (StatusCode::SERVICE_UNAVAILABLE, None),
        },
        _ => (StatusCode::OK, None),
    };
    let mut response = pages.render(&headers, PATH, language, sent).await;
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    no_store(response)
}

/// Decides what the page shows; stores a confirmed statement.
async fn answer(
    shop: &Shop,
    step: Step,
    mut form: WithdrawalForm,
    language: Language,
    client: Option<&Client>,
) -> Result<SentWithdrawal, CheckoutError> {
    let order = match form.token.parse::<OrderToken>() {
        Ok(token) => known_order(shop, &token).await?,
        Err(_) => None,
    };
    if step == Step::Form {
        // A form that has just been opened is about the whole order.
        if let Some(order) = order.as_ref().filter(|_| form.attempt.is_empty()) {
            form.lines = order.lines.iter().map(|line| line.variant).collect();
        }
        let step = WithdrawalStep::Form(Problems::default());
        return Ok(SentWithdrawal { form, order, step });
    }
    let step = match Statement::read(&form, order.as_ref()) {
        Err(problems) => WithdrawalStep::Form(problems),
        Ok(statement) if step == Step::Review => WithdrawalStep::Review(statement, None),
        Ok(statement) => confirm(shop, &form, order.as_ref(), statement, language, client).await,
    };
    Ok(SentWithdrawal { form, order, step })
}

async fn confirm(
    shop: &Shop,
    form: &WithdrawalForm,
    order: Option<&KnownOrder>,
    statement: Statement,
    language: Language,
    client: Option<&Client>,
) -> WithdrawalStep {
    let submission = Submission {
        statement: &statement,
        attempt: &form.attempt,
        order: order.map(|order| order.id),
        language: language.code(),
        client,
    };
    match submit(shop, &submission).await {
        Ok(Ok(receipt)) => WithdrawalStep::Received(receipt),
        Ok(Err(refusal)) => WithdrawalStep::Review(statement, Some(refusal)),
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not store a withdrawal"
            );
            WithdrawalStep::Review(statement, Some(Refusal::ShopUnavailable))
        }
    }
}

/// Reads a form, whatever is in it. Of fields with the same name, the first counts.
fn read(body: &[u8]) -> (Step, WithdrawalForm) {
    let typed = |name: &str| {
        let field = form_fields(body).find(|(found, _)| found == name);
        let value = field.map(|(_, value)| value).unwrap_or_default();
        // Characters that HTML cannot contain.
        let value = value.trim().replace(|c: char| c.is_control(), " ");
        value.chars().take(MAX_FIELD_CHARS).collect::<String>()
    };
    let step = match typed("step").as_str() {
        "confirm" => Step::Confirm,
        "form" => Step::Form,
        _ => Step::Review,
    };
    let lines = form_fields(body).filter(|(name, _)| name == "line");
    let lines = lines.filter_map(|(_, variant)| variant.parse().ok());
    let form = WithdrawalForm {
        attempt: typed("attempt"),
        token: typed("token"),
        name: typed("name"),
        email: typed("email"),
        contract: typed("contract"),
        is_part: typed("scope") == "part",
        items: typed("items"),
        lines: lines.take(MAX_LINES).collect(),
    };
    (step, form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_whatever_is_in_it() {
        let (step, form) = read(
            b"step=confirm&name=+Ada%00%0D%0AX+&name=Eve&line=3&line=x&line=4&scope=part&\xff=%ff",
        );
        assert_eq!(step, Step::Confirm);
        assert_eq!(form.name, "Ada   X");
        assert_eq!(form.lines, [3, 4]);
        assert!(form.is_part);
        let many = "line=1&".repeat(MAX_LINES * 2) + "name=" + &"x".repeat(MAX_FIELD_CHARS * 2);
        let (step, form) = read(many.as_bytes());
        assert_eq!(step, Step::Review);
        assert_eq!(form.lines.len(), MAX_LINES);
        assert_eq!(form.name.len(), MAX_FIELD_CHARS);
    }
}
