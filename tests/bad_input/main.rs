//! Bad input and bad nights: each ends before the next change, with an error that says what was
//! seen and what to do, the exit code of the contract, and chassis that nobody harmed. The
//! chassis' own ground truth is asserted, not what the run believes of them.

mod files;
mod first_contact;
mod going_back;
mod mistakes;
mod morning;
mod operators;
mod reloads;
mod stage;
mod wrong_pair;
