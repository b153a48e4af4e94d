//! Floor 7: what happens in a run.
//!
//! [`run::Run`] decides and touches nothing; [`journal`] remembers; [`runner`] performs. One enum,
//! [`event::Event`], says what happened: it is what the journal stores, what `--json` prints, what
//! reports fold over, and what a resumed run replays.

pub mod control;
pub mod event;
pub mod journal;
pub mod launch;
pub mod ready;
pub mod run;
pub mod runner;
pub mod store;
pub mod world;
