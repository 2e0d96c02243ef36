//! The HTML of the switchboard. It shows the same data as the JSON responses.

use std::fmt::Write;

use serde_json::Value;
use time::OffsetDateTime;

use super::ListPage;
use crate::faults::FaultPlan;
use crate::money::Currency;
use crate::page::Escaped;

/// The overview, `/_sandbox`.
pub(super) fn overview(
    sessions: &ListPage,
    events: &ListPage,
    deliveries: &ListPage,
    faults: &FaultPlan,
    now: i64,
    ahead: i64,
    notice: Option<&str>,
) -> String {
    let body = format!(
        "<h1>Switchboard</h1>{}\
         <section><h2 id=\"sessions\">Sessions</h2>{}{}</section>\
         <section><h2 id=\"events\">Events</h2>{}{}</section>\
         <section><h2 id=\"deliveries\">Deliveries</h2>{}{}</section>\
         <section><h2 id=\"faults\">Faults</h2>{}</section>\
         <section><h2 id=\"clock\">Clock</h2>{}</section>",
        notice_html(notice),
        session_table(sessions),
        link("/_sandbox/sessions", "All sessions"),
        event_table(events),
        link("/_sandbox/events", "All events"),
        attempt_table(deliveries, "deliveries"),
        link("/_sandbox/deliveries", "All deliveries"),
        fault_forms(faults),
        clock_form(now, ahead),
    );
    document("Switchboard", &body)
}

/// `/_sandbox/sessions`
pub(super) fn sessions(listed: &ListPage) -> String {
    let body = format!(
        "<h1 id=\"sessions\">Sessions</h1>{}{}",
        session_table(listed),
        older_link("/_sandbox/sessions", listed)
    );
    document("Sessions", &body)
}

/// `/_sandbox/events`
pub(super) fn events(listed: &ListPage) -> String {
    let body = format!(
        "<h1 id=\"events\">Events</h1>{}{}",
        event_table(listed),
        older_link("/_sandbox/events", listed)
    );
    document("Events", &body)
}

/// `/_sandbox/deliveries`
pub(super) fn deliveries(listed: &ListPage) -> String {
    let body = format!(
        "<h1 id=\"deliveries\">Deliveries</h1>{}{}",
        attempt_table(listed, "deliveries"),
        older_link("/_sandbox/deliveries", listed)
    );
    document("Deliveries", &body)
}

/// A session: its details, the available actions, and its objects as Stripe's API returns them.
pub(super) fn session(shown: &Value, notice: Option<&str>) -> String {
    let session = &shown["session"];
    let id = text(&session["id"]);
    let facts = [
        ("Status", text(&session["status"]).to_owned()),
        ("Payment", text(&session["payment_status"]).to_owned()),
        (
            "Total",
            money(&session["amount_total"], &session["currency"]),
        ),
        (
            "Refunded",
            money(&shown["charge"]["amount_refunded"], &session["currency"]),
        ),
        ("Dispute", text(&shown["dispute"]["status"]).to_owned()),
        (
            "Reference",
            text(&session["client_reference_id"]).to_owned(),
        ),
    ];
    let mut list = String::new();
    for (name, value) in facts {
        if !value.is_empty() {
            let _ = write!(
                list,
                "<div><dt>{name}</dt><dd>{}</dd></div>",
                Escaped(&value)
            );
        }
    }
    for (name, time) in [("Created", "created"), ("Expires", "expires_at")] {
        let _ = write!(
            list,
            "<div><dt>{name}</dt><dd>{}</dd></div>",
            json_time(&session[time])
        );
    }
    let page = match session["url"].as_str() {
        Some(url) => format!(
            "<p><a href=\"{}\">Open the payment page</a></p>",
            Escaped(url)
        ),
        None => String::new(),
    };
    let forms: String = shown["actions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|action| action_forms(id, text(action)))
        .collect();
    let forms = if forms.is_empty() {
        "<p>No actions are available.</p>".to_owned()
    } else {
        format!("<div class=\"actions\">{forms}</div>")
    };
    let objects: String = [
        ("Checkout Session", session),
        ("Payment intent", &shown["payment_intent"]),
        ("Charge", &shown["charge"]),
        ("Dispute", &shown["dispute"]),
    ]
    .into_iter()
    .chain(
        shown["refunds"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|refund| ("Refund", refund)),
    )
    .map(|(title, object)| object_json(title, object))
    .collect();
    let body = format!(
        "<h1>Session <code>{}</code></h1>{}<dl>{list}</dl>{page}\
         <section><h2>Actions</h2>{forms}</section>\
         <section><h2>Objects</h2>{objects}</section>",
        Escaped(id),
        notice_html(notice),
    );
    document("Session", &body)
}

/// An event: the state of its deliveries, the attempts, and its JSON.
pub(super) fn event(shown: &Value, notice: Option<&str>) -> String {
    let event = &shown["event"];
    let id = text(&event["id"]);
    let attempts = ListPage {
        rows: shown["attempts"].as_array().cloned().unwrap_or_default(),
        has_more: false,
    };
    let body = format!(
        "<h1>Event <code>{id}</code></h1>{}\
         <dl><div><dt>Type</dt><dd>{}</dd></div><div><dt>Created</dt><dd>{}</dd></div>\
         <div><dt>Delivery</dt><dd>{}</dd></div></dl>\
         <div class=\"actions\">{}</div>\
         <section><h2 id=\"attempts\">Attempts</h2>{}</section>\
         <section><h2>Object</h2>{}</section>",
        notice_html(notice),
        Escaped(text(&event["type"])),
        json_time(&event["created"]),
        Escaped(&delivery_states(&shown["deliveries"])),
        button_form(&format!("/_sandbox/events/{id}/resend"), "", "Resend"),
        attempt_table(&attempts, "attempts"),
        object_json("Event", event),
        id = Escaped(id),
    );
    document("Event", &body)
}

/// An error page.
pub(super) fn error(message: &str) -> String {
    let body = format!(
        "<h1>Request failed</h1><p>{}</p><p><a href=\"/_sandbox\">Back to the switchboard</a></p>",
        Escaped(message)
    );
    document("Request failed", &body)
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – Sandbox</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"/_sandbox/switchboard.css\"></head>\
         <body><header><p><strong>Sandbox</strong> — no real payment is taken</p></header>\
         <nav aria-label=\"Switchboard\"><ul><li><a href=\"/_sandbox\">Switchboard</a></li>\
         <li><a href=\"/_sandbox/sessions\">Sessions</a></li>\
         <li><a href=\"/_sandbox/events\">Events</a></li>\
         <li><a href=\"/_sandbox/deliveries\">Deliveries</a></li>\
         <li><a href=\"/_sandbox/ledger\">Ledger</a></li></ul></nav>\
         <main>{body}</main></body></html>\n",
        title = Escaped(title),
    )
}

