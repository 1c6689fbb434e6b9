//! Figures over scored cells. Each is `None` where it rests on nothing.

mod bootstrap;
mod counts;
mod interval;
mod task;
mod weighted;

pub use bootstrap::bootstrap_mean;
pub use counts::Counts;
pub use interval::{Interval, wilson};
pub use task::{TaskResult, UnknownTaskResult, task_result};
pub use weighted::weighted_mean;
