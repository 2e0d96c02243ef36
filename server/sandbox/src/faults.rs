//! Fault injection, drawn from a seeded generator: the same seed and the same requests give the
//! same faults.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// The statuses that `api_error` may return.
const ERROR_STATUSES: [u16; 3] = [409, 429, 500];
/// The largest clock skew: a day, in seconds.
const MAX_SKEW: u64 = 24 * 60 * 60;

/// Which faults occur, and how often (0 never, 1 always). All fields are optional; `{}` clears the
/// plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FaultPlan {
    /// The seed of the random generators.
    pub(crate) seed: u64,
    /// An event is delivered twice.
    pub(crate) duplicate: f64,
    /// An event is delayed, so that later events overtake it.
    pub(crate) reorder: f64,
    /// An event is never delivered; it can still be fetched from `/v1/events`.
    pub(crate) drop: f64,
    /// Every delivery is delayed by this time: minimum and maximum in milliseconds.
    pub(crate) delay_ms: [u64; 2],
    /// An event is followed by an event of an unknown type.
    pub(crate) unknown_event: f64,
    /// The API version of every event.
    pub(crate) api_version: Option<String>,
    /// The timestamp of every signature is off by this many seconds; negative is in the past.
    pub(crate) timestamp_skew: i64,
    /// The `Date` of every response is off by this many seconds; negative is in the past.
    pub(crate) date_skew: i64,
    /// The payment page redirects the shopper without waiting for the response to
    /// `checkout.session.completed`.
    pub(crate) redirect_first: f64,
    /// Objects in events and responses have undocumented fields and enum values.
    pub(crate) extra_fields: f64,
    /// A request below `/v1/` fails with an error and is not executed.
    pub(crate) api_error: f64,
    /// The statuses that `api_error` picks from.
    pub(crate) api_error_status: Vec<u16>,
    /// The header `Stripe-Should-Retry` of an `api_error`; `null` omits it. If unset, half of the
    /// errors have `true` and the others omit it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    pub(crate) should_retry: Option<Option<bool>>,
    /// A `POST` below `/v1/` fails with 500 during execution: nothing has changed, and the 500 is
    /// stored for its idempotency key.
    pub(crate) error_kept: f64,
    /// A request below `/v1/` is executed, but its connection is closed without a response.
    pub(crate) lose_answer: f64,
    /// A request below `/v1/` is not executed and never gets a response.
    pub(crate) hang: f64,
    /// A request below `/v1/` is not executed and gets the 502 page of a proxy.
    pub(crate) bad_gateway: f64,
    /// Every request below `/v1/` is delayed by this time: minimum and maximum in milliseconds.
    pub(crate) api_delay_ms: [u64; 2],
}

impl Default for FaultPlan {
    /// A plan without faults.
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

/// Reads `null` as `Some(None)`, in contrast to an absent field.
fn nullable<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<bool>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl FaultPlan {
    /// The rates and their names.
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

    /// Validates the plan; the error says what is wrong.
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
            return Err("api_version must be a string such as 2020-08-27".to_owned());
        }
        for (name, skew) in [
            ("timestamp_skew", self.timestamp_skew),
            ("date_skew", self.date_skew),
        ] {
            if skew.unsigned_abs() > MAX_SKEW {
                return Err(format!(
                    "{name} must be between -{MAX_SKEW} and {MAX_SKEW} seconds"
                ));
            }
        }
        Ok(())
    }
}

/// The faults of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallFaults {
    pub(crate) delay: Duration,
    /// Happens instead of executing the request.
    pub(crate) instead: Option<CallFault>,
    /// The request fails during execution.
    pub(crate) fails_midway: bool,
    pub(crate) lose_answer: bool,
    pub(crate) extra_fields: bool,
}

/// What happens instead of executing a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallFault {
    /// An error in Stripe's format, with the value of `Stripe-Should-Retry`, if any.
    Error(StatusCode, Option<bool>),
    /// An HTML page as a proxy would send it.
    BadGateway,
    /// There is never a response.
    Hang,
}

/// The faults of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeliveryFaults {
    pub(crate) drop: bool,
    pub(crate) delay: Duration,
    /// After which time the event is sent a second time.
    pub(crate) duplicate_after: Option<Duration>,
}

/// The faults of a new event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventFaults {
    pub(crate) api_version: Option<String>,
    pub(crate) extra_fields: bool,
    /// An event of an unknown type follows it.
    pub(crate) unknown_follows: bool,
}

