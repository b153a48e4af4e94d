//! What really happened to a chassis: the yardstick of a rehearsal, invisible to the operator.

use crate::proto::Time;

/// Facts that no command shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Truth {
    /// Every confirmed `reload` that was received.
    pub reloads: Vec<Time>,
    /// Every accepted `srp initiate-switchover`.
    pub switchovers: Vec<Time>,
    /// Those of them that said `force`.
    pub forced_switchovers: Vec<Time>,
    /// Every `srp initiate-switchover` that was refused.
    pub refused_switchovers: Vec<Time>,
    /// Software that came up, when.
    pub boots: Vec<(Time, String)>,
    /// Files that were deleted or overwritten, when.
    pub lost_files: Vec<(Time, String)>,
    /// Changes of the boot stack.
    pub boot_stack_changes: Vec<Time>,
    /// Moments at which this chassis began (`true`) or ceased to carry subscribers' traffic.
    pub traffic: Vec<(Time, bool)>,
    /// Sessions that were live here when the power went.
    pub sessions_lost: u64,
}

impl Truth {
    pub(super) fn carries(&mut self, now: Time, carrying: bool) {
        if self.traffic.last().map(|(_, was)| *was).unwrap_or(false) != carrying {
            self.traffic.push((now, carrying));
        }
    }
}
