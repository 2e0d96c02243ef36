//! Faults on purpose, drawn from a seed: the same seed and the same requests meet the same faults.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// What goes wrong, and how often (0 never, 1 always). Everything is optional; `{}` clears.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// A call under `/v1/` is answered 409, 429 or 500 and not executed.
    pub(crate) api_error: f64,
    /// A call under `/v1/` is executed, and its connection cut without an answer.
    pub(crate) lose_answer: f64,
    /// Every call under `/v1/` takes this long, from and to in milliseconds.
    pub(crate) api_delay_ms: [u64; 2],
}

impl FaultPlan {
    /// Says what is wrong with the plan.
    pub(crate) fn check(&self) -> Result<(), String> {
        let rates = [
            ("duplicate", self.duplicate),
            ("reorder", self.reorder),
            ("drop", self.drop),
            ("api_error", self.api_error),
            ("lose_answer", self.lose_answer),
        ];
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
        Ok(())
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallFaults {
    pub(crate) delay: Duration,
    /// Answered instead of executing; and what `Stripe-Should-Retry` says, if anything.
    pub(crate) error: Option<(StatusCode, Option<bool>)>,
    pub(crate) lose_answer: bool,
}

/// What happens to the delivery of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeliveryFaults {
    pub(crate) drop: bool,
    pub(crate) delay: Duration,
    /// When the same event is sent once more.
    pub(crate) duplicate_after: Option<Duration>,
}

/// The plan and its two streams of draws: calls do not disturb deliveries.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: FaultPlan,
    calls: Draws,
    deliveries: Draws,
}

impl Faults {
    /// Begins a plan from its seed.
    pub(crate) fn begin(plan: FaultPlan) -> Faults {
        let calls = Draws(plan.seed);
        let deliveries = Draws(plan.seed ^ 0x5DEE_CE66_D1CE_4E5B);
        Faults {
            plan,
            calls,
            deliveries,
        }
    }

    pub(crate) fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Draws for one call. The number of draws is always the same, so that one fault's rate does not move another's.
    pub(crate) fn draw_call(&mut self) -> CallFaults {
        let draws = &mut self.calls;
        let delay = draws.duration(self.plan.api_delay_ms);
        let fails = draws.happens(self.plan.api_error);
        let status = match draws.below(3) {
            0 => StatusCode::CONFLICT,
            1 => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let should_retry = (draws.below(2) == 0).then_some(true);
        let lose_answer = draws.happens(self.plan.lose_answer);
        CallFaults {
            delay,
            error: fails.then_some((status, should_retry)),
            lose_answer,
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
    fn rates_are_kept_and_no_plan_means_no_fault() {
        let mut faults = Faults::begin(plan());
        let errors = (0..1000)
            .filter(|_| faults.draw_call().error.is_some())
            .count();
        assert!((400..600).contains(&errors), "{errors}");
        let mut none = Faults::default();
        assert!((0..1000).all(|_| none.draw_call()
            == CallFaults {
                delay: Duration::ZERO,
                error: None,
                lose_answer: false
            }));
        let mut always = Faults::begin(FaultPlan {
            drop: 1.0,
            ..FaultPlan::default()
        });
        assert!((0..1000).all(|_| always.draw_delivery().drop));
    }

    #[test]
    fn a_plan_out_of_bounds_is_refused() {
        assert!(
            FaultPlan {
                drop: 1.5,
                ..FaultPlan::default()
            }
            .check()
            .is_err()
        );
        assert!(
            FaultPlan {
                drop: f64::NAN,
                ..FaultPlan::default()
            }
            .check()
            .is_err()
        );
        assert!(
            FaultPlan {
                delay_ms: [5, 1],
                ..FaultPlan::default()
            }
            .check()
            .is_err()
        );
        assert!(plan().check().is_ok());
    }
}