fn notice_html(notice: Option<&str>) -> String {
    notice.map_or_else(String::new, |notice| {
        format!(
            "<p class=\"notice\" role=\"status\">{}</p>",
            Escaped(notice)
        )
    })
}

fn link(path: &str, label: &str) -> String {
    format!("<p><a href=\"{path}\">{label}</a></p>")
}

/// The link to the next page of a list.
fn older_link(path: &str, listed: &ListPage) -> String {
    match listed.rows.last() {
        Some(last) if listed.has_more => format!(
            "<p><a href=\"{path}?starting_after={}\">Older</a></p>",
            Escaped(text(&last["id"]))
        ),
        _ => String::new(),
    }
}

/// A table that scrolls sideways on narrow screens, also by keyboard. `heading` is the id of its
/// heading; `empty` is the text if there are no rows.
fn table(heading: &str, columns: &[&str], rows: &[String], empty: &str) -> String {
    if rows.is_empty() {
        return format!("<p>{empty}</p>");
    }
    let columns: String = columns
        .iter()
        .map(|column| format!("<th scope=\"col\">{column}</th>"))
        .collect();
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{heading}\"><table>\
         <thead><tr>{columns}</tr></thead><tbody>{}</tbody></table></div>",
        rows.concat()
    )
}

fn session_table(listed: &ListPage) -> String {
    let row = |session: &Value| {
        format!(
            "<tr><td>{}</td><th scope=\"row\"><a href=\"/_sandbox/sessions/{id}\">{short}</a></th>\
             <td>{}</td><td>{}</td><td class=\"amount\">{}</td><td>{}</td></tr>",
            json_time(&session["created"]),
            Escaped(text(&session["status"])),
            Escaped(text(&session["payment_status"])),
            Escaped(&money(&session["amount_total"], &session["currency"])),
            Escaped(text(&session["client_reference_id"])),
            id = Escaped(text(&session["id"])),
            short = Escaped(&shortened(text(&session["id"]))),
        )
    };
    let rows: Vec<String> = listed.rows.iter().map(row).collect();
    let columns = [
        "Created",
        "Session",
        "Status",
        "Payment",
        "Total",
        "Reference",
    ];
    table(
        "sessions",
        &columns,
        &rows,
        "No sessions yet. The shop creates one when a shopper pays.",
    )
}

