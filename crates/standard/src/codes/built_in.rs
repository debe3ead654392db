//! The small table of our own.

use std::sync::LazyLock;

use super::import::import;
use super::table::ServiceCodes;

static TABLE: LazyLock<ServiceCodes> = LazyLock::new(|| {
    let csv = include_str!("built_in.csv");
    import(csv.as_bytes()).expect("the built-in table is tested").partial()
});

/// Some everyday codes of the care fees of June 2024: those that samples use. It does not have all codes of any service
/// type, and [`ServiceCodes::covers`] says so.
pub fn built_in() -> &'static ServiceCodes {
    &TABLE
}
