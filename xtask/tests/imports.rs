//! Which crate may use which, and no file uses another in a circle: read from the sources themselves.
//!
//! A path is followed to the file that defines what it names: what a file only passes on (`pub use`) is not its own. Code
//! of tests is left aside.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// Arrow = may use, as in ARCHITECTURE.md. `tasuki` and `xtask` may use everything.
const ARROWS: &[(&str, &[&str])] = &[
    ("terms", &[]),
    ("line", &[]),
    ("standard", &["terms"]),
    ("sample", &["standard", "terms"]),
    ("identity", &["terms"]),
    ("parcel", &["identity", "terms"]),
    ("protocol", &["terms"]),
    ("relay", &["identity", "protocol", "terms"]),
    ("client", &["identity", "protocol", "terms"]),
    ("office", &["client", "identity", "parcel", "protocol", "standard", "terms"]),
    ("stage", &["client", "identity", "office", "parcel", "protocol", "relay", "terms"]),
    ("office-web", &["client", "identity", "office", "parcel", "protocol", "standard", "terms"]),
];

/// Which room of `office-web` may use which: folders, or files of them. `routes`, `serve` and `lib` may use everything.
const ROOMS_OF_THE_PAGES: &[(&str, &[&str])] = &[
    ("words", &[]),
    ("http", &["state", "words"]),
    ("state", &["entry/session", "local/access"]),
    ("entry", &["http", "state"]),
    ("forms", &["http/ask", "http/posted", "words"]),
    ("view", &["forms", "http/address", "http/ask", "words"]),
    ("pages", &["entry", "forms", "http", "state", "view", "words"]),
    ("live", &["entry", "http", "state", "words"]),
    ("local", &["entry/session", "http", "state", "words"]),
];

/// What views and forms must not name: they are pure.
const IMPURE: [&str; 5] = ["axum", "::node::", "tokio", "Timestamp::now", "std::fs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn crates_use_only_what_the_map_allows() {
    for (name, allowed) in ARROWS {
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies.lines() {
            let Some(used) = line.strip_prefix("tasuki-") else { continue };
            let used = used.split([' ', '.', '=']).next().unwrap();
            assert!(allowed.contains(&used), "{name} must not use {used}: see ARCHITECTURE.md");
        }
    }
}

#[test]
fn no_file_uses_another_in_a_circle() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let graph = Sources::read(&root().join("crates").join(&name).join("src")).graph();
        for knot in knots(&graph) {
            found.push(format!("{name}: {}", knot.into_iter().collect::<Vec<_>>().join(" ")));
        }
    }
    assert!(found.is_empty(), "files that use each other in circles: {found:#?}");
}

/// The arrows between the folders of a crate, in ARCHITECTURE.md: a block of lines `crate/folder → folder …`.
fn arrows_of_folders() -> BTreeMap<String, Vec<(String, Vec<String>)>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for block in text.split("```arrows\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            let (from, to) = line.split_once('→').unwrap();
            let (name, folder) = from.trim().split_once('/').unwrap();
            let to = to.split_whitespace().map(str::to_owned).collect();
            all.entry(name.to_owned()).or_default().push((folder.to_owned(), to));
        }
    }
    all
}

