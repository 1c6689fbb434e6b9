//! The command `mino`.
fn main() {}
