//! Modules to a [`Mib`]: every parent and every type found, in whatever order they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::smi::{self, Body, Definition, Notes, Place, Problem, Type};
use super::syntax::{Base, Hint, Syntax, built_in, built_in_labels};
use super::{Mib, Node, Notification, Severity, Warning};
use crate::wire::snmp::Oid;

/// What SNMPv2-SMI defines; its copies are often hollow, so it is not read from files.
const ROOTS: [(&str, &[u32]); 19] = [
    ("ccitt", &[0]),
    ("iso", &[1]),
    ("joint-iso-ccitt", &[2]),
    ("zeroDotZero", &[0, 0]),
    ("org", &[1, 3]),
    ("dod", &[1, 3, 6]),
    ("internet", &[1, 3, 6, 1]),
    ("directory", &[1, 3, 6, 1, 1]),
    ("mgmt", &[1, 3, 6, 1, 2]),
    ("mib-2", &[1, 3, 6, 1, 2, 1]),
    ("transmission", &[1, 3, 6, 1, 2, 1, 10]),
    ("experimental", &[1, 3, 6, 1, 3]),
    ("private", &[1, 3, 6, 1, 4]),
    ("enterprises", &[1, 3, 6, 1, 4, 1]),
    ("security", &[1, 3, 6, 1, 5]),
    ("snmpV2", &[1, 3, 6, 1, 6]),
    ("snmpDomains", &[1, 3, 6, 1, 6, 1]),
    ("snmpProxys", &[1, 3, 6, 1, 6, 2]),
    ("snmpModules", &[1, 3, 6, 1, 6, 3]),
];
/// A type that refers to a type that refers to …: more is a loop.
const TYPE_CHAIN: usize = 16;
/// The `snmp` group, under which SMIv1 files put the standard traps.
const SNMP_GROUP: &[u32] = &[1, 3, 6, 1, 2, 1, 11];

pub(super) fn load(files: &[(&str, &str)]) -> (Mib, Vec<Warning>) {
    let mut loader = Loader::default();
    for (name, arcs) in ROOTS {
        loader.global.insert(name, arcs.to_vec());
        loader.publish(name, arcs.to_vec(), None);
    }
    for (file, text) in files {
        let (modules, problems) = smi::parse(text);
        for problem in problems {
            loader.warnings.push(Warning {
                file: (*file).to_owned(),
                problem,
            });
        }
        for module in modules {
            loader.add(file, module);
        }
    }
    loader.resolve();
    loader.check_objects();
    (loader.mib, loader.warnings)
}

#[derive(Default)]
struct Loader<'a> {
    mib: Mib,
    warnings: Vec<Warning>,
    sources: Vec<Source<'a>>,
    /// Definitions whose parent is not known yet, with the index of their source.
    waiting: Vec<(usize, Definition<'a>)>,
    global: BTreeMap<&'a str, Vec<u32>>,
    types: BTreeMap<&'a str, Type<'a>>,
    /// Objects that notifications name: (source, line, notification, object).
    mentioned: Vec<(usize, u32, &'a str, &'a str)>,
}

/// One module and what it defines itself.
struct Source<'a> {
    file: &'a str,
    /// `None` while the definition waits for its parent.
    own: BTreeMap<&'a str, Option<Vec<u32>>>,
    types: BTreeMap<&'a str, Type<'a>>,
}

impl<'a> Loader<'a> {
    fn add(&mut self, file: &'a str, module: smi::Module<'a>) {
        let index = self.sources.len();
        let mut source = Source {
            file,
            own: BTreeMap::new(),
            types: BTreeMap::new(),
        };
        for definition in module.definitions {
            match definition.body {
                Body::Type(definition_type) => {
                    self.types.insert(definition.name, definition_type.clone());
                    source.types.insert(definition.name, definition_type);
                }
                _ => {
                    source.own.insert(definition.name, None);
                    self.waiting.push((index, definition));
                }
            }
        }
        self.sources.push(source);
    }

    fn warn(&mut self, source: usize, line: u32, message: String) {
        let file = self.sources[source].file.to_owned();
        self.warnings.push(Warning {
            file,
            problem: Problem::new(line, message),
        });
    }

    /// Places definitions until no pass finds another parent.
    fn resolve(&mut self) {
        loop {
            let waiting = std::mem::take(&mut self.waiting);
            let before = waiting.len();
            for (source, definition) in waiting {
                match self.arcs(source, definition.name, &definition.body) {
                    Some(arcs) => self.place(source, definition, arcs),
                    None => self.waiting.push((source, definition)),
                }
            }
            if self.waiting.len() == before {
                break;
            }
        }
        for (source, definition) in std::mem::take(&mut self.waiting) {
            let parent = parent(&definition.body).unwrap_or("?");
            let message = format!("{}: its parent {parent} is not defined", definition.name);
            self.warn(source, definition.line, message);
        }
    }

