//! BGP of a chassis: every context that speaks it, every neighbour of each.

use std::collections::BTreeSet;

use super::context::Context;
use super::outcome::Failure;
use super::reading::unspoken;
use crate::device::staros::bgp_summary::{self, BgpSummary};

/// The contexts whose configuration runs BGP. Asking every context and believing an empty answer
/// would let a cut-off one pass for "no BGP here" (INV-37).
pub async fn contexts(cx: &Context, chassis: &str) -> Result<BTreeSet<String>, Failure> {
    let mut device = cx.device(chassis).await;
    let reply = device
        .run("show configuration")
        .await
        .map_err(|e| unspoken(chassis, &e))?;
    if !reply.text.lines().any(|line| line.trim() == "end") {
        return Err(Failure::failed(format!(
            "{chassis}: `show configuration` did not end with `end`"
        )));
    }
    Ok(in_configuration(&reply.text))
}

fn in_configuration(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut context: Option<(usize, &str)> = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("context"), Some(name)) => context = Some((depth, name)),
            (Some("#exit"), _) if context.is_some_and(|(at, _)| depth <= at) => context = None,
            (Some("router"), Some("bgp")) => {
                found.extend(context.map(|(_, name)| name.to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// The summary of one context.
pub async fn summary(cx: &Context, chassis: &str, context: &str) -> Result<BgpSummary, Failure> {
    let mut device = cx.device(chassis).await;
    let command = "show ip bgp summary";
    let reply = device
        .run_in(context, command)
        .await
        .map_err(|e| unspoken(chassis, &e))?;
    bgp_summary::parse(&reply.text)
        .map_err(|error| Failure::failed(format!("{chassis}, context {context}: {error}")))
}

/// What is wrong with BGP on a chassis. No BGP at all is a problem too: who asks for the check
/// expects neighbours.
pub async fn problems(cx: &Context, chassis: &str) -> Result<Vec<String>, Failure> {
    let contexts = contexts(cx, chassis).await?;
    if contexts.is_empty() {
        return Ok(vec!["no context runs BGP".to_owned()]);
    }
    let mut problems = Vec::new();
    for context in contexts {
        let summary = summary(cx, chassis, &context).await?;
        problems.extend(
            summary
                .problems()
                .iter()
                .map(|problem| format!("context {context}: {problem}")),
        );
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::in_configuration;

    #[test]
    fn bgp_contexts_are_those_with_a_router_inside() {
        let text = "config\n  context local\n    interface m\n    #exit\n  #exit\n  context PGWin\n    \
                    router bgp 64520\n      neighbor 10.20.0.1 remote-as 64500\n    #exit\n  #exit\nend\n";
        assert_eq!(
            in_configuration(text).into_iter().collect::<Vec<_>>(),
            ["PGWin"]
        );
    }
}
