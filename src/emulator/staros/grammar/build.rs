//! Reading a pattern into the net.

use super::{Edge, Kind, Label, Net};

impl Net {
    /// Adds items up to a closing bracket or comma; returns the state behind them.
    pub(super) fn sequence(
        &mut self,
        items: &[&'static str],
        at: &mut usize,
        from: usize,
        pattern: usize,
    ) -> usize {
        let mut state = from;
        while let Some(&item) = items.get(*at) {
            match item {
                "]" | "}" | "," => break,
                "!" => {
                    *at += 1;
                    let marked = self.state();
                    self.edge(state, Label::Epsilon, marked, pattern);
                    self.keys[marked] = Some(pattern);
                    state = marked;
                }
                "[" => {
                    *at += 1;
                    let end = self.sequence(items, at, state, pattern);
                    assert_eq!(items.get(*at), Some(&"]"), "unbalanced pattern: {items:?}");
                    *at += 1;
                    self.edge(state, Label::Epsilon, end, pattern);
                    state = end;
                }
                "{" => {
                    let hub = self.state();
                    self.edge(state, Label::Epsilon, hub, pattern);
                    loop {
                        *at += 1;
                        let end = self.sequence(items, at, hub, pattern);
                        self.edge(end, Label::Epsilon, hub, pattern);
                        if items.get(*at) == Some(&"}") {
                            break;
                        }
                        assert_eq!(items.get(*at), Some(&","), "unbalanced pattern: {items:?}");
                    }
                    *at += 1;
                    state = hub;
                }
                _ => {
                    *at += 1;
                    let next = self.state();
                    self.word(state, item, next, pattern);
                    state = next;
                }
            }
        }
        state
    }

    fn word(&mut self, from: usize, item: &'static str, to: usize, pattern: usize) {
        let Some(parameter) = item
            .strip_prefix('<')
            .and_then(|item| item.strip_suffix('>'))
        else {
            for keyword in item.split('|') {
                self.edge(from, Label::Keyword(keyword), to, pattern);
            }
            return;
        };
        if let Some(name) = parameter.strip_suffix("...") {
            self.edge(from, Label::Rest(name), to, pattern);
            self.edge(to, Label::Rest(name), to, pattern);
            return;
        }
        let label = match parameter.split_once(':') {
            None => Label::Parameter(parameter, Kind::Text),
            Some((name, "ip")) => Label::Parameter(name, Kind::Address),
            Some((name, range)) => {
                let bounds = range.split_once('-').and_then(|(low, high)| {
                    Some(low.parse::<u64>().ok()?..=high.parse::<u64>().ok()?)
                });
                let range = bounds.unwrap_or_else(|| panic!("no range: {item}"));
                Label::Parameter(name, Kind::Number(range))
            }
        };
        self.edge(from, label, to, pattern);
    }

    fn edge(&mut self, from: usize, label: Label, to: usize, pattern: usize) {
        self.edges[from].push(Edge { label, to, pattern });
    }

    fn state(&mut self) -> usize {
        self.edges.push(Vec::new());
        self.ends.push(None);
        self.keys.push(None);
        self.edges.len() - 1
    }
}
