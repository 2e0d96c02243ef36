//! Withdrawing from a contract: a form, a page that shows everything again with the button that
//! confirms it, and the acknowledgement. It works without scripts.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use shop::Shop;
use shop::withdrawals::{
    FieldProblem, KnownOrder, MAX_CONTRACT, Part, Problems, Receipt, StatedLine, Statement,
    WithdrawalForm,
};
use till_core::refusal::Refusal;
use till_core::token::OrderToken;
use till_core::view::Day;
use time::OffsetDateTime;

use super::form_state::new_attempt_token;
use super::layout::Layout;
use super::not_found::NotFoundPage;
use crate::headers::{self, CachePolicy};
use crate::language::{language, localized, texts};
use crate::withdrawal::{SentWithdrawal, WithdrawalStep};

mod fields;

use fields::{Choices, EmailField, FormFields, HiddenFields, TextField};
use ui::rendered::Rendered;

/// The path of all three pages, without the language. Neither a token nor an email address is ever
/// in it.
const PATH: &str = "/withdraw";

/// `/withdraw`, and `/withdraw?order=NUMBER`
#[component]
pub fn WithdrawPage() -> impl IntoView {
    headers::cache_control(CachePolicy::NoStore);
    headers::noindex();
    let offered = use_context::<Shop>().is_none_or(|shop| shop.profile().law.offers_withdrawals());
    if !offered {
        return view! { <NotFoundPage /> }.rendered();
    }
    let Some(SentWithdrawal { form, order, step }) = use_context() else {
        let form = empty_form();
        return view! { <FormPage form order=None problems=Problems::default() /> }.rendered();
    };
    match step {
        WithdrawalStep::Form(problems) => view! { <FormPage form order problems /> }.rendered(),
        WithdrawalStep::Review(statement, refusal) => {
            view! { <ReviewPage form statement refusal /> }.rendered()
        }
        WithdrawalStep::Received(receipt) => view! { <ReceivedPage receipt /> }.rendered(),
    }
}

/// A new form, with the order number of the address.
fn empty_form() -> WithdrawalForm {
    let number = use_query_map().get_untracked().get("order");
    let number = number.unwrap_or_default();
    WithdrawalForm {
        attempt: new_attempt_token(),
        contract: number.chars().take(MAX_CONTRACT).collect(),
        ..WithdrawalForm::default()
    }
}

#[component]
fn FormPage(form: WithdrawalForm, order: Option<KnownOrder>, problems: Problems) -> impl IntoView {
    let texts = texts();
    let title = texts.withdraw_title();
    let incomplete = (problems != Problems::default()).then(|| {
        view! {
            <div class="alert alert-danger" role="alert"><p>{texts.withdraw_incomplete()}</p></div>
        }
    });
    let attempt = if form.attempt.is_empty() {
        new_attempt_token()
    } else {
        form.attempt.clone()
    };
    let FormFields { name, email, .. } = FormFields::of(texts, &problems);
    let about = match order {
        Some(order) => view! { <KnownOrderFields form=form.clone() order problems /> }.rendered(),
        None => view! { <ContractFields form=form.clone() problems /> }.rendered(),
    };
    view! {
        <Layout title=title.clone() narrow=true>
            {incomplete}
            <h1>{title}</h1>
            <p class="lead">{texts.withdraw_explanation()}</p>
            <form class="buy-box find-order" method="post" action=localized(PATH) novalidate>
                <input type="hidden" name="attempt" value=attempt />
                {about}
                <TextField name="name" label=texts.withdraw_name() value=form.name problem=name
                    autocomplete="name" />
                <EmailField label=texts.withdraw_email() value=form.email problem=email />
                <button type="submit" name="step" value="review" class="btn btn-primary">
                    {texts.withdraw_continue()}
                </button>
            </form>
        </Layout>
    }
    .rendered()
}

/// What the shopper withdraws from, in the shopper's words.
#[component]
fn ContractFields(form: WithdrawalForm, problems: Problems) -> impl IntoView {
    let texts = texts();
    let FormFields {
        contract, items, ..
    } = FormFields::of(texts, &problems);
    let (whole, part) = (!form.is_part, form.is_part);
    view! {
        <TextField name="contract" label=texts.withdraw_contract() value=form.contract
            problem=contract autocomplete="off" />
        <Choices legend=texts.withdraw_scope() problem=None>
            <label>
                <input type="radio" name="scope" value="whole" checked=whole />
                " "{texts.withdraw_whole()}
            </label>
            <label>
                <input type="radio" name="scope" value="part" checked=part />
                " "{texts.withdraw_part()}
            </label>
        </Choices>
        <TextField name="items" label=texts.withdraw_items() value=form.items problem=items
            autocomplete="off" />
    }
    .rendered()
}

/// Number and lines of the order from whose page the shopper comes.
#[component]
fn KnownOrderFields(form: WithdrawalForm, order: KnownOrder, problems: Problems) -> impl IntoView {
    let texts = texts();
    let problem = problems.items.map(|_| texts.withdraw_lines_missing());
    let lines = order.lines.into_iter().map(|line| {
        let checked = form.lines.contains(&line.variant);
        view! {
            <label>
                <input type="checkbox" name="line" value=line.variant checked=checked />
                " "<span dir="auto">{line_text(&line)}</span>
            </label>
        }
    });
    let lines = lines.collect_view();
    view! {
        <input type="hidden" name="token" value=form.token />
        <p>{texts.order_number()}" "<b>{order.number}</b></p>
        <Choices legend=texts.withdraw_lines() problem>{lines}</Choices>
    }
    .rendered()
}

