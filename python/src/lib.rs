//! Python's face of the engine: the calls of the command line as methods, Arrow in and out. No behaviour of its own.

mod blocking;
mod client;
mod errors;
mod events;
mod json;
mod logs;
mod report;
mod rows;
mod schema;
mod settings;

use pyo3::prelude::*;

/// The native part of the package `mino`.
#[pymodule]
mod _mino {
    use super::errors;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::client::{Client, connect};
    #[pymodule_export]
    use super::report::RunReport;
    #[pymodule_export]
    use super::rows::Rows;
    #[pymodule_export]
    use super::schema::Schema;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        for name in errors::NAMES {
            module.add(name, errors::class(module.py(), name)?)?;
        }
        Ok(())
    }
}
