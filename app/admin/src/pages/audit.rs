//! `/admin/audit`: who changed what.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sea_orm::DbErr;
use serde_json::Value;
use shop::Shop;
use shop::audit::{self, Action, AuditPage as Rows, AuditRow, SubjectKind, in_words};
use strum::IntoEnumIterator;
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;
use url::form_urlencoded;

use crate::audit_query::AuditQuery;
use crate::form::{Field, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::times::Time;
use ui::rendered::Rendered;

/// Entries of a page.
const PAGE_SIZE: u64 = 50;
/// The longest value that is shown at once, in characters.
const MAX_SHOWN: usize = 200;

/// `/admin/audit`
#[component]
pub fn AuditPage() -> impl IntoView {
    let query = use_query_map().read_untracked().clone();
    let after = query.get("after").and_then(|after| after.parse().ok());
    let query = AuditQuery::read(|name| query.get(name));
    page(Right::Audit, move |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let (shop, query) = (shop.clone(), query.clone());
            async move {
                match read(&shop, &query, after).await {
                    Ok((actors, rows)) => view! { <Entries query actors rows /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

async fn read(
    shop: &Shop,
    query: &AuditQuery,
    after: Option<audit::Position>,
) -> Result<(Vec<String>, Rows), DbErr> {
    let filter = query.filter(&shop.profile().time_zone);
    let rows = audit::list(&shop.database, &filter, after, PAGE_SIZE).await?;
    Ok((audit::actors(&shop.database).await?, rows))
}

#[component]
fn Entries(query: AuditQuery, actors: Vec<String>, rows: Rows) -> impl IntoView {
    let texts = texts();
    let typed = query.fields();
    let older = rows.next.map(|next| {
        let mut address = form_urlencoded::Serializer::new(String::new());
        address
            .extend_pairs(&typed)
            .append_pair("after", &next.to_string());
        format!("/admin/audit?{}", address.finish())
    });
    let mut export = form_urlencoded::Serializer::new(String::new());
    export.extend_pairs(&typed);
    let export = format!("/admin/audit/export?{}", export.finish());
    let list = match rows.rows.is_empty() {
        true => view! { <p>{texts.admin_audit_none()}</p> }.rendered(),
        false => view! { <Table rows=rows.rows /> }.rendered(),
    };
    view! {
        <Layout title=texts.admin_audit()>
            <p>{texts.admin_audit_explanation()}</p>
            <Filters query actors />
            {list}
            <p class="actions">
                {older.map(|older| view! { <a href=older>{texts.admin_audit_older()}</a> " " })}
                <a href=export download="audit.csv">{texts.admin_audit_export()}</a>
            </p>
        </Layout>
    }
}

/// A form whose address is the filtered list.
#[component]
fn Filters(query: AuditQuery, actors: Vec<String>) -> impl IntoView {
    let texts = texts();
    type Choice = (String, Cow<'static, str>);
    let all = |label| (String::new(), label);
    let actors = actors.into_iter().map(|name| (name.clone(), name.into()));
    let who: Vec<Choice> = std::iter::once(all(texts.admin_audit_anybody()))
        .chain(actors)
        .collect();
    let words = |name: String| (name.clone(), name.replace('_', " ").into());
    let actions = Action::iter().map(|action| words(action.to_string()));
    let what: Vec<Choice> = std::iter::once(all(texts.admin_audit_anything()))
        .chain(actions)
        .collect();
    let kinds = SubjectKind::iter().map(|kind| words(kind.to_string()));
    let kinds: Vec<Choice> = std::iter::once(all(texts.admin_audit_anything()))
        .chain(kinds)
        .collect();
    view! {
        <form class="filters" method="get" action="/admin/audit">
            <Select name="by" label=texts.admin_audit_who() options=who value=query.by />
            <Select name="action" label=texts.admin_audit_what() options=what value=query.action />
            <Select name="kind" label=texts.admin_audit_kind() options=kinds value=query.kind />
            <Field name="subject" label=texts.admin_audit_subject() value=query.subject />
            <Field name="from" kind="date" label=texts.admin_audit_first_day() value=query.from />
            <Field name="to" kind="date" label=texts.admin_audit_last_day() value=query.to />
            <button type="submit" class="btn btn-outline">{texts.admin_audit_filter()}</button>
        </form>
    }
}

#[component]
fn Table(rows: Vec<AuditRow>) -> impl IntoView {
    let texts = texts();
    let rows = rows.into_iter().map(|row| {
        let from_where = match row.address {
            Some(address) => address.into(),
            None => texts.admin_audit_command_line(),
        };
        let subject = match row.kind {
            SubjectKind::Order => view! {
                <a href=format!("/admin/orders/{}", row.subject)>{row.subject.clone()}</a>
            }
            .rendered(),
            _ => view! { <bdi>{row.subject}</bdi> }.rendered(),
        };
        view! {
            <tr>
                <td data-label=texts.admin_audit_time()><Time at=row.at /></td>
                <td data-label=texts.admin_audit_who()>
                    <bdi>{row.actor}</bdi> <p class="hint">{from_where}</p>
                </td>
                <td data-label=texts.admin_audit_what()>
                    {row.action.to_string().replace('_', " ")} <p class="hint">{subject}</p>
                </td>
                <td data-label=texts.admin_audit_before()>{value(row.before.as_ref())}</td>
                <td data-label=texts.admin_audit_after()>{value(row.after.as_ref())}</td>
            </tr>
        }
    });
    view! {
        <table class="rows">
            <thead>
                <tr>
                    <th scope="col">{texts.admin_audit_time()}</th>
                    <th scope="col">{texts.admin_audit_who()}</th>
                    <th scope="col">{texts.admin_audit_what()}</th>
                    <th scope="col">{texts.admin_audit_before()}</th>
                    <th scope="col">{texts.admin_audit_after()}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

/// What an entry says, a line for each part of it.
fn readable(value: &Value) -> String {
    let Some(parts) = value.as_object() else {
        return in_words(value);
    };
    let lines = parts.iter().map(|(name, value)| {
        let value = match value {
            Value::Null => "–".to_owned(),
            value => in_words(value),
        };
        format!("{}: {value}", name.replace('_', " "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A value of an entry. A long one is behind its beginning.
fn value(value: Option<&Value>) -> Option<AnyView> {
    let text = readable(value?);
    let beginning = text.char_indices().nth(MAX_SHOWN);
    Some(match beginning {
        None => view! { <span class="audit-value" dir="auto">{text}</span> }.rendered(),
        Some((end, _)) => {
            let beginning = format!("{}…", &text[..end]);
            view! {
                <details class="audit-value">
                    <summary dir="auto">{beginning}</summary>
                    <span dir="auto">{text}</span>
                </details>
            }
            .rendered()
        }
    })
}
