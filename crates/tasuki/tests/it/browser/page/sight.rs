//! What a person sees on a page.
//!
//! Pages change by themselves, so nothing is looked at once: every verb waits until it is so. And none is satisfied by
//! the furniture of a page (its menu, filters and buttons), which says 未読 or 送信済 before anything has happened.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Page;

/// So long a busy machine may take. What is there sooner is seen at once.
const PATIENCE: Duration = Duration::from_mins(2);

/// Between two looks.
const GLANCE: Duration = Duration::from_millis(50);

/// What a page says of its matter, and what is typed into it. The sentence above a list explains the list: it is no news.
const READ: &str = "
    const furniture = 'nav, form.filter, select, datalist, button, a.button, main:has([data-live]) > .lead';
    const read = (node) => {
        if (node.nodeType === Node.TEXT_NODE) return node.data.trim();
        if (!node.matches || node.matches(furniture) || !node.checkVisibility()) return '';
        if (node.matches('textarea')) return node.value;
        if (!node.querySelector(`${furniture}, textarea`)) return node.innerText;
        return [...node.childNodes].map(read).filter(Boolean).join('\\n');
    };
    const said = [...document.querySelectorAll('main, dialog[open], #announce')].map(read).join('\\n');";

/// The rows of the list: what each of them says.
const ROWS: &str =
    "const rows = [...document.querySelectorAll('main tbody tr')].map((row) => row.innerText);";

/// Time that a person has for one thing.
pub(super) struct Patience(Instant);

impl Patience {
    pub(super) fn new() -> Self {
        Self(Instant::now() + PATIENCE)
    }

    /// Waits for a moment; whether there is time to look once more.
    pub(super) async fn is_left(&self) -> bool {
        tokio::time::sleep(GLANCE).await;
        Instant::now() < self.0
    }
}

impl Page {
    /// Something can be read on the page: beside its furniture.
    pub(crate) async fn sees(&self, text: &str) {
        let script = format!("{READ} return said.includes(arguments[0]);");
        self.waits(&format!("「{text}」 is not on the page"), &script, vec![json!(text)]).await;
    }

    /// The page has this heading.
    pub(crate) async fn is_headed(&self, heading: &str) {
        let script = "return document.querySelector('h1')?.innerText === arguments[0]";
        self.waits(&format!("the page is not headed 「{heading}」"), script, vec![json!(heading)]).await;
    }

    /// A row of the list holds the words.
    pub(crate) async fn list_shows(&self, text: &str) {
        let script = format!("{ROWS} return rows.some((row) => row.includes(arguments[0]));");
        self.waits(&format!("no row of the list shows 「{text}」"), &script, vec![json!(text)]).await;
    }

    /// The row of something holds the words.
    pub(crate) async fn row_shows(&self, row: &str, text: &str) {
        let script =
            format!("{ROWS} return rows.some((row) => [...arguments].every((text) => row.includes(text)));");
        self.waits(&format!("no row of 「{row}」 shows 「{text}」"), &script, vec![json!(row), json!(text)])
            .await;
    }

    /// The list has exactly so many rows.
    pub(crate) async fn rows_are(&self, count: usize) {
        let script = format!("{ROWS} return rows.length === arguments[0];");
        self.waits(&format!("the list has not exactly {count} rows"), &script, vec![json!(count)]).await;
    }

    /// Exactly so many rows of the list hold the words.
    pub(crate) async fn rows_showing(&self, text: &str, count: usize) {
        let script = format!(
            "{ROWS} return rows.filter((row) => row.includes(arguments[0])).length === arguments[1];"
        );
        let what = format!("not exactly {count} rows of the list show 「{text}」");
        self.waits(&what, &script, vec![json!(text), json!(count)]).await;
    }