#[test]
fn folders_use_only_what_the_map_allows() {
    let mut wrong = Vec::new();
    let map = arrows_of_folders();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["office", "relay"]);
    for (name, lines) in &map {
        let found = Sources::read(&root().join("crates").join(name).join("src")).folders();
        let allowed: BTreeMap<_, _> = lines.iter().cloned().collect();
        for (folder, used) in &found {
            let allowed = allowed.get(folder).map(Vec::as_slice).unwrap_or_default();
            let new = used.iter().filter(|used| !allowed.contains(used));
            wrong.extend(new.map(|used| format!("{name}/{folder} must not use {used}: see ARCHITECTURE.md")));
            let gone = allowed.iter().filter(|allowed| !used.contains(*allowed));
            wrong.extend(gone.map(|gone| format!("{name}/{folder} does not use {gone}: not so any more")));
        }
        wrong.extend(above(lines).into_iter().map(|line| format!("{name}/{line}: that is no floor below")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Lines that name a folder which does not stand in a line before them: the map goes from the ground to the roof.
fn above(lines: &[(String, Vec<String>)]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut wrong = Vec::new();
    for (folder, used) in lines {
        wrong.extend(
            used.iter().filter(|used| !known.contains(*used)).map(|used| format!("{folder} → {used}")),
        );
        known.insert(folder);
    }
    wrong
}

/// Files of the office crate that decide and do nothing: they know no table, no transaction and no part.
const RULES: &[&str] = &[
    "files/dropped.rs",
    "files/readiness.rs",
    "files/review.rs",
    "staff/password.rs",
    "offices/statements.rs",
    "partners/pin.rs",
    "sends/state.rs",
    "sends/retry.rs",
    "arrivals/state.rs",
    "exports/look.rs",
];

/// The tables of states, whose names the stores write.
const ASKED_BY_STORES: &[&str] = &["sends/state.rs", "arrivals/state.rs"];

#[test]
fn rules_and_stores_know_nothing_of_each_other() {
    let graph = Sources::read(&root().join("crates/office/src")).graph();
    for rule in RULES {
        let used = graph.get(*rule).unwrap_or_else(|| panic!("{rule} is not there"));
        let is_model = |file: &str| {
            RULES.contains(&file)
                || MODELS.contains(&file)
                || file.strip_prefix("base/").is_some_and(is_plain)
        };
        let wrong: Vec<_> = used.iter().filter(|file| !is_model(file)).collect();
        assert!(wrong.is_empty(), "the rule {rule} uses {wrong:?}");
    }
    for (store, used) in graph.iter().filter(|(file, _)| is_store(file)) {
        let is_wrong = |file: &str| {
            let is_model =
                MODELS.contains(&file) || ASKED_BY_STORES.contains(&file) || file.starts_with("files/");
            !(is_store(file) || is_model || is_base(file))
        };
        let wrong: Vec<_> = used.iter().filter(|file| is_wrong(file)).collect();
        assert!(wrong.is_empty(), "the store {store} uses {wrong:?}");
    }
}

/// Files of the office crate that only say what something is.
const MODELS: &[&str] = &[
    "staff/member.rs",
    "offices/own.rs",
    "offices/lists.rs",
    "partners/partner.rs",
    "sends/send.rs",
    "arrivals/arrival.rs",
];

/// What of the ground a rule may use.
fn is_plain(file: &str) -> bool {
    matches!(file, "digest.rs" | "error.rs")
}

/// Where SQL stands, beside the ground.
fn is_store(file: &str) -> bool {
    file.ends_with("/store.rs") || file.contains("/store/")
}

#[test]
fn no_sql_stands_outside_of_stores() {
    let top = root().join("crates/office/src");
    for file in Sources::read(&top).graph().into_keys().filter(|file| !is_store(file) && !is_base(file)) {
        let text = std::fs::read_to_string(top.join(&file)).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for call in [".execute(", ".execute_batch(", ".query_row(", ".query_map(", ".prepare"] {
            assert!(!text.contains(call), "{file} has SQL of its own: put it into a store");
        }
    }
}

fn is_base(file: &str) -> bool {
    file == "base.rs" || file.starts_with("base/")
}

#[test]
fn what_is_no_floor_below_is_seen() {
    let line = |folder: &str, used: &[&str]| {
        (folder.to_owned(), used.iter().copied().map(str::to_owned).collect::<Vec<_>>())
    };
    assert!(above(&[line("base", &[]), line("sends", &["base"])]).is_empty());
    assert_eq!(above(&[line("base", &["sends"]), line("sends", &["base"])]), ["base → sends"]);
}

#[test]
fn the_rooms_of_the_pages_keep_their_doors() {
    let folder = root().join("crates/office-web/src");
    let mut wrong = Vec::new();
    for (file, used) in Sources::read(&folder).graph() {
        let room = file.trim_end_matches(".rs").split('/').next().unwrap();
        let Some((_, doors)) = ROOMS_OF_THE_PAGES.iter().find(|(name, _)| *name == room) else { continue };
        let is_of = |used: &str, door: &str| {
            used.trim_end_matches(".rs") == door || used.starts_with(&format!("{door}/"))
        };
        let may = |used: &str| match (room, used.starts_with("pages/")) {
            // A page never uses another page: what several need stands above them.
            ("pages", true) => is_of(&file, used.trim_end_matches(".rs")),
            _ => is_of(used, room) || doors.iter().any(|door| is_of(used, door)),
        };
        wrong.extend(used.iter().filter(|used| !may(used)).map(|used| format!("{file} uses {used}")));
        if matches!(room, "forms" | "view") {
            let text = std::fs::read_to_string(folder.join(&file)).unwrap();
            let named = IMPURE.iter().filter(|name| text.contains(*name));
            wrong.extend(named.map(|name| format!("{file} names {name}")));
        }
    }
    assert!(wrong.is_empty(), "see the front page of office-web: {wrong:#?}");
}

#[test]
fn a_knot_is_seen() {
    let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "e")];
    let mut graph: Graph = BTreeMap::new();
    for (from, to) in edges {
        graph.entry(from.to_owned()).or_default().insert(to.to_owned());
    }
    let knots = knots(&graph);
    assert_eq!(knots, [BTreeSet::from(["a", "b", "c"].map(str::to_owned))]);
}

/// For each file the files that it uses.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The files of a crate by the path of their module.
struct Sources(BTreeMap<Vec<String>, Source>);

struct Source {
    file: String,
    /// Paths that it names, from the root of the crate.
    named: Vec<Vec<String>>,
    /// What it passes on: the name, and where it is from.
    passed_on: BTreeMap<String, Vec<String>>,
}

impl Sources {
    fn read(folder: &Path) -> Self {
        let mut all = Self(BTreeMap::new());
        all.read_folder(folder, folder);
        all
    }

    fn read_folder(&mut self, top: &Path, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.read_folder(top, &path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let file = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
                let module: Vec<_> = file
                    .trim_end_matches(".rs")
                    .split('/')
                    .filter(|part| !matches!(*part, "lib" | "main"))
                    .map(str::to_owned)
                    .collect();
                let syntax = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
                let mut reader = Reader { module: module.clone(), named: vec![], passed_on: BTreeMap::new() };
                reader.visit_file(&syntax);
                let Reader { named, passed_on, .. } = reader;
                self.0.insert(module, Source { file, named, passed_on });
            }
        }
    }

    fn graph(&self) -> Graph {
        let uses = self.0.values().map(|source| {
            let used = source.named.iter().filter_map(|path| self.file_of(path, 0));
            (source.file.clone(), used.filter(|file| *file != source.file).collect())
        });
        uses.collect()
    }

    /// For each folder (or file beside them) at the top what it uses at the top. Naming a module is using it.
    fn folders(&self) -> Graph {
        let mut folders: Graph = BTreeMap::new();
        for (module, source) in self.0.iter().filter(|(module, _)| !module.is_empty()) {
            let used = folders.entry(module[0].clone()).or_default();
            for path in &source.named {
                let file = self.file_of(path, 0);
                let top = file
                    .as_deref()
                    .and_then(|file| file.split('/').next())
                    .or(path.first().map(String::as_str));
                let top = top.map(|top| top.trim_end_matches(".rs")).unwrap_or_default();
                if top != module[0] && self.0.contains_key(std::slice::from_ref(&top.to_owned())) {
                    used.insert(top.to_owned());
                }
            }
        }
        folders
    }

    /// The file that defines what a path names.
    fn file_of(&self, path: &[String], depth: usize) -> Option<String> {
        let length = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let source = &self.0[&path[..length]];
        let rest = &path[length..];
        match rest.first().and_then(|name| source.passed_on.get(name)) {
            Some(from) if depth < 8 => {
                let further: Vec<_> = from.iter().chain(&rest[1..]).cloned().collect();
                self.file_of(&further, depth + 1)
            }
            // The root of the crate and what only names a module are no file to use.
            _ if length == 0 || rest.is_empty() => None,
            _ => Some(source.file.clone()),
        }
    }
}

