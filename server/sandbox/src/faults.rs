//! Faults on purpose, drawn from a seed: the same seed and the same requests meet the same faults.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// What `api_error` may answer.
const ERROR_STATUSES: [u16; 3] = [409, 429, 500];
/// A day, in seconds.
const GREATEST_SKEW: u64 = 24 * 60 * 60;

/// What goes wrong, and how often (0 never, 1 always). Everything is optional; `{}` clears.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FaultPlan {
    /// Where the draws begin.
    pub(crate) seed: u64,
    /// An event is delivered a second time.
    pub(crate) duplicate: f64,
    /// An event is held back so that later ones overtake it.
    pub(crate) reorder: f64,
    /// An event is never attempted; it stays in `/v1/events`.
    pub(crate) drop: f64,
    /// Every delivery waits this long, from and to in milliseconds.
    pub(crate) delay_ms: [u64; 2],
    /// An event of a type that nobody knows follows an event.
    pub(crate) unknown_event: f64,
    /// Every event names this API version.
    pub(crate) api_version: Option<String>,
    /// Every signature is this many seconds off, to the past when negative.
    pub(crate) timestamp_skew: i64,
    /// The `Date` of every answer is this many seconds off, to the past when negative.
    pub(crate) date_skew: i64,
    /// The payment page sends the shopper back without waiting for the answer to `checkout.session.completed`.
    pub(crate) redirect_first: f64,
    /// Objects in events and in answers carry fields and enum values that are not documented.
    pub(crate) extra_fields: f64,
    /// A call under `/v1/` is answered with an error and not executed.
    pub(crate) api_error: f64,
    /// The statuses that `api_error` draws from.
    pub(crate) api_error_status: Vec<u16>,
    /// What `Stripe-Should-Retry` says beside an `api_error`; `null` leaves it out. When not given, half of the errors say `true`.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub(crate) should_retry: Option<Option<bool>>,
    /// A `POST` under `/v1/` fails with 500 while it executes: nothing has changed, and its key keeps the 500.
    pub(crate) error_kept: f64,
    /// A call under `/v1/` is executed, and its connection cut without an answer.
    pub(crate) lose_answer: f64,
    /// A call under `/v1/` is not executed and never answered.
    pub(crate) hang: f64,
    /// A call under `/v1/` is not executed; a proxy's 502 page comes back.
    pub(crate) bad_gateway: f64,
    /// Every call under `/v1/` takes this long, from and to in milliseconds.
    pub(crate) api_delay_ms: [u64; 2],
}

impl Default for FaultPlan {
    /// Nothing goes wrong.
    fn default() -> FaultPlan {
        FaultPlan {
            seed: 0,
            duplicate: 0.0,
            reorder: 0.0,
            drop: 0.0,
            delay_ms: [0, 0],
            unknown_event: 0.0,
            api_version: None,
            timestamp_skew: 0,
            date_skew: 0,
            redirect_first: 0.0,
            extra_fields: 0.0,
            api_error: 0.0,
            api_error_status: ERROR_STATUSES.to_vec(),
            should_retry: None,
            error_kept: 0.0,
            lose_answer: 0.0,
            hang: 0.0,
            bad_gateway: 0.0,
            api_delay_ms: [0, 0],
        }
    }
}

/// `null` is a value of its own here, not an absent one.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<bool>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl FaultPlan {
    /// The rates by name.
    pub(crate) fn rates(&self) -> [(&'static str, f64); 11] {
        [
            ("duplicate", self.duplicate),
            ("reorder", self.reorder),
            ("drop", self.drop),
            ("unknown_event", self.unknown_event),
            ("redirect_first", self.redirect_first),
            ("extra_fields", self.extra_fields),
            ("api_error", self.api_error),
            ("error_kept", self.error_kept),
            ("lose_answer", self.lose_answer),
            ("hang", self.hang),
            ("bad_gateway", self.bad_gateway),
        ]
    }

    /// Says what is wrong with the plan.
    pub(crate) fn check(&self) -> Result<(), String> {
        let rates = self.rates();
        if let Some((name, _)) = rates.iter().find(|(_, rate)| !(0.0..=1.0).contains(rate)) {
            return Err(format!("{name} must be between 0 and 1"));
        }
        for (name, [from, to]) in [
            ("delay_ms", self.delay_ms),
            ("api_delay_ms", self.api_delay_ms),
        ] {
            if from > to || to > 600_000 {
                return Err(format!("{name} must be [from, to], at most 600000"));
            }
        }
        let statuses = &self.api_error_status;
        if statuses.is_empty()
            || statuses
                .iter()
                .any(|status| !ERROR_STATUSES.contains(status))
        {
            return Err("api_error_status must name some of 409, 429 and 500".to_owned());
        }
        let shown = |version: &String| {
            (1..=40).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !self.api_version.as_ref().is_none_or(shown) {
            return Err("api_version must be a text such as 2020-08-27".to_owned());
        }
        for (name, skew) in [
            ("timestamp_skew", self.timestamp_skew),
            ("date_skew", self.date_skew),
        ] {
            if skew.unsigned_abs() > GREATEST_SKEW {
                return Err(format!(
                    "{name} must be between -{GREATEST_SKEW} and {GREATEST_SKEW} seconds"
                ));
            }
        }
        Ok(())
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallFaults {
    pub(crate) delay: Duration,
    /// Met instead of executing.
    pub(crate) instead: Option<CallFault>,
    /// It begins to execute and fails.
    pub(crate) fails_midway: bool,
    pub(crate) lose_answer: bool,
    pub(crate) extra_fields: bool,
}

/// What a call meets instead of being executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallFault {
    /// An answer in Stripe's shape; and what `Stripe-Should-Retry` says, if anything.
    Error(StatusCode, Option<bool>),
    /// A page of HTML that a proxy would send.
    BadGateway,
    /// No answer, ever.
    Hang,
}

/// What happens to the delivery of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeliveryFaults {
    pub(crate) drop: bool,
    pub(crate) delay: Duration,
    /// When the same event is sent once more.
    pub(crate) duplicate_after: Option<Duration>,
}

/// What happens to an event when it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventFaults {
    pub(crate) api_version: Option<String>,
    pub(crate) extra_fields: bool,
    /// An event of an unknown type comes after it.
    pub(crate) unknown_follows: bool,
}

