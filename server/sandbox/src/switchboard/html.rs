//! The switchboard's markup. It shows the same rows that the JSON has.

use std::fmt::Write;

use serde_json::Value;
use time::OffsetDateTime;

use super::Listed;
use crate::faults::FaultPlan;
use crate::money::Currency;
use crate::page::Escaped;

/// The first page.
pub(super) fn overview(
    sessions: &Listed,
    events: &Listed,
    deliveries: &Listed,
    faults: &FaultPlan,
    now: i64,
    ahead: i64,
    done: Option<&str>,
) -> String {
    let body = format!(
        "<h1>Switchboard</h1>{}\
         <section><h2 id=\"sessions\">Sessions</h2>{}{}</section>\
         <section><h2 id=\"events\">Events</h2>{}{}</section>\
         <section><h2 id=\"deliveries\">Deliveries</h2>{}{}</section>\
         <section><h2 id=\"faults\">Faults</h2>{}</section>\
         <section><h2 id=\"clock\">Clock</h2>{}</section>",
        notice(done),
        session_table(sessions),
        all("/_sandbox/sessions", "All sessions"),
        event_table(events),
        all("/_sandbox/events", "All events"),
        attempt_table(deliveries, "deliveries"),
        all("/_sandbox/deliveries", "All deliveries"),
        fault_forms(faults),
        clock_form(now, ahead),
    );
    document("Switchboard", &body)
}

/// `/_sandbox/sessions`
pub(super) fn sessions(listed: &Listed) -> String {
    let body = format!(
        "<h1 id=\"sessions\">Sessions</h1>{}{}",
        session_table(listed),
        older("/_sandbox/sessions", listed)
    );
    document("Sessions", &body)
}

/// `/_sandbox/events`
pub(super) fn events(listed: &Listed) -> String {
    let body = format!(
        "<h1 id=\"events\">Events</h1>{}{}",
        event_table(listed),
        older("/_sandbox/events", listed)
    );
    document("Events", &body)
}

/// `/_sandbox/deliveries`
pub(super) fn deliveries(listed: &Listed) -> String {
    let body = format!(
        "<h1 id=\"deliveries\">Deliveries</h1>{}{}",
        attempt_table(listed, "deliveries"),
        older("/_sandbox/deliveries", listed)
    );
    document("Deliveries", &body)
}

/// One session: what it is, what can be done to it, and all that Stripe's API would answer.
pub(super) fn session(shown: &Value, done: Option<&str>) -> String {
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
            moment(&session[time])
        );
    }
    let page = match session["url"].as_str() {
        Some(url) => format!("<p><a href=\"{}\">Its payment page</a></p>", Escaped(url)),
        None => String::new(),
    };
    let forms: String = shown["actions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|action| action_forms(id, text(action)))
        .collect();
    let forms = if forms.is_empty() {
        "<p>Nothing can be done to it any more.</p>".to_owned()
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
        notice(done),
    );
    document("Session", &body)
}

/// One event: where its deliveries stand, the attempts, and its JSON.
pub(super) fn event(shown: &Value, done: Option<&str>) -> String {
    let event = &shown["event"];
    let id = text(&event["id"]);
    let attempts = Listed {
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
        notice(done),
        Escaped(text(&event["type"])),
        moment(&event["created"]),
        Escaped(&delivery_states(&shown["deliveries"])),
        button_form(
            &format!("/_sandbox/events/{id}/resend"),
            "",
            "Send once more"
        ),
        attempt_table(&attempts, "attempts"),
        object_json("Event", event),
        id = Escaped(id),
    );
    document("Event", &body)
}

