//! A population of subscribers that comes and goes.