/// The plan and its streams of draws: calls do not disturb deliveries, nor these the events.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: FaultPlan,
    calls: Draws,
    deliveries: Draws,
    events: Draws,
    redirects: Draws,
}

impl Faults {
    /// Begins a plan from its seed.
    pub(crate) fn begin(plan: FaultPlan) -> Faults {
        let seed = plan.seed;
        Faults {
            plan,
            calls: Draws(seed),
            deliveries: Draws(seed ^ 0x5DEE_CE66_D1CE_4E5B),
            events: Draws(seed ^ 0x2545_F491_4F6C_DD1D),
            redirects: Draws(seed ^ 0x9FB2_1C65_1E98_DF25),
        }
    }

    pub(crate) fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Draws for one call. The number of draws is always the same, so that one fault's rate does not move another's.
    pub(crate) fn draw_call(&mut self) -> CallFaults {
        let (plan, draws) = (&self.plan, &mut self.calls);
        let delay = draws.duration(plan.api_delay_ms);
        let fails = draws.happens(plan.api_error);
        let status = draws.one_of(&plan.api_error_status);
        let half = (draws.below(2) == 0).then_some(true);
        let lose_answer = draws.happens(plan.lose_answer);
        let hangs = draws.happens(plan.hang);
        let bad_gateway = draws.happens(plan.bad_gateway);
        let extra_fields = draws.happens(plan.extra_fields);
        let fails_midway = draws.happens(plan.error_kept);
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let error = CallFault::Error(
            status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            plan.should_retry.unwrap_or(half),
        );
        let instead = [
            (hangs, CallFault::Hang),
            (bad_gateway, CallFault::BadGateway),
            (fails, error),
        ];
        CallFaults {
            delay,
            instead: instead
                .into_iter()
                .find_map(|(happens, fault)| happens.then_some(fault)),
            fails_midway,
            lose_answer,
            extra_fields,
        }
    }

    /// Draws for the delivery of one event.
    pub(crate) fn draw_delivery(&mut self) -> DeliveryFaults {
        let draws = &mut self.deliveries;
        let delay = draws.duration(self.plan.delay_ms);
        let held_back = draws.happens(self.plan.reorder);
        let hold = draws.duration([100, 1000]);
        let twice = draws.happens(self.plan.duplicate);
        let later = draws.duration([0, 500]);
        let drop = draws.happens(self.plan.drop);
        let delay = if held_back { delay + hold } else { delay };
        DeliveryFaults {
            drop,
            delay,
            duplicate_after: twice.then_some(delay + later),
        }
    }

    /// Draws for one event that is being made.
    pub(crate) fn draw_event(&mut self) -> EventFaults {
        EventFaults {
            api_version: self.plan.api_version.clone(),
            extra_fields: self.events.happens(self.plan.extra_fields),
            unknown_follows: self.events.happens(self.plan.unknown_event),
        }
    }

    /// Draws whether the payment page goes on without waiting.
    pub(crate) fn draw_redirect(&mut self) -> bool {
        self.redirects.happens(self.plan.redirect_first)
    }
}

