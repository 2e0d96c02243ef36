//! Tables that users download.

use admin::access::Denied;
use admin::audit_query::AuditQuery;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use shop::admin::{Permission, SignedIn};
use shop::audit;
use shop::catalog::export::export;
use shop::orders::export::export_orders;
use till_core::admin::Right;
use url::form_urlencoded;

use super::redirect;
use crate::http::app_state::AppState;

/// The chosen orders.
pub(super) const ORDERS: &str = "/admin/orders/export";
/// All products, as a file that the import reads.
pub(super) const PRODUCTS: &str = "/admin/products/export";
/// A short product file, which shows how one is written.
pub(super) const SAMPLE: &str = "/admin/products/sample";
/// The audit log.
pub(super) const AUDIT: &str = "/admin/audit/export";

/// Answers with the chosen orders, to a user who may see orders.
pub(super) async fn orders(State(state): State<AppState>, request: Request) -> Response {
    if let Some(refusal) = refusal(&request, Right::Orders) {
        return refusal;
    }
    let orders = admin::chosen_orders(request.uri().query().unwrap_or_default());
    let shop = &state.shop;
    let zone = shop.profile().time_zone.clone();
    let mut table = Vec::new();
    let exported = export_orders(&shop.database, &orders, &zone, &mut table).await;
    respond("orders.csv", exported.map(|()| table))
}

/// Answers with all products, to a user who may change products.
pub(super) async fn products(State(state): State<AppState>, request: Request) -> Response {
    if let Some(refusal) = refusal(&request, Right::Products) {
        return refusal;
    }
    let mut table = Vec::new();
    let exported = export(&state.shop.database, &mut table).await;
    respond("products.csv", exported.map(|_| table))
}

/// Answers with a sample of a product file, to a user who may change products.
pub(super) async fn sample(request: Request) -> Response {
    match refusal(&request, Right::Products) {
        Some(refusal) => refusal,
        None => download("sample.csv", admin::assets::SAMPLE_PRODUCTS.into()),
    }
}

/// Answers with the filtered audit log, to a user who may read it.
pub(super) async fn audit_log(State(state): State<AppState>, request: Request) -> Response {
    if let Some(refusal) = refusal(&request, Right::Audit) {
        return refusal;
    }
    let query = request.uri().query().unwrap_or_default();
    let typed = AuditQuery::read(|name| {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned())
    });
    let shop = &state.shop;
    let zone = shop.profile().time_zone.clone();
    let mut table = Vec::new();
    let exported = audit::export(&shop.database, &typed.filter(&zone), &zone, &mut table).await;
    respond("audit.csv", exported.map(|()| table))
}

/// What a user gets who has not this right.
fn refusal(request: &Request, right: Right) -> Option<Response> {
    let user = request.extensions().get::<SignedIn>();
    let denied = match user.map(|user| user.may_now(right)) {
        Some(Permission::Granted) => return None,
        Some(Permission::AwaitsSecondFactor) => Denied::SecondFactorMissing,
        Some(Permission::NeedsProof) => Denied::ProofTooOld,
        Some(Permission::Denied) => Denied::Forbidden(right),
        None => Denied::SignedOut,
    };
    let here = request.uri().path_and_query();
    let here = here.map_or(admin::ROOT, |here| here.as_str());
    Some(match denied.remedy(here) {
        Some(remedy) => redirect(&remedy, &[]),
        None => StatusCode::FORBIDDEN.into_response(),
    })
}

fn respond<E: std::error::Error + 'static>(name: &str, exported: Result<Vec<u8>, E>) -> Response {
    let table = match exported {
        Ok(table) => table,
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "{name} could not be exported"
            );
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    download(name, table)
}

fn download(name: &str, table: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let mut response = ([(header::CONTENT_TYPE, kind)], table).into_response();
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
