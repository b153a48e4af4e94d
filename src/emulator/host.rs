//! The async rim: puts one [`super::chassis::Chassis`] on a network.
