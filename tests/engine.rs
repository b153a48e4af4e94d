//! The engine alone: journals in, effects out. No device, no clock, no disk.
//!
//! A [`night::Night`] plays the runner and the world: it performs the engine's wishes in an order
//! it is told, lets the process die where it is told, and checks at every step what must never be
//! otherwise: who works beside whom (INV-6), that nothing starts before what it needs, that a step
//! with a journalled command is only ever started to look what became of it (INV-36).

#[path = "engine/night.rs"]
mod night;
#[path = "engine/plans.rs"]
mod plans;

#[path = "engine/crash.rs"]
mod crash;
#[path = "engine/flow.rs"]
mod flow;
#[path = "engine/random.rs"]
mod random;
#[path = "engine/scale.rs"]
mod scale;
#[path = "engine/verdicts.rs"]
mod verdicts;
