//! The tree of lines: finding, replacing, rendering.

use super::super::cipher;

/// One canonical line, with the lines of its block if it opens one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub line: String,
    /// The words that make its identity: a line with the same key replaces it.
    pub key: String,
    /// `Some` for a block, even an empty one.
    pub children: Option<Vec<Node>>,
}

/// Which part of the configuration to render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    All,
    WithSecrets,
    /// What redundancy depends on (`staros-cli.md` 4.9).
    Srp,
    Context(String),
}

impl Node {
    /// The lines below a chain of blocks.
    pub fn at<'a, 'b>(
        nodes: &'a [Node],
        path: impl Iterator<Item = &'b str>,
    ) -> Option<&'a [Node]> {
        let mut nodes = nodes;
        for line in path {
            let node = nodes.iter().find(|node| node.line == line)?;
            nodes = node.children.as_deref()?;
        }
        Some(nodes)
    }

    /// Same, to change them.
    pub fn at_mut<'a, 'b>(
        nodes: &'a mut Vec<Node>,
        path: impl Iterator<Item = &'b str>,
    ) -> Option<&'a mut Vec<Node>> {
        let mut nodes = nodes;
        for line in path {
            let node = nodes.iter_mut().find(|node| node.line == line)?;
            nodes = node.children.as_mut()?;
        }
        Some(nodes)
    }

    /// The line whose identity is `key`.
    pub fn find<'a>(nodes: &'a [Node], key: &str) -> Option<&'a Node> {
        nodes.iter().find(|node| node.key == key)
    }

    /// Adds a line, or replaces the one with the same identity; returns the line as kept.
    pub fn put(nodes: &mut Vec<Node>, line: &str, key: &str, block: bool) -> String {
        let opposite = line
            .strip_prefix("no ")
            .map_or_else(|| format!("no {line}"), str::to_owned);
        nodes.retain(|node| node.line != opposite);
        if let Some(node) = nodes.iter_mut().find(|node| node.key == key) {
            if !(block && key == line) {
                line.clone_into(&mut node.line);
            }
            return node.line.clone();
        }
        nodes.push(Node {
            line: line.to_owned(),
            key: key.to_owned(),
            children: block.then(Vec::new),
        });
        line.to_owned()
    }

    /// Removes every line with this identity.
    pub fn remove(nodes: &mut Vec<Node>, key: &str) {
        nodes.retain(|node| node.key != key);
    }

    /// The rest of the line after `prefix` and a blank.
    pub fn after(&self, prefix: &str) -> Option<&str> {
        self.line.strip_prefix(prefix)?.strip_prefix(' ')
    }

    pub fn children(&self) -> &[Node] {
        self.children.as_deref().unwrap_or_default()
    }

    /// The same block with only some of its lines; `None` when none are left.
    fn with(&self, children: Vec<Node>) -> Option<Node> {
        (!children.is_empty()).then(|| Node {
            line: self.line.clone(),
            key: self.key.clone(),
            children: Some(children),
        })
    }
}

/// The text of a selection, from `config` to `end`.
pub fn render(nodes: &[Node], selection: &Selection) -> String {
    let mut text = String::from("config\n");
    match selection {
        Selection::All => lines(nodes, 1, false, &mut text),
        Selection::WithSecrets => lines(nodes, 1, true, &mut text),
        Selection::Srp => lines(&srp_relevant(nodes), 1, false, &mut text),
        Selection::Context(name) => {
            let line = format!("context {name}");
            let Some(node) = nodes.iter().find(|node| node.line == line) else {
                return String::new();
            };
            lines(std::slice::from_ref(node), 1, false, &mut text);
        }
    }
    text.push_str("end\n");
    text
}

/// The text two SRP peers compare (SRP-56, SRP-57, SRP-115).
pub fn comparison(nodes: &[Node]) -> String {
    let mut relevant = srp_relevant(nodes);
    normalise(&mut relevant);
    let mut text = String::new();
    lines(&relevant, 0, true, &mut text);
    text
}

fn lines(nodes: &[Node], depth: usize, secrets: bool, text: &mut String) {
    let indent = "  ".repeat(depth);
    for node in nodes {
        text.push_str(&indent);
        if secrets {
            text.push_str(&readable(&node.line));
        } else {
            text.push_str(&node.line);
        }
        text.push('\n');
        if let Some(children) = &node.children {
            lines(children, depth + 1, secrets, text);
            text.push_str(&indent);
            text.push_str("#exit\n");
        }
    }
}

/// `encrypted password +B…` as `password …`, when it can be read here.
fn readable(line: &str) -> String {
    let Some((before, after)) = line.split_once("encrypted ") else {
        return line.to_owned();
    };
    let words: Vec<String> = after
        .split(' ')
        .map(|word| match cipher::decrypt(word) {
            Some(secret) if secret.contains(char::is_whitespace) || secret.is_empty() => {
                format!("\"{secret}\"")
            }
            Some(secret) => secret,
            None => word.to_owned(),
        })
        .collect();
    let after_read = words.join(" ");
    if after_read == after {
        line.to_owned()
    } else {
        format!("{before}{after_read}")
    }
}

/// Only what `show configuration srp` prints: addresses and pools with `srp-activate`, RADIUS,
/// services, monitored neighbours' routers stay out, the SRP block stays whole.
fn srp_relevant(nodes: &[Node]) -> Vec<Node> {
    let contexts = nodes.iter().filter(|node| node.after("context").is_some());
    contexts
        .filter_map(|context| {
            context.with(context.children().iter().filter_map(relevant).collect())
        })
        .collect()
}

fn relevant(node: &Node) -> Option<Node> {
    let word = node.line.split(' ').next().unwrap_or_default();
    let activated = |node: &Node| node.line.split(' ').any(|word| word == "srp-activate");
    match word {
        "interface" => node.with(only(node, activated)),
        "ip" | "ipv6" => activated(node).then(|| node.clone()),
        "aaa" => node.with(only(node, |line| line.after("radius").is_some())),
        "busyout" | "radius" | "service-redundancy-protocol" => Some(node.clone()),
        word if word.ends_with("-service") => Some(node.clone()),
        _ => None,
    }
}

fn only(block: &Node, keep: impl Fn(&Node) -> bool) -> Vec<Node> {
    let lines = block.children().iter();
    lines.filter(|line| keep(line)).cloned().collect()
}

fn normalise(nodes: &mut [Node]) {
    const OWN: [&str; 4] = [
        "bind address",
        "chassis-mode",
        "priority",
        "peer-ip-address",
    ];
    for node in nodes.iter_mut() {
        let srp = node.line == "service-redundancy-protocol";
        if let Some(children) = &mut node.children {
            if srp {
                children.retain(|line| !OWN.iter().any(|own| line.after(own).is_some()));
            }
            normalise(children);
        }
    }
    // A stable sort by text, in which all busyout lines are equal, keeps their order.
    nodes.sort_by(|a, b| {
        let rank = |node: &Node| match node.after("busyout") {
            Some(_) => (1, String::new()),
            None => (0, node.line.clone()),
        };
        rank(a).cmp(&rank(b))
    });
}
