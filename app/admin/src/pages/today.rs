//! The first page: what waits for the owner. Each part links to where it can be dealt with.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::doctor::Trouble;
use shop::first_steps::{FirstStep, Step};
use shop::live::MissingText;
use shop::orders::refund::RequestState;
use shop::policy::PolicySlug;
use shop::settings_list::SettingGroup;
use shop::today::{
    DisputeRow, EventRow, OrderRow, RefundRow, StockRow, TaskRow, Today, Waiting, WithdrawalRow,
    today,
};
use till_core::admin::{Right, Role};
use ui::language::texts;
use ui::when_read::when_read;

use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::settings::path_of;
use crate::pages::settings::words::name_of_policy;
use crate::pages::unavailable::unavailable;
use crate::state_words::{dispute_status, event_name, task_name};
use crate::times::Time;
use ui::rendered::Rendered;

type Text = Cow<'static, str>;

/// `/admin`
#[component]
pub fn TodayPage() -> impl IntoView {
    page(Right::Orders, |admin| {
        let shop = expect_context::<Shop>();
        let role = admin.signed_in.role;
        when_read(move || {
            let shop = shop.clone();
            async move {
                match today(&shop).await {
                    Ok(today) => view! { <Parts today role /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Parts(today: Today, role: Role) -> impl IntoView {
    let texts = texts();
    // Whoever may not take the first steps has nothing to do.
    let steps = Some(today.first_steps.clone());
    let steps = steps.filter(|steps| !steps.is_empty() && role.may(Right::Settings));
    let nothing = (today.is_empty() && steps.is_none())
        .then(|| view! { <p>{texts.admin_today_nothing()}</p> });
    let steps = steps.map(|steps| view! { <FirstSteps steps /> });
    let troubles = (!today.troubles.is_empty())
        .then(|| view! { <Troubles troubles=today.troubles.clone() role /> });
    // Staff may not decide about them.
    let withdrawals = Some("/admin/withdrawals").filter(|_| role.may(Right::Resolve));
    let may = move |right, part: Option<AnyView>| part.filter(|_| role.may(right));
    view! {
        <Layout title=texts.admin_today()>
            <p>{texts.admin_today_explanation()}</p>
            {nothing}
            <div class="today">
                {steps}
                {troubles}
                {part(texts.admin_today_to_ship(), Some("/admin/orders?state=to_ship"),
                    today.to_ship, texts, order)}
                {part(texts.admin_today_flagged(), Some("/admin/orders?state=attention"),
                    today.flagged, texts, order)}
                {part(texts.admin_today_disputes(), Some("/admin/orders?state=dispute_open"),
                    today.disputes, texts, dispute)}
                {part(texts.admin_today_refunds(), None, today.refunds, texts, refund)}
                {part(texts.admin_today_withdrawals(), withdrawals, today.withdrawals, texts,
                    move |row, texts| withdrawal(row, texts, role))}
                {may(Right::Resolve, part(texts.admin_events(), Some("/admin/events"),
                    today.events, texts, event))}
                {may(Right::Resolve, part(texts.admin_outbox(), Some("/admin/outbox"),
                    today.tasks, texts, task))}
                {may(Right::Products, part(texts.admin_products_none_left(),
                    Some("/admin/products?stock=none"), today.sold_out, texts, stock))}
                {may(Right::Products, part(texts.admin_products_low(),
                    Some("/admin/products?stock=low"), today.low_stock, texts, stock))}
            </div>
        </Layout>
    }
}

/// One part: how many, the first of them, and a link to all, if there is a page of them. Nothing if
/// there are none.
fn part<T>(
    title: Cow<'static, str>,
    address: Option<&'static str>,
    waiting: Waiting<T>,
    texts: Texts,
    row: impl Fn(T, Texts) -> AnyView,
) -> Option<AnyView> {
    if waiting.is_empty() {
        return None;
    }
    let count = match waiting.has_more {
        true => texts.admin_today_more(waiting.count),
        false => waiting.count.to_string(),
    };
    let rows = waiting.first.into_iter();
    let rows = rows.map(|one| view! { <li>{row(one, texts)}</li> });
    let title = match address {
        Some(address) => view! { <a href=address>{title}</a> }.rendered(),
        None => title.rendered(),
    };
    let view = view! {
        <section class="admin-card">
            <h2>{title} " " <span class="badge">{count}</span></h2>
            <ul class="today-rows">{rows.collect_view()}</ul>
        </section>
    };
    Some(view.rendered())
}

fn order(row: OrderRow, _: Texts) -> AnyView {
    view! {
        <a href=format!("/admin/orders/{}", row.number)>{row.number.clone()}</a> " "
        <bdi>{row.customer_name}</bdi> " " <Time at=row.paid_at />
    }
    .rendered()
}

/// A withdrawal without an order has a page only for those who may decide about it.
fn withdrawal(row: WithdrawalRow, texts: Texts, role: Role) -> AnyView {
    let name = match row.order {
        Some(order) => {
            view! { <a href=format!("/admin/orders/{order}") dir="auto">{row.name}</a> }.rendered()
        }
        None if role.may(Right::Resolve) => {
            let address = format!("/admin/withdrawals/{}", row.id);
            view! { <a href=address dir="auto">{row.name}</a> }.rendered()
        }
        None => view! {
            <bdi>{row.name}</bdi> " " <span class="hint">{texts.admin_withdrawal_no_order()}</span>
        }
        .rendered(),
    };
    view! { {name} " " <Time at=row.received_at /> }.rendered()
}

fn event(row: EventRow, texts: Texts) -> AnyView {
    let name = event_name(&row.r#type, texts).unwrap_or_else(|| row.r#type.into());
    view! {
        {name} " " <Time at=row.received_at />
        <p class="hint" dir="auto" lang="en">{row.error}</p>
    }
    .rendered()
}

fn task(row: TaskRow, texts: Texts) -> AnyView {
    view! {
        {task_name(row.kind, &row.key, texts)}
        <p class="hint" dir="auto" lang="en">{row.error}</p>
    }
    .rendered()
}

fn refund(row: RefundRow, texts: Texts) -> AnyView {
    let (state, class) = match row.state {
        RequestState::Refused => (texts.admin_today_refund_refused(), "badge badge-danger"),
        RequestState::Asked | RequestState::Made => (texts.admin_today_refund_asked(), "badge"),
    };
    view! {
        <a href=format!("/admin/orders/{}", row.order)>{row.order.clone()}</a> " "
        {texts.amount(row.amount, &row.currency)} " " <span class=class>{state}</span>
    }
    .rendered()
}

fn dispute(row: DisputeRow, texts: Texts) -> AnyView {
    let zone = use_context::<Shop>().map(|shop| shop.profile().time_zone.clone());
    let zone = zone.unwrap_or_default();
    let due = row
        .due_by
        .map(|at| texts.admin_today_due(&zone.format_short(at)));
    let (what, class) = match (row.needs_response(), due) {
        (true, Some(due)) => (Cow::from(due), "badge badge-warning"),
        (true, None) => (dispute_status(&row.status, texts), "badge badge-warning"),
        (false, _) => (texts.admin_today_reviewing(), "badge"),
    };
    view! {
        <a href=format!("/admin/orders/{}", row.order)>{row.order.clone()}</a> " "
        {texts.amount(row.amount, &row.currency)} " " <span class=class>{what}</span>
    }
    .rendered()
}

fn stock(row: StockRow, texts: Texts) -> AnyView {
    let left: Cow<'static, str> = match (row.stock, row.left()) {
        (0, _) => texts.admin_variant_sold_out(),
        (_, 0) => texts.admin_variant_all_held(),
        (_, left) => texts.admin_today_left(left.unsigned_abs()).into(),
    };
    view! {
        <a href=format!("/admin/products/{}/stock", row.product) dir="auto">{row.name}</a> " "
        <span class="hint">{row.sku} ", " {left}</span>
    }
    .rendered()
}

/// A link of a finding: its address and what it says.
type Link = (String, Text);

/// What is to be checked, each with a link to where it can be changed.
#[component]
fn Troubles(troubles: Vec<Trouble>, role: Role) -> impl IntoView {
    let texts = texts();
    let shop = expect_context::<Shop>();
    let rows = troubles.iter().map(|trouble| {
        let links = links(trouble, &shop, role, texts).into_iter();
        let links = links.map(|(address, text)| view! { " " <a href=address>{text}</a> });
        view! { <li>{trouble_text(trouble, &shop, texts)} {links.collect_view()}</li> }
    });
    view! {
        <section class="admin-card">
            <h2>{texts.admin_today_findings()}</h2>
            <ul class="today-rows">{rows.collect_view()}</ul>
        </section>
    }
    .rendered()
}

fn trouble_text(trouble: &Trouble, shop: &Shop, texts: Texts) -> Text {
    let time = |at| shop.profile().time_zone.format_short(at);
    match trouble {
        Trouble::Clock { seconds } => texts.admin_found_clock(*seconds).into(),
        Trouble::NoMailServer => texts.admin_found_no_mail_server(),
        Trouble::PaymentsRefused(seen) => texts
            .admin_found_payments_refused(&time(seen.at), &seen.detail)
            .into(),
        Trouble::UnusableEvents(seen) => texts.admin_found_unusable_events(&time(seen.at)).into(),
        Trouble::NoWebhooks { since } => texts.admin_found_silence(&time(*since)).into(),
        Trouble::MissingLogo => texts.admin_found_logo(),
        Trouble::PriceTaxUnsaid => texts.admin_found_price_tax(),
        Trouble::MissingTexts(missing) => missing_text(missing, texts),
        Trouble::ExampleTexts(examples) => {
            let examples = examples.iter();
            let examples = examples.map(|(slug, language)| (*slug, language.as_str()));
            texts
                .admin_found_examples(&policies_text(examples, texts))
                .into()
        }
    }
}

fn missing_text(missing: &[MissingText], texts: Texts) -> Text {
    let (mut policies, mut notices) = (Vec::new(), Vec::new());
    for text in missing {
        match text {
            MissingText::Policy(slug, language) => policies.push((*slug, language.code())),
            MissingText::GuaranteeNotice(language) => {
                notices.push(Texts::of(*language).language_name());
            }
        }
    }
    let policies = (!policies.is_empty())
        .then(|| texts.admin_found_policies_missing(&policies_text(policies.into_iter(), texts)));
    let notices =
        (!notices.is_empty()).then(|| texts.admin_found_guarantee_missing(&notices.join(", ")));
    let policies = policies.map(|text| format!("{text}."));
    let said: Vec<String> = policies.into_iter().chain(notices).collect();
    said.join(" ").into()
}

/// Policies with the codes of their languages: "Imprint (de, en), Privacy (en)".
fn policies_text<'a>(
    policies: impl Iterator<Item = (PolicySlug, &'a str)>,
    texts: Texts,
) -> String {
    let mut languages: BTreeMap<PolicySlug, Vec<&str>> = BTreeMap::new();
    for (slug, language) in policies {
        languages.entry(slug).or_default().push(language);
    }
    let name = |(slug, languages): (PolicySlug, Vec<&str>)| {
        format!("{} ({})", name_of_policy(slug, texts), languages.join(", "))
    };
    languages
        .into_iter()
        .map(name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Where a trouble can be dealt with, by this role.
fn links(trouble: &Trouble, shop: &Shop, role: Role, texts: Texts) -> Vec<Link> {
    let may = role.may(Right::Settings);
    let page = |address: String| may.then(|| (address, texts.admin_found_mend()));
    let at_stripe = |part: &str| {
        let address = may.then(|| shop.dashboard_page(part)).flatten();
        address.map(|address| (address, texts.admin_found_at_stripe()))
    };
    let policies = || page("/admin/settings/policies".to_owned());
    let link = match trouble {
        Trouble::Clock { .. } => None,
        Trouble::NoMailServer => page(path_of(SettingGroup::Mail)),
        Trouble::PaymentsRefused(_) => at_stripe("dashboard"),
        Trouble::UnusableEvents(_) | Trouble::NoWebhooks { .. } => at_stripe("webhooks"),
        Trouble::MissingLogo => page(path_of(SettingGroup::Face)),
        Trouble::PriceTaxUnsaid => page(path_of(SettingGroup::Tax)),
        Trouble::ExampleTexts(_) => policies(),
        Trouble::MissingTexts(missing) => {
            let mut missing = missing.iter();
            let is_policy = |text: &MissingText| matches!(text, MissingText::Policy(..));
            missing.any(is_policy).then(policies).flatten()
        }
    };
    link.into_iter().collect()
}

/// What a new shop needs, each with a link, and ticked if it is done.
#[component]
fn FirstSteps(steps: Vec<FirstStep>) -> impl IntoView {
    let texts = texts();
    let rows = steps.into_iter().map(|FirstStep { step, is_done }| {
        let (address, text) = step_link(step, texts);
        let (class, mark) = match is_done {
            true => ("step-done", "✓"),
            false => ("step-open", "○"),
        };
        let done = is_done.then(|| {
            view! { " " <span class="visually-hidden">"(" {texts.admin_step_done()} ")"</span> }
        });
        view! {
            <li class=class>
                <span class="step-mark" aria-hidden="true">{mark}</span>
                <span><a href=address>{text}</a>{done}</span>
            </li>
        }
    });
    view! {
        <section class="admin-card first-steps">
            <h2>{texts.admin_first_steps()}</h2>
            <p class="hint">{texts.admin_first_steps_explanation()}</p>
            <ol>{rows.collect_view()}</ol>
        </section>
    }
    .rendered()
}

fn step_link(step: Step, texts: Texts) -> Link {
    let group = |group, text| (path_of(group), text);
    match step {
        Step::Country => group(SettingGroup::Country, texts.admin_step_country()),
        Step::Products => (
            "/admin/products/new".to_owned(),
            texts.admin_step_products(),
        ),
        Step::Shipping => group(SettingGroup::Shipping, texts.admin_step_shipping()),
        Step::Contact => group(SettingGroup::Contact, texts.admin_step_contact()),
        Step::Policies => (
            "/admin/settings/policies".to_owned(),
            texts.admin_step_policies(),
        ),
        Step::MailServer => group(SettingGroup::Mail, texts.admin_step_mail()),
        Step::LiveKey => group(SettingGroup::Stripe, texts.admin_step_live()),
    }
}
