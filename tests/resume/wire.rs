//! A wire between a run and a chassis that can be cut at the one moment that matters: after an
//! intent is on disk and before, or right after, the first byte of its command.
//!
//! An intent is journalled before its command leaves. So a wire that looks into the journal before
//! it passes anything on sees the intent before it sees the command.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::harness;

/// Where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The command never arrives.
    Before,
    /// The command arrives; nobody hears what came of it.
    After,
}

/// What all wires of a test have in common.
pub struct Gate {
    runs: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    armed: Option<(String, Cut)>,
    reached: bool,
}

impl Gate {
    pub fn new(runs: PathBuf) -> Arc<Self> {
        Arc::new(Self {
            runs,
            state: Mutex::default(),
        })
    }

    /// Waits for an intent whose command begins like this.
    pub fn arm(&self, command: &str, cut: Cut) {
        let armed = Some((command.to_owned(), cut));
        *self.state.lock().unwrap() = State {
            armed,
            reached: false,
        };
    }

    pub fn open(&self) {
        *self.state.lock().unwrap() = State::default();
    }

    pub fn reached(&self) -> bool {
        self.state.lock().unwrap().reached
    }

    /// Whether what the run says now may pass.
    fn passes(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let Some((command, cut)) = state.armed.clone() else {
            return true;
        };
        if !state.reached && !harness::is_intended(&self.runs, &command) {
            return true;
        }
        let first = !state.reached;
        state.reached = true;
        // With `After`, exactly what carries the command still passes.
        cut == Cut::After && first
    }
}

/// Puts a wire in front of `chassis` and returns where it begins.
pub fn lay(chassis: SocketAddr, gate: Arc<Gate>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("bound");
    // The thread waits for callers until the test's process ends.
    thread::spawn(move || {
        for run in listener.incoming() {
            let Ok(run) = run else { return };
            // A chassis that is down refuses, and so does the wire.
            let Ok(device) = TcpStream::connect(chassis) else {
                continue;
            };
            let (back, forth) = (both(&device, &run), both(&run, &device));
            let gate = gate.clone();
            thread::spawn(move || pump(forth, |_| gate.passes()));
            thread::spawn(move || pump(back, |_| true));
        }
    });
    at
}

fn both(from: &TcpStream, to: &TcpStream) -> (TcpStream, TcpStream) {
    let _ = from.set_nodelay(true);
    (
        from.try_clone().expect("a socket"),
        to.try_clone().expect("a socket"),
    )
}

fn pump((mut from, mut to): (TcpStream, TcpStream), mut passes: impl FnMut(&[u8]) -> bool) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if passes(&bytes[..count]) && to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    for end in [&from, &to] {
        let _gone = end.shutdown(Shutdown::Both);
    }
}