    /// Where a definition is, when its parent is known.
    fn arcs(&self, source: usize, name: &str, body: &Body<'a>) -> Option<Vec<u32>> {
        match body {
            Body::Node(place) | Body::Object { place, .. } | Body::Notification { place, .. } => {
                self.below_parent(source, name, place)
            }
            Body::Trap {
                enterprise, number, ..
            } => {
                let enterprise = self.below_parent(source, name, enterprise)?;
                Some(match enterprise == SNMP_GROUP {
                    true => [crate::wire::snmp::SNMP_TRAPS, &[number + 1]].concat(),
                    false => [&enterprise[..], &[0, *number]].concat(),
                })
            }
            Body::Type(_) => None,
        }
    }

    fn below_parent(&self, source: usize, name: &str, place: &Place<'a>) -> Option<Vec<u32>> {
        let Some(parent) = place.parent else {
            return Some(place.arcs.clone());
        };
        let own = self.sources[source]
            .own
            .get(parent)
            .filter(|_| parent != name);
        let parent = match own {
            Some(known) => known.as_ref()?,
            None => self.global.get(parent)?,
        };
        Some([parent, &place.arcs[..]].concat())
    }

    fn place(&mut self, source: usize, definition: Definition<'a>, arcs: Vec<u32>) {
        let Definition { name, line, body } = definition;
        self.global.insert(name, arcs.clone());
        self.sources[source].own.insert(name, Some(arcs.clone()));
        let syntax = match &body {
            Body::Object { syntax, .. } => Some(Arc::new(self.syntax(source, syntax))),
            _ => None,
        };
        let Some((oid, shared)) = self.publish(name, arcs, syntax) else {
            self.warn(
                source,
                line,
                format!("{name}: its place is no object identifier"),
            );
            return;
        };
        if let Body::Notification { objects, notes, .. } | Body::Trap { objects, notes, .. } = body
        {
            self.mentioned
                .extend(objects.iter().map(|object| (source, line, name, *object)));
            let notification = self.notification(source, line, shared, objects, notes);
            self.mib.notifications.insert(oid, notification);
        }
    }

    fn notification(
        &mut self,
        source: usize,
        line: u32,
        name: Arc<str>,
        objects: Vec<&'a str>,
        notes: Notes<'a>,
    ) -> Notification {
        let severity = notes.severity.and_then(Severity::parse);
        if let (None, Some(text)) = (severity, notes.severity) {
            self.warn(source, line, format!("{name}: {text:?} is no severity"));
        }
        Notification {
            name,
            severity,
            cleared_by: notes.cleared_by.map(str::to_owned),
            objects: objects.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Makes a name known; `None` when `arcs` has no wire form (a bare root is not told of).
    fn publish(
        &mut self,
        name: &str,
        arcs: Vec<u32>,
        syntax: Option<Arc<Syntax>>,
    ) -> Option<(Oid, Arc<str>)> {
        let oid = Oid::try_from(arcs).ok()?;
        let name: Arc<str> = name.into();
        self.mib.names.insert(name.clone(), oid.clone());
        self.mib.nodes.insert(
            oid.clone(),
            Node {
                name: name.clone(),
                syntax,
            },
        );
        Some((oid, name))
    }

    /// Follows a type to one that SMI itself knows; the first named values on the way count.
    fn syntax(&self, source: usize, written: &Type<'a>) -> Syntax {
        let mut at = written;
        let mut labels = &written.labels;
        for _ in 0..TYPE_CHAIN {
            let own = self.sources[source].types.get(at.name);
            let Some(next) = own.or_else(|| self.types.get(at.name)) else {
                break;
            };
            at = next;
            if labels.is_empty() {
                labels = &next.labels;
            }
        }
        let mut labels: Vec<(i64, String)> = labels
            .iter()
            .map(|(number, label)| (*number, (*label).to_owned()))
            .collect();
        if labels.is_empty() {
            let known = built_in_labels(at.name).iter();
            labels = known
                .map(|(number, label)| (*number, (*label).to_owned()))
                .collect();
        }
        let (base, hint) = built_in(at.name).unwrap_or((Base::Unknown, Hint::None));
        // A refinement of DisplayString under a name of its own is still text; a convention that
        // vendors redefine keeps the meaning of its standard name.
        let hint = built_in(written.name).map_or(hint, |(_, hint)| hint);
        Syntax {
            name: written.name.to_owned(),
            base,
            hint,
            labels,
        }
    }

    fn check_objects(&mut self) {
        for (source, line, notification, object) in std::mem::take(&mut self.mentioned) {
            if !self.global.contains_key(object) {
                let message = format!("{notification}: its object {object} is not defined");
                self.warn(source, line, message);
            }
        }
    }
}

fn parent<'a>(body: &Body<'a>) -> Option<&'a str> {
    match body {
        Body::Node(place)
        | Body::Object { place, .. }
        | Body::Notification { place, .. }
        | Body::Trap {
            enterprise: place, ..
        } => place.parent,
        Body::Type(_) => None,
    }
}
