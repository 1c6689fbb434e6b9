use super::correct_share::CorrectShare;
use super::field_match::FieldMatch;
use super::field_similarity::FieldSimilarity;
use super::figure::Figure;
use super::reliability::{Reliability, ReliabilityFigure};
use super::retrieval::{Retrieval, RetrievalFigure};
use datafusion::common::Result;
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use std::sync::Arc;

/// Every scalar function of this crate, with its documentation.
#[must_use]
pub fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    vec![Arc::new(FieldMatch::new().into()), Arc::new(FieldSimilarity::new().into())]
}

/// Every aggregate function of this crate, with its documentation.
#[must_use]
pub fn aggregate_functions() -> Vec<Arc<AggregateUDF>> {
    let shares = [Figure::Share, Figure::Lower, Figure::Upper].map(|figure| Arc::new(CorrectShare::new(figure).into()));
    let reliability = ReliabilityFigure::ALL.map(|figure| Arc::new(Reliability::new(figure).into()));
    let retrieval = RetrievalFigure::ALL.map(|figure| Arc::new(Retrieval::new(figure).into()));
    shares.into_iter().chain(retrieval).chain(reliability).collect()
}

/// Makes every function of this crate known to a session. Registering twice is harmless.
///
/// # Errors
/// When the registry takes no functions.
pub fn register_all(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for function in scalar_functions() {
        registry.register_udf(function)?;
    }
    for function in aggregate_functions() {
        registry.register_udaf(function)?;
    }
    Ok(())
}
