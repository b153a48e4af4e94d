//! `--json`: one object a line, flushed as it happens (contract).

use std::io::Write;

use crate::engine::event::Record;
use crate::engine::runner::Observer;

/// Prints every record to `out`. A reader that goes away ends the printing, not the run.
pub fn observer(mut out: impl Write + Send + 'static) -> Observer {
    let mut gone = false;
    Box::new(move |record: &Record| {
        if gone {
            return;
        }
        let mut line = serde_json::to_vec(record).expect("a record is plain data");
        line.push(b'\n');
        if let Err(error) = out.write_all(&line).and_then(|()| out.flush()) {
            tracing::warn!("nobody reads the events any more ({error}); the journal has them");
            gone = true;
        }
    })
}