/// The plan, with one random generator for each kind of fault, so that they do not influence each
/// other.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: FaultPlan,
    calls: Rng,
    deliveries: Rng,
    events: Rng,
    redirects: Rng,
}

impl Faults {
    /// Starts a plan, with its generators seeded.
    pub(crate) fn from_plan(plan: FaultPlan) -> Faults {
        let seed = plan.seed;
        Faults {
            plan,
            calls: Rng(seed),
            deliveries: Rng(seed ^ 0x5DEE_CE66_D1CE_4E5B),
            events: Rng(seed ^ 0x2545_F491_4F6C_DD1D),
            redirects: Rng(seed ^ 0x9FB2_1C65_1E98_DF25),
        }
    }

    pub(crate) fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Draws the faults of one request. The number of draws is constant, so that the rate of one
    /// fault does not influence another.
    pub(crate) fn draw_call(&mut self) -> CallFaults {
        let (plan, rng) = (&self.plan, &mut self.calls);
        let delay = rng.duration(plan.api_delay_ms);
        let fails = rng.happens(plan.api_error);
        let status = rng.one_of(&plan.api_error_status);
        let half = (rng.below(2) == 0).then_some(true);
        let lose_answer = rng.happens(plan.lose_answer);
        let hangs = rng.happens(plan.hang);
        let bad_gateway = rng.happens(plan.bad_gateway);
        let extra_fields = rng.happens(plan.extra_fields);
        let fails_midway = rng.happens(plan.error_kept);
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

    /// Draws the faults of one delivery.
    pub(crate) fn draw_delivery(&mut self) -> DeliveryFaults {
        let rng = &mut self.deliveries;
        let delay = rng.duration(self.plan.delay_ms);
        let held_back = rng.happens(self.plan.reorder);
        let hold = rng.duration([100, 1000]);
        let twice = rng.happens(self.plan.duplicate);
        let later = rng.duration([0, 500]);
        let drop = rng.happens(self.plan.drop);
        let delay = if held_back { delay + hold } else { delay };
        DeliveryFaults {
            drop,
            delay,
            duplicate_after: twice.then_some(delay + later),
        }
    }

    /// Draws the faults of a new event.
    pub(crate) fn draw_event(&mut self) -> EventFaults {
        EventFaults {
            api_version: self.plan.api_version.clone(),
            extra_fields: self.events.happens(self.plan.extra_fields),
            unknown_follows: self.events.happens(self.plan.unknown_event),
        }
    }

    /// Draws whether the payment page redirects the shopper without waiting.
    pub(crate) fn draw_redirect(&mut self) -> bool {
        self.redirects.happens(self.plan.redirect_first)
    }
}

/// Adds undocumented fields and enum values to every Stripe object in `value`.
pub(crate) fn add_extra_fields(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_extra_fields),
        Value::Object(fields) => {
            fields.values_mut().for_each(add_extra_fields);
            // Only fields that do not affect money: the shop can still tell what was paid.
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

/// A `SplitMix64` generator: small, and the same on every platform.
#[derive(Debug, Default)]
struct Rng(u64);

impl Rng {
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

    #[expect(clippy::float_arithmetic, reason = "a rate is not an amount of money")]
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
        let (mut one, mut other) = (Faults::from_plan(plan()), Faults::from_plan(plan()));
        for _ in 0..100 {
            assert_eq!(one.draw_call(), other.draw_call());
            assert_eq!(one.draw_delivery(), other.draw_delivery());
            assert_eq!(one.draw_event(), other.draw_event());
            assert_eq!(one.draw_redirect(), other.draw_redirect());
        }
    }

    #[test]
    fn calls_do_not_change_what_happens_to_deliveries() {
        let (mut one, mut other) = (Faults::from_plan(plan()), Faults::from_plan(plan()));
        for _ in 0..50 {
            one.draw_call();
        }
        assert_eq!(one.draw_delivery(), other.draw_delivery());
    }

    #[test]
    fn a_held_back_event_is_overtaken_and_every_delivery_is_delayed() {
        let mut faults = Faults::from_plan(FaultPlan {
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
    fn faults_occur_at_their_rates_and_never_without_a_plan() {
        let mut faults = Faults::from_plan(plan());
        let errors = (0..1000)
            .filter(|_| matches!(faults.draw_call().instead, Some(CallFault::Error(..))))
            .count();
        // Half of the requests that neither hang nor get the 502.
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
        let mut always = Faults::from_plan(FaultPlan {
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