fn event_table(listed: &ListPage) -> String {
    let row = |event: &Value| {
        format!(
            "<tr><td>{}</td>\
             <th scope=\"row\"><a href=\"/_sandbox/events/{id}\">{}</a></th>\
             <td>{}</td><td>{}</td><td>{}</td></tr>",
            json_time(&event["created"]),
            Escaped(text(&event["type"])),
            Escaped(&shortened(text(&event["object"]))),
            Escaped(&delivery_states(&event["deliveries"])),
            button_form(
                &format!("/_sandbox/events/{}/resend", text(&event["id"])),
                "",
                "Resend",
            ),
            id = Escaped(text(&event["id"])),
        )
    };
    let rows: Vec<String> = listed.rows.iter().map(row).collect();
    let columns = ["Created", "Type", "Object", "Delivery", "Action"];
    table("events", &columns, &rows, "No events yet.")
}

fn attempt_table(listed: &ListPage, heading: &str) -> String {
    let row = |attempt: &Value| {
        let response = match (attempt["status"].as_u64(), attempt["error"].as_str()) {
            (Some(status), _) => status.to_string(),
            (None, error) => error.unwrap_or_default().to_owned(),
        };
        format!(
            "<tr><td>{}</td>\
             <th scope=\"row\"><a href=\"/_sandbox/events/{}\">{}</a></th>\
             <td>{}</td><td>{}</td></tr>",
            time_html(attempt["at_ms"].as_i64().map(|ms| ms / 1000)),
            Escaped(text(&attempt["event"])),
            Escaped(text(&attempt["type"])),
            Escaped(&response),
            Escaped(text(&attempt["url"])),
        )
    };
    let rows: Vec<String> = listed.rows.iter().map(row).collect();
    let columns = ["Time", "Event", "Response", "Endpoint"];
    table(
        heading,
        &columns,
        &rows,
        "No delivery attempts since the sandbox started.",
    )
}

fn delivery_states(deliveries: &Value) -> String {
    let states: Vec<String> = deliveries
        .as_array()
        .into_iter()
        .flatten()
        .map(|delivery| {
            let attempts = delivery["attempts"].as_u64().unwrap_or_default();
            format!("{} ({attempts})", text(&delivery["state"]))
        })
        .collect();
    if states.is_empty() {
        "no endpoint".to_owned()
    } else {
        states.join(", ")
    }
}

/// The form of an action; an action that can succeed or fail has two buttons.
fn action_forms(session: &str, action: &str) -> String {
    let path = format!("/_sandbox/sessions/{session}/{action}");
    let success_or_failure = |success: &str, failure: &str| {
        let inputs = format!(
            "<button name=\"succeeds\" value=\"true\">{success}</button>\
             <button class=\"quiet\" name=\"succeeds\" value=\"false\">{failure}</button>"
        );
        form(&path, &inputs)
    };
    match action {
        "pay" => button_form(&path, "", "Pay by card"),
        "decline" => button_form(&path, "", "Try a declined card"),
        "pay_later" => {
            success_or_failure("Pay by SEPA (succeeds later)", "Pay by SEPA (fails later)")
        }
        "settle" => success_or_failure("Delayed payment succeeds", "Delayed payment fails"),
        "expire" => button_form(&path, "", "Expire"),
        "refund" => button_form(
            &path,
            "<label for=\"amount\">Amount in minor units (empty: all that is left)</label>\
             <input id=\"amount\" name=\"amount\" inputmode=\"numeric\" pattern=\"[0-9]*\">",
            "Refund",
        ),
        "dispute" => form(
            &path,
            "<button>Dispute</button>\
             <button class=\"quiet\" name=\"inquiry\" value=\"true\">Open an inquiry</button>",
        ),
        "win" => button_form(&path, "", "Win the dispute"),
        "lose" => button_form(&path, "", "Lose the dispute"),
        "close_inquiry" => button_form(&path, "", "Close the inquiry"),
        other => button_form(&path, "", &Escaped(other).to_string()),
    }
}

fn button_form(path: &str, inputs: &str, label: &str) -> String {
    form(path, &format!("{inputs}<button>{label}</button>"))
}

fn form(path: &str, inputs: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{}\">{inputs}</form>",
        Escaped(path)
    )
}

