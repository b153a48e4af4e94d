//! A population of subscribers that comes and goes.
//!
//! Arrivals and departures balance at the profile's session count: a population of N with a mean
//! lifetime L gains N/L a second and loses each session with the chance 1/L a second. Events are
//! batched, and drawn from a seed, so the same world always lives the same life.

use std::time::Duration;

use crate::proto::Time;

/// How often the population changes; coarse, because a night must be cheap to live through.
pub const BATCH: Duration = Duration::from_secs(5);

/// One subscriber in so many talks over IMS (SRP-63).
const IMS_SHARE: u64 = 10;

/// A small deterministic sequence (splitmix64).
#[derive(Clone, Debug)]
pub struct Sequence(u64);

impl Sequence {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a collection is countable");
        usize::try_from(self.draw() % bound).expect("smaller than the bound")
    }
}

/// A subscriber who wants in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub call_id: u32,
    pub ims: bool,
    pub instance: u16,
}

/// The subscribers of the Active chassis. The Standby has none: nobody can reach it.
#[derive(Clone, Debug)]
pub struct Population {
    sequence: Sequence,
    target: u64,
    lifetime: Duration,
    session_managers: u16,
    live: Vec<u32>,
    /// When the next batch is due; `None` while subscribers cannot reach the chassis.
    next: Option<Time>,
    arriving: f64,
    leaving: f64,
}

impl Population {
    pub fn new(seed: u64, target: u64, lifetime: Duration, session_managers: u16) -> Self {
        Self {
            sequence: Sequence::new(seed),
            target,
            lifetime,
            session_managers: session_managers.max(1),
            live: Vec::new(),
            next: None,
            arriving: 0.0,
            leaving: 0.0,
        }
    }

    /// Subscribers reach this chassis from now on; `sessions` are those it already serves.
    pub fn open(&mut self, now: Time, sessions: impl IntoIterator<Item = u32>) {
        self.live = sessions.into_iter().collect();
        self.next = Some(now + BATCH);
    }

    /// Subscribers no longer reach this chassis.
    pub fn close(&mut self) {
        self.live.clear();
        self.next = None;
    }

    pub fn is_open(&self) -> bool {
        self.next.is_some()
    }

    pub fn deadline(&self) -> Option<Time> {
        self.next
    }

    /// Everybody a long-running chassis serves, at once.
    pub fn fill(&mut self) -> Vec<Arrival> {
        let missing = self.target.saturating_sub(self.live.len() as u64);
        (0..missing).map(|_| self.arrive()).collect()
    }

    /// The batch that is due at `now`, if one is: who leaves, who comes.
    pub fn step(&mut self, now: Time) -> Option<(Vec<u32>, Vec<Arrival>)> {
        let due = self.next.filter(|due| *due <= now)?;
        self.next = Some(due + BATCH);
        let share = BATCH.as_secs_f64() / self.lifetime.as_secs_f64();
        let mut left = Vec::new();
        for _ in 0..whole(&mut self.leaving, self.live.len() as f64 * share) {
            if self.live.is_empty() {
                break;
            }
            let victim = self.sequence.below(self.live.len());
            left.push(self.live.swap_remove(victim));
        }
        let coming = whole(&mut self.arriving, self.target as f64 * share);
        let came = (0..coming).map(|_| self.arrive()).collect();
        Some((left, came))
    }

    /// A call the chassis refused after all.
    pub fn refused(&mut self, call_id: u32) {
        if let Some(at) = self.live.iter().rposition(|live| *live == call_id) {
            self.live.swap_remove(at);
        }
    }

    fn arrive(&mut self) -> Arrival {
        let drawn = self.sequence.draw();
        let call_id = (drawn >> 32) as u32;
        self.live.push(call_id);
        // Session managers are numbered from 1.
        let instance = 1 + (drawn % u64::from(self.session_managers)) as u16;
        Arrival {
            call_id,
            ims: (drawn >> 8).is_multiple_of(IMS_SHARE),
            instance,
        }
    }
}

/// Takes the whole events out of an accumulated fraction.
fn whole(carried: &mut f64, more: f64) -> u64 {
    *carried += more;
    let events = carried.floor();
    *carried -= events;
    events as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived(seed: u64, hours: u64) -> Population {
        let mut population = Population::new(seed, 4000, Duration::from_secs(1800), 4);
        population.open(Time::ZERO, []);
        population.fill();
        let mut now = Time::ZERO;
        while now < Time::from_secs(3600 * hours) {
            now = population.deadline().unwrap();
            population.step(now).unwrap();
        }
        population
    }

    #[test]
    fn the_population_keeps_its_size_and_renews_itself() {
        let begun = lived(1, 0);
        let ended = lived(1, 3);
        assert!(
            (3900..=4100).contains(&ended.live.len()),
            "{}",
            ended.live.len()
        );
        let stayed = ended
            .live
            .iter()
            .filter(|call| begun.live.contains(call))
            .count();
        assert!(
            stayed < 100,
            "{stayed} of the first sessions live on after six lifetimes"
        );
    }

    #[test]
    fn the_same_seed_lives_the_same_life() {
        assert_eq!(lived(7, 1).live, lived(7, 1).live);
        assert_ne!(lived(7, 1).live, lived(8, 1).live);
    }

    #[test]
    fn a_closed_population_wakes_nobody() {
        let mut population = lived(1, 0);
        population.close();
        assert_eq!(population.deadline(), None);
        assert_eq!(population.step(Time::from_secs(9999)), None);
    }
}
