//! An emulated chassis stays under 2 MiB, measured with an allocator that counts.
//!
//! Alone in its binary: what other tests allocate would be counted, too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cutover::emulator::host::{self, Handle, Networks};
use cutover::net::Clock;
use cutover::net::memory::Fabric;
use cutover::playbook::Inventory;
use cutover::rehearsal::lab::{self, Member};

const LIMIT: usize = 2 << 20;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on unchanged; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

async fn raise(inventory: &Inventory, clock: &Clock) -> Vec<Handle> {
    let fabric = Fabric::new();
    let pair = inventory.pairs.keys().next().unwrap();
    let mut handles = Vec::new();
    for Member {
        spec, redundancy, ..
    } in lab::members(inventory, pair, 0).unwrap()
    {
        let networks = Networks {
            management: Arc::new(fabric.host(spec.address)),
            redundancy: Arc::new(fabric.host(redundancy)),
            power: None,
        };
        handles.push(host::start(spec, networks, clock.clone()).await.unwrap());
    }
    handles
}

#[test]
fn an_emulated_chassis_of_a_synchronized_pair_stays_under_2_mib() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/lab.yaml"));
    let inventory = lab::stand_in(&Inventory::load(&text.unwrap(), "lab.yaml").unwrap());
    runtime.block_on(async {
        let clock = Clock::starting_at("2026-01-15T01:30:00Z".parse().unwrap());
        // Tables that all chassis share are made by the first pair.
        drop(raise(&inventory, &clock).await);
        let before = live();
        let pair = raise(&inventory, &clock).await;
        clock.sleep(Duration::from_secs(3600)).await;
        let each = (live() - before) / pair.len();
        let held = |handle: &Handle| {
            handle.with(|chassis| chassis.srp().map_or(0, |peer| peer.totals().pre_allocated))
        };
        let sessions: u64 = pair.iter().map(|h| h.with(|c| c.subscribers_total())).sum();
        let copies: u32 = pair.iter().map(held).sum();
        assert!(
            sessions > 1000 && copies > 1000,
            "{sessions} sessions, {copies} copies"
        );
        println!(
            "an emulated chassis: {} KiB ({sessions} sessions on the Active)",
            each >> 10
        );
        assert!(each < LIMIT, "{each} bytes for each chassis");
    });
}