/// The forms that set and clear the faults.
fn fault_forms(plan: &FaultPlan) -> String {
    let mut inputs = number("seed", "Seed", &plan.seed.to_string(), "min=\"0\"");
    for (name, rate) in plan.rates() {
        inputs += &number(
            name,
            &format!("{} (0 to 1)", name.replace('_', " ")),
            &rate.to_string(),
            "min=\"0\" max=\"1\" step=\"any\"",
        );
    }
    for (name, label, [from, to]) in [
        ("delay_ms", "Delivery delay", plan.delay_ms),
        ("api_delay_ms", "API delay", plan.api_delay_ms),
    ] {
        let bounds = "min=\"0\" max=\"600000\"";
        inputs += &number(
            &format!("{name}_from"),
            &format!("{label}, minimum (ms)"),
            &from.to_string(),
            bounds,
        );
        inputs += &number(
            &format!("{name}_to"),
            &format!("{label}, maximum (ms)"),
            &to.to_string(),
            bounds,
        );
    }
    inputs += &number(
        "timestamp_skew",
        "Signature timestamp skew (s)",
        &plan.timestamp_skew.to_string(),
        "",
    );
    inputs += &number(
        "date_skew",
        "Response date skew (s)",
        &plan.date_skew.to_string(),
        "",
    );
    inputs += &input(
        "api_version",
        "API version of events",
        plan.api_version.as_deref().unwrap_or_default(),
        "",
    );
    let statuses: Vec<String> = plan
        .api_error_status
        .iter()
        .map(ToString::to_string)
        .collect();
    inputs += &input(
        "api_error_status",
        "API error statuses",
        &statuses.join(", "),
        "",
    );
    inputs += &should_retry(plan.should_retry);
    format!(
        "<form method=\"post\" action=\"/_sandbox/faults\"><div class=\"grid\">{inputs}</div>\
         <p><button>Set faults</button></p></form>{}",
        button_form("/_sandbox/faults", "", "Clear faults")
    )
}

fn should_retry(chosen: Option<Option<bool>>) -> String {
    let choices = [
        ("", "true for half of the errors", None),
        ("true", "true", Some(Some(true))),
        ("false", "false", Some(Some(false))),
        ("none", "omitted", Some(None)),
    ];
    let options: String = choices
        .iter()
        .map(|(value, label, choice)| {
            let selected = if *choice == chosen { " selected" } else { "" };
            format!("<option value=\"{value}\"{selected}>{label}</option>")
        })
        .collect();
    format!(
        "<div><label for=\"should_retry\">Stripe-Should-Retry</label>\
         <select id=\"should_retry\" name=\"should_retry\">{options}</select></div>"
    )
}

fn number(name: &str, label: &str, value: &str, attributes: &str) -> String {
    input(name, label, value, &format!("type=\"number\" {attributes}"))
}

fn input(name: &str, label: &str, value: &str, attributes: &str) -> String {
    format!(
        "<div><label for=\"{name}\">{label}</label>\
         <input id=\"{name}\" name=\"{name}\" value=\"{}\" {attributes}></div>",
        Escaped(value)
    )
}

fn clock_form(now: i64, ahead: i64) -> String {
    let offset = match ahead {
        0 => "same as the system clock".to_owned(),
        seconds => format!("{seconds} seconds ahead of the system clock"),
    };
    format!(
        "<p>{}, {offset}.</p><div class=\"actions\">{}{}</div>",
        time_html(Some(now)),
        form(
            "/_sandbox/clock",
            "<button name=\"advance\" value=\"60\">+1 minute</button>\
             <button name=\"advance\" value=\"3600\">+1 hour</button>\
             <button name=\"advance\" value=\"86400\">+1 day</button>",
        ),
        button_form(
            "/_sandbox/clock",
            &input(
                "advance",
                "Seconds",
                "",
                "type=\"number\" min=\"0\" required"
            ),
            "Move the clock forward",
        ),
    )
}

fn object_json(title: &str, object: &Value) -> String {
    if object.is_null() {
        return String::new();
    }
    let json = serde_json::to_string_pretty(object).unwrap_or_default();
    format!(
        "<details><summary>{title}</summary><pre tabindex=\"0\">{}</pre></details>",
        Escaped(&json)
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Shortens a long id for tables.
fn shortened(id: &str) -> String {
    match id.char_indices().nth(20) {
        Some((at, _)) => format!("{}…", &id[..at]),
        None => id.to_owned(),
    }
}

fn money(amount: &Value, currency: &Value) -> String {
    match (amount.as_i64(), Currency::parse(text(currency))) {
        (Some(amount), Some(currency)) => currency.display(amount),
        _ => String::new(),
    }
}

fn json_time(seconds: &Value) -> String {
    time_html(seconds.as_i64())
}

fn time_html(seconds: Option<i64>) -> String {
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or_else(String::new, |time| {
        format!(
            "<time datetime=\"{date}T{hour:02}:{minute:02}:{second:02}Z\">\
             {date} {hour:02}:{minute:02}:{second:02} UTC</time>",
            date = time.date(),
            hour = time.hour(),
            minute = time.minute(),
            second = time.second(),
        )
    })
}
