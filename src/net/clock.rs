//! Where time comes from.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// A world's clock: tokio time, counted from an epoch, optionally running faster.
///
/// On a paused runtime tokio time jumps whenever everybody waits, so the same code lives through
/// a night in milliseconds. With `speed` N, N seconds of this clock pass in one second of tokio
/// time; `cutover emulate --speed` uses that for the chassis.
#[derive(Clone, Debug)]
pub struct Clock {
    epoch: Timestamp,
    start: Instant,
    speed: f64,
}

impl Clock {
    /// The wall clock: reads the system time once, then follows the monotonic clock (F-71: limits
    /// are never measured on a clock that can step).
    pub fn wall() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// The calendar time right now, for naming things after it.
    pub fn wall_now() -> Timestamp {
        Timestamp::now()
    }

    /// A clock that reads `epoch` now.
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            epoch,
            start: Instant::now(),
            speed: 1.0,
        }
    }

    /// The same clock running `speed` times faster than tokio time.
    pub fn with_speed(mut self, speed: f64) -> Self {
        assert!(
            speed.is_finite() && speed > 0.0,
            "a clock runs forwards, speed {speed}"
        );
        self.speed = speed;
        self
    }

    /// Time since the epoch of this clock, in this clock's seconds.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed().mul_f64(self.speed)
    }

    /// The calendar time this clock shows.
    pub fn now(&self) -> Timestamp {
        self.at(self.elapsed())
    }

    /// The calendar time at `elapsed` after the epoch.
    pub fn at(&self, elapsed: Duration) -> Timestamp {
        self.epoch
            .checked_add(elapsed)
            .expect("a run ends before the calendar does")
    }

    /// Sleeps until this clock shows `elapsed` since its epoch.
    pub async fn sleep_until(&self, elapsed: Duration) {
        tokio::time::sleep_until(self.start + elapsed.div_f64(self.speed)).await;
    }

    /// Sleeps for `span` of this clock's time.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span.div_f64(self.speed)).await;
    }
}

/// Measures real time, whatever tokio's clock does: for saying how long a rehearsal took.
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