/// Why something was not done.
pub(super) fn refused(message: &str) -> String {
    let body = format!(
        "<h1>That did not work</h1><p>{}</p><p><a href=\"/_sandbox\">To the switchboard</a></p>",
        Escaped(message)
    );
    document("That did not work", &body)
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – Sandbox</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"/_sandbox/switchboard.css\"></head>\
         <body><header><p><strong>Sandbox</strong> — no real payment is taken</p></header>\
         <nav aria-label=\"Switchboard\"><ul><li><a href=\"/_sandbox\">Switchboard</a></li>\
         <li><a href=\"/_sandbox/sessions\">Sessions</a></li><li><a href=\"/_sandbox/events\">Events</a></li>\
         <li><a href=\"/_sandbox/deliveries\">Deliveries</a></li><li><a href=\"/_sandbox/ledger\">Ledger</a></li></ul></nav>\
         <main>{body}</main></body></html>\n",
        title = Escaped(title),
    )
}

fn notice(done: Option<&str>) -> String {
    done.map_or_else(String::new, |done| {
        format!("<p class=\"notice\" role=\"status\">{}</p>", Escaped(done))
    })
}

fn all(path: &str, label: &str) -> String {
    format!("<p><a href=\"{path}\">{label}</a></p>")
}

/// The way to the next rows of a list.
fn older(path: &str, listed: &Listed) -> String {
    match listed.rows.last() {
        Some(last) if listed.has_more => format!(
            "<p><a href=\"{path}?starting_after={}\">Older ones</a></p>",
            Escaped(text(&last["id"]))
        ),
        _ => String::new(),
    }
}

