use serde::{Deserialize, Serialize};

/// Tasks that have to be finished before a run has a health at all.
const ENOUGH: u64 = 10;
/// How many of the tasks that finished last tell whether everything is blocked.
pub const LAST: usize = 20;

/// What the health of a live run is made of. What is `None` does not count, and the other weights make up for it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct HealthInput {
    /// Tasks finished in the window: the last max(50, 10 % of all).
    pub n: u64,
    /// Of these, completed.
    pub successes: u64,
    /// Of these, tried more than once; `None` where that is not known.
    pub retried: Option<u64>,
    /// Mean confidence of the window, 0..=1.
    pub confidence: Option<f64>,
    /// Median time of an attempt in the window, seconds.
    pub p50: Option<f64>,
    /// The same in the campaign's comparable runs.
    pub baseline_p50: Option<f64>,
    /// 95th percentile of the time of an attempt, seconds.
    pub p95: Option<f64>,
    /// Seconds since something finished; `None` where nothing is expected to, as in a pause.
    pub idle: Option<f64>,
    /// How many of the last [`LAST`] finished tasks were looked at.
    pub last: u64,
    /// Of these, blocked.
    pub last_blocked: u64,
    /// Where the run has a budget.
    pub budget: Option<BudgetUse>,
}

impl HealthInput {
    /// Nothing finished for longer than 3 × p95.
    #[must_use]
    pub fn is_nothing_finishing(&self) -> bool {
        self.idle.zip(self.p95).is_some_and(|(idle, p95)| idle > 3.0 * p95)
    }

    /// Half of the last 20 are blocked, or of as many as there are, from 10.
    #[must_use]
    pub fn is_everything_blocked(&self) -> bool {
        self.last >= ENOUGH && 2 * self.last_blocked >= self.last
    }

    fn is_budget_gone_early(&self) -> bool {
        self.budget.is_some_and(|budget| budget.spent > 0.9 && budget.done < 0.5)
    }
}

/// How far a budget and the work that it is for have gone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetUse {
    /// Share spent, 0..=1 and beyond.
    pub spent: f64,
    /// Share of the tasks that is done, 0..=1.
    pub done: f64,
}

/// How well a run goes, 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// 0 to 100, caps applied.
    pub score: f64,
    /// Green from 80, amber from 60, else red.
    pub light: Light,
    /// Finished tasks that it rests on.
    pub n: u64,
    /// What it is made of; what is not known is not here.
    pub factors: Vec<HealthFactor>,
    /// What holds it down beside the factors.
    pub caps: Vec<HealthCap>,
}

/// A health in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// 80 and more.
    Green,
    /// 60 and more.
    Amber,
    /// Less.
    Red,
}

