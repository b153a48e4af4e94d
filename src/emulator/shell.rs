//! One administrator's terminal session: line editing, echo, pager, pipes, confirmations.
