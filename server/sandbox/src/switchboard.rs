//! `/_sandbox`: faults, the ledger and the clock, for tests and for people who try things out.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::faults::{FaultPlan, Faults};
use crate::ledger;
use crate::server::App;

/// `POST /_sandbox/faults`: begins a plan; `{}` clears it.
pub(crate) async fn set_faults(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let plan: FaultPlan = match read_json(&body) {
        Ok(plan) => plan,
        Err(problem) => return refuse(&problem),
    };
    if let Err(problem) = plan.check() {
        return refuse(&problem);
    }
    *app.faults() = Faults::begin(plan.clone());
    Json(plan).into_response()
}

/// `GET /_sandbox/faults`: the plan in force.
pub(crate) async fn faults(State(app): State<Arc<App>>) -> Json<FaultPlan> {
    Json(app.faults().plan().clone())
}

/// `GET /_sandbox/ledger`: what was really paid.
pub(crate) async fn ledger(State(app): State<Arc<App>>) -> Json<Value> {
    Json(ledger::json(&app.store()))
}

/// How far the clock moves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// Seconds.
    advance: u32,
}

/// `POST /_sandbox/clock` with `{"advance": seconds}`: answers the new time. Not kept over a restart.
pub(crate) async fn advance_clock(State(app): State<Arc<App>>, body: Bytes) -> Response {
    match read_json::<Advance>(&body) {
        Ok(Advance { advance }) => {
            app.clock.advance(advance);
            Json(json!({ "now": app.clock.now() })).into_response()
        }
        Err(problem) => refuse(&problem),
    }
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    // An object only: serde would take a list of the fields' values as well.
    let object: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())
}

fn refuse(problem: &str) -> Response {
    (
        StatusCode::BAD_REQUEST,
        Json(json!({ "error": { "type": "invalid_request_error", "message": problem } })),
    )
        .into_response()
}
