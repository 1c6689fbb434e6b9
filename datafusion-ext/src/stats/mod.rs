//! Figures over scored cells. Each is `None` where it rests on nothing.

mod binomial;
mod bootstrap;
mod calibration;
mod counts;
mod health;
mod interval;
mod reliability;
mod task;
mod weighted;

pub use binomial::binomial_tail;
pub use bootstrap::{RESAMPLES, bootstrap_counts, bootstrap_mean};
pub use calibration::{Calibrator, ISOTONIC_FROM, PLATT_FROM};
pub use counts::Counts;
pub use health::{BudgetUse, Health, HealthCap, HealthFactor, HealthInput, LAST, Light, health};
pub use interval::{Interval, wilson};
pub use reliability::{BINS, auroc, brier, ece};
pub use task::{TaskResult, UnknownTaskResult, task_result};
pub use weighted::weighted_mean;
