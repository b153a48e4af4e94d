//! What a checked playbook becomes: steps with numbers instead of names, variables filled in.

use indexmap::IndexMap;
use petgraph::graph::DiGraph;

use crate::action::Action;
pub use crate::action::fields::On;

/// A step's place in [`Plan::steps`]. Main steps come first, fallback steps behind them.
pub type StepIndex = usize;

/// A playbook that can be run: checked, complete, variables substituted.
#[derive(Clone, Debug)]
pub struct Plan {
    pub name: String,
    pub summary: String,
    /// The pair it works on, by its name in the inventory.
    pub pair: String,
    /// Variables as they were substituted, in the order the playbook declares them.
    pub vars: IndexMap<String, String>,
    /// Main steps, then fallback steps; a step's `needs` lie in the same part.
    pub steps: Vec<Step>,
    /// How many of `steps` are the main part.
    pub main: usize,
    /// Edges from a needed step to the one that needs it; node weights index `steps`, and node
    /// indices are the same numbers.
    pub graph: DiGraph<StepIndex, ()>,
    /// Hex SHA-256 over the playbook's text and the variables: a journal belongs to one plan.
    pub hash: String,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub id: String,
    pub on: Option<On>,
    pub needs: Vec<StepIndex>,
    pub action: Action,
    pub undo: Option<Action>,
    pub no_undo: Option<String>,
    /// Fallback steps: run only if one of these main steps may have changed something; else skip.
    pub if_done: Vec<StepIndex>,
    pub on_failure: OnFailure,
    /// Attempts in all, for steps without impact (an impact step is never repeated blindly).
    pub attempts: u32,
    /// A failure here is reported and the run goes on.
    pub optional: bool,
    /// How long the step is expected to take, for the live view and the timeline.
    pub expect: Option<crate::action::fields::Span>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Stop at a safe point and leave the rest to a human.
    #[default]
    Stop,
    /// Run the playbook's fallback graph.
    Fallback,
}

impl Plan {
    /// The main steps.
    pub fn main_steps(&self) -> &[Step] {
        &self.steps[..self.main]
    }

    /// The fallback steps; empty when the playbook has none.
    pub fn fallback_steps(&self) -> &[Step] {
        &self.steps[self.main..]
    }
}