fn line_text(line: &StatedLine) -> String {
    texts().withdraw_line(u64::try_from(line.quantity).unwrap_or_default(), &line.name)
}

/// Everything again, and the button that confirms it.
#[component]
fn ReviewPage(
    mut form: WithdrawalForm,
    statement: Statement,
    refusal: Option<Refusal>,
) -> impl IntoView {
    let texts = texts();
    if form.attempt.is_empty() {
        form.attempt = new_attempt_token();
    }
    let title = texts.withdraw_review();
    let refused = refusal.map(|refusal| {
        let sentence = match refusal {
            Refusal::Limited { .. } => texts.refusal(&refusal),
            _ => texts.withdraw_unavailable(),
        };
        view! { <div class="alert alert-danger" role="alert"><p>{sentence}</p></div> }
    });
    view! {
        <Layout title=title.clone() narrow=true>
            {refused}
            <h1>{title}</h1>
            <p class="lead">{texts.withdraw_review_explanation()}</p>
            <Stated statement received_at=None />
            <form class="actions" method="post" action=localized(PATH)>
                <HiddenFields form />
                <button type="submit" name="step" value="confirm" class="btn btn-primary">
                    {texts.withdraw_confirm()}
                </button>
                <button type="submit" name="step" value="form" class="btn btn-outline">
                    {texts.withdraw_change()}
                </button>
            </form>
        </Layout>
    }
    .rendered()
}

/// The acknowledgement. It is the same whether or not there is such an order.
#[component]
fn ReceivedPage(receipt: Receipt) -> impl IntoView {
    let texts = texts();
    let title = texts.withdraw_received();
    let Receipt {
        statement,
        received_at,
    } = receipt;
    let mailed = texts.withdraw_received_mail(&statement.email);
    view! {
        <Layout title=title.clone() narrow=true>
            <h1>{title}</h1>
            <p class="lead" role="status">{texts.withdraw_received_explanation()}</p>
            <Stated statement received_at=Some(received_at) />
            <p>{mailed}</p>
            <p class="actions">
                <a class="btn btn-outline" href=localized("/")>{texts.back_to_shop()}</a>
            </p>
        </Layout>
    }
    .rendered()
}

/// A statement, and when it was received.
#[component]
fn Stated(statement: Statement, received_at: Option<OffsetDateTime>) -> impl IntoView {
    let texts = texts();
    let Statement {
        name,
        email,
        contract,
        part,
    } = statement;
    let received = received_at.map(|at| {
        let (time, machine) = (written_time(at), shop::clock::rfc3339(at));
        view! {
            <dt>{texts.withdraw_statement_time()}</dt>
            <dd><time datetime=machine>{time}</time></dd>
        }
    });
    let part = match part {
        Part::Whole => view! { <dd>{texts.withdraw_whole()}</dd> }.rendered(),
        Part::Described(items) => view! { <dd dir="auto">{items}</dd> }.rendered(),
        Part::Lines(lines) => lines
            .iter()
            .map(|line| view! { <dd dir="auto">{line_text(line)}</dd> })
            .collect_view()
            .rendered(),
    };
    view! {
        <p>{texts.withdraw_statement()}</p>
        <dl class="stated">
            {received}
            <dt>{texts.withdraw_statement_name()}</dt>
            <dd dir="auto">{name}</dd>
            <dt>{texts.withdraw_statement_email()}</dt>
            <dd dir="auto">{email}</dd>
            <dt>{texts.withdraw_statement_contract()}</dt>
            <dd dir="auto">{contract}</dd>
            <dt>{texts.withdraw_statement_part()}</dt>
            {part}
        </dl>
    }
    .rendered()
}

/// Writes a time to the second in the shop's time zone, with the zone.
fn written_time(at: OffsetDateTime) -> String {
    let zone = use_context::<Shop>().map(|shop| shop.profile().time_zone.clone());
    zone.unwrap_or_default().format_seconds(at, language())
}

/// On the page of a paid order: when a withdrawal was received, and the button that opens the form
/// for this order. The token is sent in the body, so that it gets into no address.
#[component]
pub(super) fn OrderWithdrawal(token: OrderToken, received_on: Option<Day>) -> impl IntoView {
    let texts = texts();
    let received = received_on.map(|day| {
        view! { <p role="status">{texts.withdraw_received_on(&day.text)}</p> }
    });
    let offered = use_context::<Shop>().is_some_and(|shop| shop.profile().law.offers_withdrawals());
    let form = offered.then(|| {
        view! {
            <form class="actions" method="post" action=localized(PATH)>
                <input type="hidden" name="token" value=String::from(token) />
                <button type="submit" name="step" value="form" class="btn btn-outline">
                    {texts.withdraw_here()}
                </button>
            </form>
        }
    });
    view! { {received} {form} }.rendered()
}

/// What is wrong with a field, in words. `missing` is its sentence if it is empty.
fn problem_text(
    texts: locale::Texts,
    problem: Option<FieldProblem>,
    missing: std::borrow::Cow<'static, str>,
) -> Option<std::borrow::Cow<'static, str>> {
    Some(match problem? {
        FieldProblem::Missing => missing,
        FieldProblem::TooLong(max) => {
            let max = u64::try_from(max).unwrap_or(u64::MAX);
            texts.withdraw_too_long(max).into()
        }
        FieldProblem::NotAnAddress => texts.withdraw_email_invalid(),
    })
}
