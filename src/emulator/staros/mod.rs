//! The StarOS command language of the emulated chassis.