/// Gathers the paths in a file that begin in its own crate.
struct Reader {
    module: Vec<String>,
    named: Vec<Vec<String>>,
    passed_on: BTreeMap<String, Vec<String>>,
}

impl Reader {
    /// A path from the root of the crate, if it begins there or beside this file.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        match path.first().map(String::as_str) {
            Some("crate") => Some(path[1..].to_vec()),
            Some("self") => Some(self.module.iter().chain(&path[1..]).cloned().collect()),
            Some("super") if ups <= self.module.len() => {
                let base = &self.module[..self.module.len() - ups];
                Some(base.iter().chain(&path[ups..]).cloned().collect())
            }
            _ => None,
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String], is_passed_on: bool) {
        let with = |ident: &syn::Ident| before.iter().cloned().chain([ident.to_string()]).collect::<Vec<_>>();
        match tree {
            syn::UseTree::Path(path) => self.use_tree(&path.tree, &with(&path.ident), is_passed_on),
            syn::UseTree::Name(name) => self.used(&with(&name.ident), &name.ident, is_passed_on),
            syn::UseTree::Rename(rename) => self.used(&with(&rename.ident), &rename.rename, is_passed_on),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.use_tree(tree, before, is_passed_on);
                }
            }
            syn::UseTree::Glob(_) => {
                let any = syn::Ident::new("any", proc_macro2::Span::call_site());
                self.used(before, &any, false);
            }
        }
    }

    fn used(&mut self, path: &[String], name: &syn::Ident, is_passed_on: bool) {
        // `pub use child::Name` means a child of this file.
        let from_here: Vec<_> = ["self".to_owned()].into_iter().chain(path.iter().cloned()).collect();
        let absolute = self.absolute(path).or_else(|| self.absolute(&from_here).filter(|_| is_passed_on));
        let Some(mut absolute) = absolute else { return };
        if absolute.last().is_some_and(|last| last == "self") {
            absolute.pop();
        }
        if is_passed_on {
            self.passed_on.insert(name.to_string(), absolute);
        } else {
            self.named.push(absolute);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test && module.content.is_some() {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_passed_on = !matches!(item.vis, syn::Visibility::Inherited);
        self.use_tree(&item.tree, &[], is_passed_on);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(absolute) = self.absolute(&parts).filter(|_| parts[0] != "self") {
            self.named.push(absolute);
        }
        syn::visit::visit_path(self, path);
    }
}

/// Sets of files each of which reaches each other.
fn knots(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        graph.keys().map(|file| (file, reached(graph, file))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for (file, reached) in &reach {
        let mates = reached.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
        let knot: BTreeSet<_> = mates.map(|other| (*other).clone()).collect();
        if knot.len() > 1 && !found.contains(&knot) {
            found.push(knot);
        }
    }
    found
}

fn reached<'a>(graph: &'a Graph, from: &'a String) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for next in graph.get(file).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}
