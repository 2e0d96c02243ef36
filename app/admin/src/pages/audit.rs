//! `/admin/audit`: who changed what.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use sea_orm::DbErr;
use serde_json::Value;
use shop::Shop;
use shop::audit::{self, Action, AuditPage as Rows, AuditRow, SubjectIds, SubjectKind};
use shop::settings_list::SettingGroup;
use strum::IntoEnumIterator;
use till_core::admin::{Right, Role};
use ui::language::texts;
use ui::when_read::when_read;
use url::form_urlencoded;

use crate::api::orders::page_of;
use crate::audit_query::AuditQuery;
use crate::audit_words::{action_name, kind_name, readable, setting_in_any_language, subject_name};
use crate::form::{Field, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::settings::path_of;
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
    page(Right::Audit, move |admin| {
        let (shop, role) = (expect_context::<Shop>(), admin.signed_in.role);
        when_read(move || {
            let (shop, query) = (shop.clone(), query.clone());
            async move {
                match read(&shop, &query, after).await {
                    Ok(found) => view! { <Entries query found role /> }.rendered(),
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
) -> Result<Found, DbErr> {
    let filter = query.filter(&shop.profile().time_zone);
    let rows = audit::list(&shop.database, &filter, after, PAGE_SIZE).await?;
    Ok(Found {
        actors: audit::actors(&shop.database).await?,
        ids: audit::subject_ids(&shop.database, &rows.rows).await?,
        rows,
    })
}

/// What the page shows.
struct Found {
    /// Everybody who is in the log.
    actors: Vec<String>,
    rows: Rows,
    ids: SubjectIds,
}

#[component]
fn Entries(query: AuditQuery, found: Found, role: Role) -> impl IntoView {
    let texts = texts();
    let Found { actors, rows, ids } = found;
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
        false => view! { <Table rows=rows.rows ids role /> }.rendered(),
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
    let actions = Action::iter().map(|action| (action.to_string(), action_name(action, texts)));
    let what: Vec<Choice> = std::iter::once(all(texts.admin_audit_anything()))
        .chain(actions)
        .collect();
    let kinds = SubjectKind::iter().map(|kind| (kind.to_string(), kind_name(kind, texts)));
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
fn Table(rows: Vec<AuditRow>, ids: SubjectIds, role: Role) -> impl IntoView {
    let texts = texts();
    let rows = rows.into_iter().map(|row| {
        let from_where = match row.address {
            Some(address) => address.into(),
            None => texts.admin_audit_command_line(),
        };
        let name = subject_name(row.kind, &row.subject, texts);
        let subject = match subject_page(row.kind, &row.subject, &ids, role) {
            Some(address) => view! { <a href=address dir="auto">{name}</a> }.rendered(),
            None => view! { <bdi>{name}</bdi> }.rendered(),
        };
        let said =
            |value: Option<&Value>| shown(value.map(|value| readable(value, row.kind, texts)));
        view! {
            <tr>
                <td data-label=texts.admin_audit_time()><Time at=row.at /></td>
                <td data-label=texts.admin_audit_who()>
                    <bdi>{row.actor}</bdi> <p class="hint">{from_where}</p>
                </td>
                <td data-label=texts.admin_audit_what()>
                    {action_name(row.action, texts)}
                    <p class="hint">{kind_name(row.kind, texts)} " " {subject}</p>
                </td>
                <td data-label=texts.admin_audit_before()>{said(row.before.as_ref())}</td>
                <td data-label=texts.admin_audit_after()>{said(row.after.as_ref())}</td>
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

/// The page of what an entry names, if there is one that the user may see.
fn subject_page(kind: SubjectKind, subject: &str, ids: &SubjectIds, role: Role) -> Option<String> {
    let product = |id: &i64| format!("/admin/products/{id}");
    match kind {
        SubjectKind::Order => Some(page_of(subject)),
        SubjectKind::Product => ids.products.get(subject).map(product),
        SubjectKind::Variant => {
            let stock = |id: &i64| format!("/admin/products/{id}/stock");
            ids.variants.get(subject).map(stock)
        }
        SubjectKind::Category => Some("/admin/categories".to_owned()),
        SubjectKind::Setting => {
            let in_language = || SettingGroup::of(setting_in_any_language(subject)?);
            SettingGroup::of(subject).or_else(in_language).map(path_of)
        }
        SubjectKind::Policy => {
            let (slug, language) = subject.strip_suffix(')')?.split_once(" (")?;
            Some(format!("/admin/settings/policies/{slug}/{language}"))
        }
        SubjectKind::Withdrawal => Some(format!("/admin/withdrawals/{subject}")),
        SubjectKind::User => {
            let id = ids.users.get(subject).filter(|_| role.may(Right::Users));
            id.map(|id| format!("/admin/users/{id}"))
        }
        // Their pages list only what has failed, and files are not kept.
        SubjectKind::Event | SubjectKind::Task | SubjectKind::ProductFile => None,
    }
}

/// What an entry says. A long text is behind its beginning.
fn shown(text: Option<String>) -> Option<AnyView> {
    let text = text?;
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
