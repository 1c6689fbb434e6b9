//! Mino.
