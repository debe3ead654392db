//! Who is there: sessions, and the visitors that handlers take as arguments.

pub(crate) mod cookie;
pub(crate) mod session;
pub(crate) mod visitor;