/// A table that scrolls sideways on a narrow screen, by keyboard as well. `heading` is the id of what names it.
fn table(heading: &str, columns: &[&str], rows: &[String], nothing: &str) -> String {
    if rows.is_empty() {
        return format!("<p>{nothing}</p>");
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

fn session_table(listed: &Listed) -> String {
    let row = |session: &Value| {
        format!(
            "<tr><td>{}</td><th scope=\"row\"><a href=\"/_sandbox/sessions/{id}\">{short}</a></th>\
             <td>{}</td><td>{}</td><td class=\"amount\">{}</td><td>{}</td></tr>",
            moment(&session["created"]),
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
        "There is no session. The shop makes one when somebody buys.",
    )
}

fn event_table(listed: &Listed) -> String {
    let row = |event: &Value| {
        format!(
            "<tr><td>{}</td><th scope=\"row\"><a href=\"/_sandbox/events/{id}\">{}</a></th><td>{}</td><td>{}</td>\
             <td>{}</td></tr>",
            moment(&event["created"]),
            Escaped(text(&event["type"])),
            Escaped(&shortened(text(&event["object"]))),
            Escaped(&delivery_states(&event["deliveries"])),
            button_form(
                &format!("/_sandbox/events/{}/resend", text(&event["id"])),
                "",
                "Send once more",
            ),
            id = Escaped(text(&event["id"])),
        )
    };
    let rows: Vec<String> = listed.rows.iter().map(row).collect();
    let columns = ["Created", "Type", "Object", "Delivery", "By hand"];
    table("events", &columns, &rows, "Nothing has happened yet.")
}

fn attempt_table(listed: &Listed, heading: &str) -> String {
    let row = |attempt: &Value| {
        let answer = match (attempt["status"].as_u64(), attempt["error"].as_str()) {
            (Some(status), _) => status.to_string(),
            (None, error) => error.unwrap_or_default().to_owned(),
        };
        format!(
            "<tr><td>{}</td><th scope=\"row\"><a href=\"/_sandbox/events/{}\">{}</a></th><td>{}</td><td>{}</td></tr>",
            time_of(attempt["at_ms"].as_i64().map(|ms| ms / 1000)),
            Escaped(text(&attempt["event"])),
            Escaped(text(&attempt["type"])),
            Escaped(&answer),
            Escaped(text(&attempt["url"])),
        )
    };
    let rows: Vec<String> = listed.rows.iter().map(row).collect();
    let columns = ["Ended", "Event", "Answer", "Endpoint"];
    table(
        heading,
        &columns,
        &rows,
        "No delivery was attempted since the sandbox started.",
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

/// The forms of one action; one that may end well or badly has two buttons.
fn action_forms(session: &str, action: &str) -> String {
    let path = format!("/_sandbox/sessions/{session}/{action}");
    let either = |good: &str, bad: &str| {
        let inputs = format!(
            "<button name=\"succeeds\" value=\"true\">{good}</button>\
             <button class=\"quiet\" name=\"succeeds\" value=\"false\">{bad}</button>"
        );
        form(&path, &inputs)
    };
    match action {
        "pay" => button_form(&path, "", "Pay by card"),
        "decline" => button_form(&path, "", "Try a declined card"),
        "pay_later" => either("Pay by SEPA, succeeds later", "Pay by SEPA, fails later"),
        "settle" => either("The bank pays now", "The bank refuses now"),
        "expire" => button_form(&path, "", "Expire"),
        "refund" => button_form(
            &path,
            "<label for=\"amount\">Amount in minor units, empty for all that is left</label>\
             <input id=\"amount\" name=\"amount\" inputmode=\"numeric\" pattern=\"[0-9]*\">",
            "Refund",
        ),
        "dispute" => form(
            &path,
            "<button>Dispute</button><button class=\"quiet\" name=\"inquiry\" value=\"true\">Inquire</button>",
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

/// Fields without a value are left at nothing.
fn fault_forms(plan: &FaultPlan) -> String {
    let mut inputs = number("seed", "Seed", &plan.seed.to_string(), "min=\"0\"");
    for (name, rate) in plan.rates() {
        inputs += &number(
            name,
            &format!("{}, 0 to 1", name.replace('_', " ")),
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
            &format!("{label} from, ms"),
            &from.to_string(),
            bounds,
        );
        inputs += &number(
            &format!("{name}_to"),
            &format!("{label} to, ms"),
            &to.to_string(),
            bounds,
        );
    }
    inputs += &number(
        "timestamp_skew",
        "Signature's time off by, s",
        &plan.timestamp_skew.to_string(),
        "",
    );
    inputs += &number(
        "date_skew",
        "Answer's date off by, s",
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
        "Statuses of API errors",
        &statuses.join(", "),
        "",
    );
    inputs += &should_retry(plan.should_retry);
    format!(
        "<form method=\"post\" action=\"/_sandbox/faults\"><div class=\"grid\">{inputs}</div>\
         <p><button>Set the faults</button></p></form>{}",
        button_form("/_sandbox/faults", "", "Clear the faults")
    )
}

fn should_retry(chosen: Option<Option<bool>>) -> String {
    let choices = [
        ("", "on half of the errors", None),
        ("true", "true", Some(Some(true))),
        ("false", "false", Some(Some(false))),
        ("none", "left out", Some(None)),
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
    let moved = match ahead {
        0 => "as the system's clock".to_owned(),
        seconds => format!("{seconds} seconds ahead of the system's clock"),
    };
    format!(
        "<p>{}, {moved}.</p><div class=\"actions\">{}{}</div>",
        time_of(Some(now)),
        form(
            "/_sandbox/clock",
            "<button name=\"advance\" value=\"60\">A minute on</button>\
             <button name=\"advance\" value=\"3600\">An hour on</button>\
             <button name=\"advance\" value=\"86400\">A day on</button>",
        ),
        button_form(
            "/_sandbox/clock",
            &input(
                "advance",
                "Seconds",
                "",
                "type=\"number\" min=\"0\" required"
            ),
            "Move the clock on",
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

/// A long id as a table shows it.
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

fn moment(seconds: &Value) -> String {
    time_of(seconds.as_i64())
}

fn time_of(seconds: Option<i64>) -> String {
    let time = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or_else(String::new, |time| {
        format!(
            "<time datetime=\"{date}T{hour:02}:{minute:02}:{second:02}Z\">{date} {hour:02}:{minute:02}:{second:02} UTC</time>",
            date = time.date(),
            hour = time.hour(),
            minute = time.minute(),
            second = time.second(),
        )
    })
}