    /// The facts of a page of details say this of something.
    pub(crate) async fn fact_is(&self, name: &str, text: &str) {
        let script = "return [...document.querySelectorAll('main dl.facts dt')].some((term) =>
            term.innerText === arguments[0] && term.nextElementSibling.innerText.includes(arguments[1]))";
        self.waits(&format!("{name} is not 「{text}」"), script, vec![json!(name), json!(text)]).await;
    }

    /// The menu has a line of this name.
    pub(crate) async fn menu_offers(&self, name: &str) {
        let script = "return [...document.querySelectorAll('nav a')].some((line) =>
            line.checkVisibility() && line.firstChild.data.trim() === arguments[0])";
        self.waits(&format!("the menu does not offer 「{name}」"), script, vec![json!(name)]).await;
    }

    /// The header says that the office is connected.
    pub(crate) async fn is_connected(&self) {
        let script = "return document.getElementById('link')?.innerText === '連携中'";
        self.waits("the header does not say 連携中", script, vec![]).await;
    }

    /// The title of the window begins so.
    pub(crate) async fn title_begins(&self, text: &str) {
        let script = "return document.title.startsWith(arguments[0])";
        self.waits(&format!("the title does not begin with 「{text}」"), script, vec![json!(text)]).await;
    }

    /// The address of the page ends so.
    pub(crate) async fn is_at(&self, end: &str) {
        let script = "return location.href.endsWith(arguments[0])";
        self.waits(&format!("the address does not end with {end}"), script, vec![json!(end)]).await;
    }

    /// Something that a script says yes to, for what no other verb can see.
    pub(crate) async fn comes_true(&self, what: &str, script: &str) {
        self.waits(&format!("it does not come true that {what}"), script, vec![]).await;
    }

    /// Waits until a script says yes. While the page is made anew it cannot: then once more.
    async fn waits(&self, complaint: &str, script: &str, arguments: Vec<Value>) {
        let patience = Patience::new();
        loop {
            let answer = self.client.execute(script, arguments.clone()).await;
            if answer.as_ref().is_ok_and(|answer| *answer == json!(true)) {
                return;
            }
            if !patience.is_left().await {
                let trouble = answer.err().map(|error| format!(" ({error})")).unwrap_or_default();
                self.give_up(&format!("{complaint}{trouble}")).await;
            }
        }
    }

    /// Fails, and leaves a picture and the text of the page.
    pub(super) async fn give_up(&self, complaint: &str) -> ! {
        let address = self.client.current_url().await.map(|url| url.to_string()).unwrap_or_default();
        let text = self.whole_text().await;
        let picture = self.picture(&format!("{}-failed", self.test)).await;
        // What stands there only after loading was not told to the open page.
        drop(self.client.refresh().await);
        let anew = self.whole_text().await;
        let report = format!("{complaint}, on {address}:\n{text}\n\nLoaded anew:\n{anew}\n");
        let kept = keep(&format!("{}-failed.txt", self.test), report.as_bytes());
        panic!("{report}\nThe picture: {}\nThis text: {}", said_of(picture), said_of(kept));
    }

    /// Everything that stands on the page, with its furniture.
    async fn whole_text(&self) -> String {
        let script = "return [document.body, ...document.querySelectorAll('textarea')]
            .map((one) => one.value ?? one.innerText).join('\\n')";
        match self.client.execute(script, vec![]).await {
            Ok(text) => text.as_str().unwrap_or_default().to_owned(),
            Err(error) => format!("(cannot be read: {error})"),
        }
    }

    async fn picture(&self, name: &str) -> Result<PathBuf, String> {
        let picture = self.client.screenshot().await.map_err(|error| error.to_string())?;
        keep(&format!("{name}.png"), &picture)
    }

    /// Keeps a picture of the page.
    pub(crate) async fn shot(&self, name: &str) {
        self.picture(name).await.unwrap();
    }

    /// Nothing of the page stands beyond the edge of the window; and keeps a picture.
    pub(crate) async fn fits_the_window(&self, name: &str) {
        self.shot(name).await;
        let script = "return document.documentElement.scrollWidth - innerWidth";
        let overflow = self.client.execute(script, vec![]).await.unwrap();
        assert!(overflow.as_i64().unwrap() <= 0, "{name} is {overflow} too wide");
    }

    /// Nothing serious stands in the way of people with disabilities; and keeps a picture.
    pub(crate) async fn is_accessible(&self, name: &str) {
        self.shot(name).await;
        let axe = std::env::var("TASUKI_AXE").expect("TASUKI_AXE names axe.min.js");
        let axe = std::fs::read_to_string(axe).unwrap();
        self.client.execute(&axe, vec![]).await.unwrap();
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations
                .filter((one) => ['serious', 'critical'].includes(one.impact))
                .map((one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' | '))), (error) => done([`${error}`]));";
        let found = self.client.execute_async(script, vec![]).await.unwrap();
        assert_eq!(found, json!([]), "{name}");
    }
}

/// Keeps a file beside the pictures; where.
fn keep(name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
    let path = folder.join(name);
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::File::create(&path))
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path.canonicalize().unwrap_or(path))
}

fn said_of(kept: Result<PathBuf, String>) -> String {
    kept.map_or_else(|error| format!("not kept ({error})"), |path| path.display().to_string())
}