/// Adds what no documentation knows to every object of Stripe's in `value`: fields, and values of enums.
pub(crate) fn add_extra_fields(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_extra_fields),
        Value::Object(fields) => {
            fields.values_mut().for_each(add_extra_fields);
            // Words that decide nothing about money, so that the shop may meet new ones and still know what was paid.
            for name in [
                "customer_creation",
                "risk_level",
                "funding",
                "billing_scheme",
            ] {
                if fields.get(name).is_some_and(Value::is_string) {
                    fields.insert(name.to_owned(), json!("sandbox_unheard_of"));
                }
            }
            if let Some(Value::Array(types)) = fields.get_mut("payment_method_types") {
                types.push(json!("sandbox_unheard_of"));
            }
            if fields.contains_key("object") {
                let extra = json!({ "of_a_kind": "unheard_of", "list": [1, "two", null, {}] });
                fields.insert("sandbox_extra".to_owned(), extra);
            }
        }
        _ => {}
    }
}

/// `SplitMix64`: small, and the same everywhere.
#[derive(Debug, Default)]
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let count = u64::try_from(choices.len())
            .ok()
            .filter(|count| *count > 0)?;
        let at = usize::try_from(self.below(count)).ok()?;
        choices.get(at).copied()
    }

    #[expect(clippy::float_arithmetic, reason = "a rate is no money")]
    fn happens(&mut self, rate: f64) -> bool {
        let draw = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(draw) < rate * 4_294_967_296.0
    }

    fn duration(&mut self, [from, to]: [u64; 2]) -> Duration {
        Duration::from_millis(from + self.below(to - from + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> FaultPlan {
        FaultPlan {
            seed: 7,
            duplicate: 0.3,
            drop: 0.1,
            api_error: 0.5,
            hang: 0.1,
            bad_gateway: 0.1,
            unknown_event: 0.5,
            extra_fields: 0.5,
            redirect_first: 0.5,
            delay_ms: [0, 50],
            ..FaultPlan::default()
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let (mut one, mut other) = (Faults::begin(plan()), Faults::begin(plan()));
        for _ in 0..100 {
            assert_eq!(one.draw_call(), other.draw_call());
            assert_eq!(one.draw_delivery(), other.draw_delivery());
            assert_eq!(one.draw_event(), other.draw_event());
            assert_eq!(one.draw_redirect(), other.draw_redirect());
        }
    }

    #[test]
    fn calls_do_not_change_what_happens_to_deliveries() {
        let (mut one, mut other) = (Faults::begin(plan()), Faults::begin(plan()));
        for _ in 0..50 {
            one.draw_call();
        }
        assert_eq!(one.draw_delivery(), other.draw_delivery());
    }

    #[test]
    fn a_held_back_event_is_overtaken_and_every_delivery_waits_as_long_as_it_is_told() {
        let mut faults = Faults::begin(FaultPlan {
            reorder: 0.5,
            delay_ms: [20, 50],
            ..FaultPlan::default()
        });
        let delays: Vec<u128> = (0..200)
            .map(|_| faults.draw_delivery().delay.as_millis())
            .collect();
        let (held, others): (Vec<u128>, Vec<u128>) = delays.iter().partition(|delay| **delay > 50);
        assert!(held.iter().all(|delay| (120..=1050).contains(delay)));
        assert!(others.iter().all(|delay| *delay >= 20));
        let overtaken = delays.windows(2).filter(|pair| pair[0] > pair[1] + 50);
        assert!(overtaken.count() > 20);
    }

    #[test]
    fn rates_are_kept_and_no_plan_means_no_fault() {
        let mut faults = Faults::begin(plan());
        let errors = (0..1000)
            .filter(|_| matches!(faults.draw_call().instead, Some(CallFault::Error(..))))
            .count();
        // Half of what neither hangs nor meets the proxy.
        assert!((320..500).contains(&errors), "{errors}");
        let mut none = Faults::default();
        assert!((0..1000).all(|_| none.draw_call()
            == CallFaults {
                delay: Duration::ZERO,
                instead: None,
                fails_midway: false,
                lose_answer: false,
                extra_fields: false
            }));
        let mut always = Faults::begin(FaultPlan {
            drop: 1.0,
            ..FaultPlan::default()
        });
        assert!((0..1000).all(|_| always.draw_delivery().drop));
    }

    #[test]
    fn a_plan_out_of_bounds_is_refused() {
        let sane = FaultPlan::default();
        let bad = [
            FaultPlan {
                drop: 1.5,
                ..sane.clone()
            },
            FaultPlan {
                hang: f64::NAN,
                ..sane.clone()
            },
            FaultPlan {
                delay_ms: [5, 1],
                ..sane.clone()
            },
            FaultPlan {
                api_error_status: vec![],
                ..sane.clone()
            },
            FaultPlan {
                api_error_status: vec![200],
                ..sane.clone()
            },
            FaultPlan {
                api_version: Some(String::new()),
                ..sane.clone()
            },
            FaultPlan {
                timestamp_skew: i64::MIN,
                ..sane.clone()
            },
        ];
        for plan in bad {
            assert!(plan.check().is_err(), "{plan:?}");
        }
        assert!(sane.check().is_ok() && plan().check().is_ok());
    }
}