impl Light {
    fn of(score: f64) -> Self {
        match score {
            score if score >= 80.0 => Self::Green,
            score if score >= 60.0 => Self::Amber,
            _ => Self::Red,
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

/// One part of a health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthFactor {
    /// `success`, `confidence`, `speed`, `first_try`.
    pub name: String,
    /// 0..=1, 1 is best.
    pub value: f64,
    /// Its share of the weights present, 0..=1.
    pub weight: f64,
    /// Points of 100 that it takes off.
    pub costs: f64,
}

/// Something that no factor makes up for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthCap {
    /// `nothing_finishing`, `everything_blocked`, `budget`.
    pub name: String,
    /// The score is at most this.
    pub at_most: f64,
    /// Points of 100 that it takes off what the factors left; 0 where they left no more.
    pub costs: f64,
}

/// H = 100·(.45 S + .20 C + .15 D + .20 R) / Σ weights present, then the caps; `None` for fewer than 10 finished tasks.
///
/// S = (successes + 1) / (n + 2); C = mean confidence; D = min(1, baseline p50 / p50); R = 1 − share of tasks retried.
/// Caps: nothing finished for 3 × p95: 20; half of the last 20 blocked (or of as many as there are, from 10): 40; over
/// 90 % of the budget spent with under half of the tasks done: 50.
#[must_use]
pub fn health(input: &HealthInput) -> Option<Health> {
    if input.n < ENOUGH {
        return None;
    }
    let n = input.n as f64;
    let speed = input.baseline_p50.zip(input.p50).map(|(baseline, p50)| if p50 > 0.0 { baseline / p50 } else { 1.0 });
    let parts = [
        ("success", 0.45, Some((input.successes as f64 + 1.0) / (n + 2.0))),
        ("confidence", 0.20, input.confidence),
        ("speed", 0.15, speed),
        ("first_try", 0.20, input.retried.map(|retried| 1.0 - retried as f64 / n)),
    ];
    let present: Vec<(&str, f64, f64)> = parts
        .into_iter()
        .filter_map(|(name, weight, value)| Some((name, weight, value.filter(|value| value.is_finite())?)))
        .collect();
    let weights: f64 = present.iter().map(|(_, weight, _)| weight).sum();
    let factors: Vec<HealthFactor> = present
        .into_iter()
        .map(|(name, weight, value)| {
            let (value, weight) = (value.clamp(0.0, 1.0), weight / weights);
            HealthFactor { name: name.to_owned(), value, weight, costs: 100.0 * weight * (1.0 - value) }
        })
        .collect();
    let free = 100.0 * factors.iter().map(|factor| factor.weight * factor.value).sum::<f64>();
    let (score, caps) = capped(free, input);
    Some(Health { score, light: Light::of(score), n: input.n, factors, caps })
}

/// The score under the caps that hold, the lowest of which costs what it takes off.
fn capped(free: f64, input: &HealthInput) -> (f64, Vec<HealthCap>) {
    let mut score = free;
    let caps = [
        ("nothing_finishing", 20.0, input.is_nothing_finishing()),
        ("everything_blocked", 40.0, input.is_everything_blocked()),
        ("budget", 50.0, input.is_budget_gone_early()),
    ];
    let caps = caps
        .into_iter()
        .filter(|(_, _, holds)| *holds)
        .map(|(name, at_most, _)| {
            let costs = (score - at_most).max(0.0);
            score = score.min(at_most);
            HealthCap { name: name.to_owned(), at_most, costs }
        })
        .collect();
    (score, caps)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn input() -> HealthInput {
        HealthInput {
            n: 50,
            successes: 43,
            retried: Some(10),
            confidence: Some(0.9),
            p50: Some(2.0),
            baseline_p50: Some(1.5),
            p95: Some(6.0),
            idle: Some(1.0),
            last: 20,
            last_blocked: 1,
            budget: None,
        }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn every_factor_costs_what_it_lacks() {
        let health = health(&input()).unwrap();
        // S = 44/52, C = .9, D = .75, R = .8
        let expected = 100.0 * (0.45 * 44.0 / 52.0 + 0.20 * 0.9 + 0.15 * 0.75 + 0.20 * 0.8);
        assert!(near(health.score, expected) && near(expected, 83.326_923_076_923_08), "{health:?}");
        let costs: Vec<f64> = health.factors.iter().map(|factor| factor.costs).collect();
        for (cost, expected) in costs.iter().zip([45.0 * 8.0 / 52.0, 2.0, 3.75, 4.0]) {
            assert!(near(*cost, expected), "{costs:?}");
        }
        assert!(near(100.0 - costs.iter().sum::<f64>(), health.score));
        assert_eq!((health.light, health.n, health.caps.len()), (Light::Green, 50, 0));
    }

    #[test]
    fn what_is_not_known_leaves_its_weight_to_the_others() {
        let health = health(&HealthInput { confidence: None, baseline_p50: None, ..input() }).unwrap();
        assert!(near(health.score, 100.0 * (0.45 * 44.0 / 52.0 + 0.20 * 0.8) / 0.65), "{health:?}");
        let names: Vec<&str> = health.factors.iter().map(|factor| factor.name.as_str()).collect();
        assert_eq!(names, ["success", "first_try"]);
        assert!(near(health.factors.iter().map(|factor| factor.weight).sum(), 1.0));
    }

    #[test]
    fn nothing_is_said_of_fewer_than_ten() {
        assert_eq!(health(&HealthInput { n: 9, successes: 9, ..input() }), None);
        assert!(health(&HealthInput { n: 10, successes: 10, retried: Some(0), ..input() }).is_some());
    }

    #[test]
    fn being_faster_than_before_earns_no_more_than_being_as_fast() {
        let speed = |p50, baseline| {
            let health = health(&HealthInput { p50: Some(p50), baseline_p50: Some(baseline), ..input() }).unwrap();
            health.factors.into_iter().find(|factor| factor.name == "speed").map(|factor| factor.value)
        };
        assert_eq!((speed(1.0, 4.0), speed(4.0, 1.0), speed(0.0, 1.0)), (Some(1.0), Some(0.25), Some(1.0)));
        assert_eq!(speed(f64::NAN, 1.0), Some(1.0), "a time that is none is no slowness");
    }

    #[test]
    fn caps_hold_exactly_from_their_bounds() {
        let score = |input: HealthInput| health(&input).unwrap().score;
        let free = score(input());
        assert!(near(score(HealthInput { idle: Some(18.0), ..input() }), free), "3 × p95 is not yet too long");
        assert!(near(score(HealthInput { idle: Some(18.1), ..input() }), 20.0));
        assert!(near(score(HealthInput { idle: None, ..input() }), free));
        assert!(near(score(HealthInput { idle: Some(99.0), p95: None, ..input() }), free));
        assert!(near(score(HealthInput { last_blocked: 9, ..input() }), free));
        assert!(near(score(HealthInput { last_blocked: 10, ..input() }), 40.0));
        assert!(near(score(HealthInput { last: 8, last_blocked: 8, ..input() }), free));
        let budget = |spent, done| score(HealthInput { budget: Some(BudgetUse { spent, done }), ..input() });
        assert!(near(budget(0.91, 0.49), 50.0) && near(budget(0.9, 0.1), free) && near(budget(0.99, 0.5), free));
    }

    #[test]
    fn of_several_caps_the_lowest_counts_and_costs() {
        let both = HealthInput { idle: Some(60.0), last_blocked: 20, ..input() };
        let health = health(&both).unwrap();
        assert!(near(health.score, 20.0));
        assert_eq!(health.light, Light::Red);
        let costs: f64 = health.factors.iter().map(|f| f.costs).chain(health.caps.iter().map(|c| c.costs)).sum();
        assert!(near(100.0 - costs, health.score), "what is shown as cost adds up to what is missing");
        // A cap above what the factors leave takes nothing off, and is told all the same.
        let low =
            super::health(&HealthInput { successes: 0, confidence: Some(0.0), last_blocked: 20, ..input() }).unwrap();
        assert!(low.score < 40.0 && low.caps.iter().all(|cap| cap.costs == 0.0) && low.caps.len() == 1, "{low:?}");
    }

    #[test]
    fn lights_change_at_eighty_and_sixty() {
        let lights = [80.0, 79.999, 60.0, 59.999].map(Light::of);
        assert_eq!(lights, [Light::Green, Light::Amber, Light::Amber, Light::Red]);
    }
}
